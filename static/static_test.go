package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestURL(t *testing.T) {
	t.Parallel()
	url := URL("wall.css")
	if !regexp.MustCompile(`^/static/wall\.css\?v=[0-9a-f]{16}$`).MatchString(url) {
		t.Errorf("URL: %s", url)
	}
	if got := URL("nowhere.css"); got != "/static/nowhere.css" {
		t.Errorf("unknown: %s", got)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	f := Files["vendor/htmx.min.js"]
	cases := []struct {
		name, version, accept, match string
		status                       int
		encoding, cache              string
	}{
		{"vendor/htmx.min.js", f.Hash, "gzip, deflate, br", "", 200, "br", forever},
		{"vendor/htmx.min.js", f.Hash, "gzip", "", 200, "gzip", forever},
		{"vendor/htmx.min.js", f.Hash, "br;q=0, gzip;q=0.5", "", 200, "gzip", forever},
		{"vendor/htmx.min.js", "old", "", "", 200, "", recheck},
		{"vendor/htmx.min.js", "", "br", `"` + f.Hash + `br"`, 304, "br", recheck},
		{"../go.mod", "", "", "", 404, "", recheck},
		{"static.go", "", "", "", 404, "", recheck},
	}
	for _, c := range cases {
		a := Serve(c.name, c.version, c.accept, c.match)
		if a.Status != c.status || a.Encoding != c.encoding || a.Cache != c.cache {
			t.Errorf("%+v: %d %q %q", c, a.Status, a.Encoding, a.Cache)
		}
		if a.Status == 200 && !bytes.Equal(unpack(t, a), f.Body) {
			t.Errorf("%+v: another body", c)
		}
	}
}

func unpack(t *testing.T, a Answer) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(a.Body)
	switch a.Encoding {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = z
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Every file that a template or page names exists.
func TestNamesUsed(t *testing.T) {
	t.Parallel()
	call := regexp.MustCompile(`static\.URL\("([^"]+)"\)`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "var") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".templ") && (!strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go")) {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range call.FindAllSubmatch(text, -1) {
			if Files[string(m[1])] == nil {
				t.Errorf("%s names %s, which doesn't exist", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The pages' policy forbids inline scripts and eval; our own scripts keep to it.
func TestOwnScripts(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`\beval\(|new Function\(|setAttribute\(\s*['"]style['"]|\.cssText\b|document\.write`)
	for _, name := range Names() {
		if strings.HasPrefix(name, "vendor/") || !strings.HasSuffix(name, ".js") {
			continue
		}
		if found := forbidden.Find(Files[name].Body); found != nil {
			t.Errorf("%s: %s", name, found)
		}
	}
}
