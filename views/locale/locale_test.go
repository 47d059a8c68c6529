package locale

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// keysOf are the keys of one language over all its files, with each text.
func keysOf(t *testing.T, lang string) map[string]any {
	t.Helper()
	files, err := fs.Glob(catalogs, "catalog/*."+lang+".json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no catalog of %s: %v", lang, err)
	}
	all := map[string]any{}
	for _, file := range files {
		area, _, _ := strings.Cut(filepath.Base(file), ".")
		for key, text := range mustRead(file) {
			if !strings.HasPrefix(key, area+".") {
				t.Errorf("%s: key %q does not begin with %q", file, key, area+".")
			}
			if _, twice := all[key]; twice {
				t.Errorf("%s: key %q stands twice", file, key)
			}
			all[key] = text
		}
	}
	return all
}

func TestCatalogsAreComplete(t *testing.T) {
	t.Parallel()
	first := keysOf(t, Simplified)
	for _, lang := range Languages[1:] {
		other := keysOf(t, lang)
		for key, text := range first {
			if _, ok := other[key]; !ok {
				t.Errorf("%s lacks %q", lang, key)
			} else if a, b := holes(text), holes(other[key]); !slices.Equal(a, b) {
				t.Errorf("%s: %q takes %v, in %s it takes %v", key, text, a, lang, b)
			}
		}
		for key := range other {
			if _, ok := first[key]; !ok {
				t.Errorf("%s has %q, which %s lacks", lang, key, Simplified)
			}
		}
	}
}

var hole = regexp.MustCompile(`{{\s*\.(\w+)\s*}}`)

// holes are the names of a text's arguments; of a plural, those of its form "other".
func holes(text any) []string {
	s, ok := text.(string)
	if forms, plural := text.(map[string]any); plural {
		s, ok = forms["other"].(string)
	}
	if !ok {
		return []string{"?"}
	}
	names := map[string]bool{}
	for _, m := range hole.FindAllStringSubmatch(s, -1) {
		names[m[1]] = true
	}
	var out []string
	for n := range names {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// TestKeysAreUsed reads all Go source (generated templates too): every key stands there as a literal or begins with a
// literal that ends in a dot, and every literal that looks like a key of ours exists.
func TestKeysAreUsed(t *testing.T) {
	t.Parallel()
	keys := keysOf(t, Simplified)
	literals := literalsBelow(t, "../..")
	var prefixes []string
	for l := range literals {
		if strings.HasSuffix(l, ".") && strings.Count(l, ".") >= 1 && len(l) > 2 {
			prefixes = append(prefixes, l)
		}
	}
	for key := range keys {
		byPrefix := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
		if !literals[key] && !byPrefix {
			t.Errorf("nobody says %q", key)
		}
	}
	for l := range said(t, "../..") {
		if _, ok := keys[l]; !ok && !strings.HasSuffix(l, ".") {
			t.Errorf("%q is said, but in no catalog", l)
		}
	}
}

func sources(t *testing.T, root string, visit func(file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".." && path != root || d.Name() == "var" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, 0)
		if err != nil {
			return err
		}
		visit(f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func literalsBelow(t *testing.T, root string) map[string]bool {
	out := map[string]bool{}
	sources(t, root, func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					out[s] = true
				}
			}
			return true
		})
	})
	return out
}

// said are the literal keys given to locale.T and to the makers of faults.
func said(t *testing.T, root string) map[string]bool {
	out := map[string]bool{}
	at := map[string]int{"locale.T": 1, "locale.Say": 1, "fault.New": 1, "fault.Wrap": 2}
	sources(t, root, func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			i, ok := at[pkg.Name+"."+sel.Sel.Name]
			if !ok || i >= len(call.Args) {
				return true
			}
			if lit, ok := call.Args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, _ := strconv.Unquote(lit.Value)
				out[s] = true
			}
			return true
		})
	})
	return out
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"":                          Simplified,
		"zh":                        Simplified,
		"zh-CN,zh;q=0.9,en;q=0.5":   Simplified,
		"zh-Hant-HK":                Traditional,
		"zh-TW,zh;q=0.8":            Traditional,
		"en-GB,en;q=0.9":            English,
		"de":                        Simplified,
		"not a language;;;q=x,en\n": Simplified,
	} {
		if got := Match(accept); got != want {
			t.Errorf("Match(%q) = %s, want %s", accept, got, want)
		}
	}
}

func TestSaysInTheLanguageOfTheContext(t *testing.T) {
	t.Parallel()
	ctx := With(context.Background(), English)
	if got := T(ctx, "fault.field.long", "Max", 60); got != "At most 60 characters." {
		t.Errorf("got %q", got)
	}
	if got := T(With(ctx, "xx"), "fault.not_found"); got != "没有找到您要的内容。" {
		t.Errorf("an unknown language speaks %q", got)
	}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 16, 30, 0, 0, time.UTC)
	if got := Moment(WithZone(ctx, shanghai), at); got != "23 Nov 2026 00:30" {
		t.Errorf("got %q", got)
	}
	if got := Moment(WithZone(With(ctx, Traditional), shanghai), at); got != "2026年11月23日 00:30" {
		t.Errorf("got %q", got)
	}
}

// TestFilledAsATemplate says every text of one form both ways: cut at its arguments, and as the library does.
func TestFilledAsATemplate(t *testing.T) {
	t.Parallel()
	for _, lang := range Languages {
		ctx, c := With(context.Background(), lang), spoken()[lang]
		for key, text := range keysOf(t, lang) {
			if c.cut[key] == nil {
				if _, plural := text.(map[string]any); !plural {
					t.Errorf("%s: %q is said by the library each time", lang, key)
				}
				continue
			}
			names := holes(text)
			for given := range len(names) + 1 { // what isn't given is said as well
				args, pairs := map[string]any{}, []any{}
				for i, n := range names[:given] {
					value := []any{"<b>王&“三”</b>", 12, true}[i%3]
					args[n], pairs = value, append(pairs, n, value)
				}
				want := say(c, key, args)
				if got := Say(ctx, key, args); got != want {
					t.Errorf("%s: %q of %v is %q, want %q", lang, key, args, got, want)
				}
				if got := T(ctx, key, pairs...); got != want {
					t.Errorf("%s: %q of %v is %q, want %q", lang, key, pairs, got, want)
				}
			}
		}
	}
}

// TestEveryCountIsSaid says each text that counts with the numbers at which a language changes its form.
func TestEveryCountIsSaid(t *testing.T) {
	t.Parallel()
	for _, lang := range Languages {
		ctx := With(context.Background(), lang)
		for key, text := range keysOf(t, lang) {
			names := holes(text)
			if !slices.Contains(names, "Count") {
				continue
			}
			for _, count := range []int{0, 1, 2, 5} {
				args := map[string]any{"Count": count}
				for _, n := range names {
					if n != "Count" {
						args[n] = "x"
					}
				}
				if got := Say(ctx, key, args); got == key || strings.Contains(got, "no value") {
					t.Errorf("%s, %s with %d: %q", lang, key, count, got)
				}
			}
		}
	}
}
