package boot

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file of the module: where it lies and what it imports.
type source struct {
	Dir     string // "app/visitor"; "." for main
	File    string // "http.go"
	Imports []string
}

// module is the name all our own imports begin with.
const module = "lobby"

// layers lists the rooms from top to bottom: a room may import rooms of lower layers, its own folders, and nothing
// beside it. What is under app and stands in no line is a feature.
var layers = [][]string{
	{"."},
	{"app/cli"},
	{"app/boot"},
	{"kiosk", "app/desk"},
	{"features"},
	{"app/ledger", "app/notice"},
	{"app/site", "app/staff"},
	{"app/kit/audit", "app/kit/pii", "app/kit/file"},
	{"app/kit/web", "app/kit/live", "app/kit/db"},
	{"app/kit/fault", "app/kit/actor", "app/kit/table", "app/kit/patience", "app/kit/meanwhile"},
}

// beside are the arrows between rooms of one layer that the house allows, each with its reason.
var beside = map[string]string{
	"app/kit/live → app/kit/db":     "events are written by db.Tx as its last statements",
	"app/kit/actor → app/kit/fault": "a refusal is a fault",
}

// testHelpers are packages for tests only.
var testHelpers = []string{"tickettest", "dbtest", "webtest", "piitest", "boottest", "livetest"}

// room is the folder that a layer or a feature is named by: "app/kit/db/cluster" lies in the room "app/kit/db".
func room(dir string) string {
	parts := strings.Split(dir, "/")
	switch {
	case dir == ".":
		return dir
	case parts[0] == "app" && len(parts) > 2 && parts[1] == "kit":
		return path.Join(parts[:3]...)
	case parts[0] == "app" && len(parts) > 1:
		return path.Join(parts[:2]...)
	}
	return parts[0]
}

// layer gives a room's place from the top; ok is false for rooms that stand outside the layers (views, static,
// config).
func layer(r string) (place int, ok bool) {
	features := 0
	for i, rooms := range layers {
		if slices.Contains(rooms, r) {
			return i, true
		}
		if rooms[0] == "features" {
			features = i
		}
	}
	if strings.HasPrefix(r, "app/") && r != "app/config" && !strings.HasPrefix(r, "app/kit/") {
		return features, true
	}
	return 0, false
}

// broken names every import that goes against the arrows.
func broken(files []source) []string {
	var found []string
	for _, f := range files {
		for _, imported := range f.Imports {
			for _, rule := range []func(source, string) string{againstLayers, againstViews, againstFiber, againstTests} {
				if why := rule(f, imported); why != "" {
					found = append(found, fmt.Sprintf("%s/%s imports %s: %s", f.Dir, f.File, imported, why))
				}
			}
		}
	}
	return found
}

func ours(imported string) (dir string, ok bool) { return strings.CutPrefix(imported, module+"/") }

func againstLayers(f source, imported string) string {
	to, ok := ours(imported)
	if !ok || !strings.HasPrefix(to+"/", "app/") && room(to) != "kiosk" {
		return ""
	}
	from, target := room(f.Dir), room(to)
	if from == target {
		return ""
	}
	if target == "app/config" {
		if from == "app/cli" || from == "app/boot" {
			return ""
		}
		return "settings are passed down by boot"
	}
	above, ok := layer(from)
	if !ok {
		return "" // views and static have a rule of their own
	}
	below, ok := layer(target)
	switch {
	case !ok:
		return "no such room"
	case above < below:
		return ""
	case above == below && beside[from+" → "+target] != "":
		return ""
	case above == below:
		return "rooms beside each other don't import each other"
	}
	return "arrows run one way, downwards"
}

func againstViews(f source, imported string) string {
	to, ok := ours(imported)
	if !ok {
		return ""
	}
	from := room(f.Dir)
	if from == "app/config" {
		return "config imports nothing of ours"
	}
	if from == "static" {
		return "static imports nothing of ours"
	}
	if from == "views" {
		if room(to) == "views" || to == "static" {
			return ""
		}
		return "views import nothing from the program"
	}
	if room(to) != "views" || from == "app/boot" {
		return ""
	}
	name := path.Base(to)
	if slices.Contains([]string{"layout", "part", "locale"}, name) || name == path.Base(from) {
		return ""
	}
	return "a room has the views of its own name, layout, part and locale"
}

func againstFiber(f source, imported string) string {
	if !strings.HasPrefix(imported, "github.com/gofiber/") && !strings.HasPrefix(imported, "github.com/valyala/fasthttp") {
		return ""
	}
	if f.File == "http.go" || slices.Contains([]string{"app/kit/web", "kiosk", "app/desk", "app/boot"}, room(f.Dir)) {
		return ""
	}
	return "only http.go, kit/web, kiosk, desk and boot know Fiber"
}

func againstTests(f source, imported string) string {
	if slices.Contains(testHelpers, path.Base(f.Dir)) {
		return ""
	}
	if _, ok := ours(imported); imported == "testing" || ok && slices.Contains(testHelpers, path.Base(imported)) {
		return "the program doesn't carry its test tools"
	}
	return ""
}

// sources reads the imports of every Go file that goes into the program; test files are free to reach across.
func sources(t *testing.T, root string) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != root && (strings.HasPrefix(name, ".") || name == "var" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		s := source{Dir: filepath.ToSlash(filepath.Dir(rel)), File: filepath.Base(rel)}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.Imports = append(s.Imports, name)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestArrows(t *testing.T) {
	t.Parallel()
	root := "../.."
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	files := sources(t, root)
	if len(files) < 30 {
		t.Fatalf("only %d files were looked at", len(files))
	}
	for _, b := range broken(files) {
		t.Error(b)
	}
}

// The checker itself: a house with one broken arrow of each sort.
func TestArrowsAreSeen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dir, file, imported string
		allowed             bool
	}{
		{".", "main.go", "lobby/app/cli", true},
		{"app/cli", "serve.go", "lobby/app/boot", true},
		{"app/cli", "serve.go", "lobby/app/config", true},
		{"app/boot", "open.go", "lobby/app/cli", false},
		{"app/boot", "open.go", "lobby/kiosk", true},
		{"kiosk", "visit.go", "lobby/app/visitor", true},
		{"kiosk", "visit.go", "lobby/app/desk", false},
		{"kiosk", "visit.go", "lobby/app/boot", false},
		{"app/visitor", "service.go", "lobby/app/ticket", false},
		{"app/visitor", "service.go", "lobby/app/desk", false},
		{"app/visitor", "service.go", "lobby/kiosk", false},
		{"app/visitor", "service.go", "lobby/app/site", true},
		{"app/visitor", "service.go", "lobby/app/config", false},
		{"app/site", "site.go", "lobby/app/staff", false},
		{"app/site", "site.go", "lobby/app/visitor", false},
		{"app/site", "site.go", "lobby/app/kit/db", true},
		{"app/kit/db", "tx.go", "lobby/app/kit/live", false},
		{"app/kit/live", "publish.go", "lobby/app/kit/db", true},
		{"app/kit/db", "tx.go", "lobby/app/kit/audit", false},
		{"app/kit/db/cluster", "start.go", "lobby/app/kit/db", true},
		{"app/kit/fault", "fault.go", "lobby/app/kit/db", false},
		{"app/kit/web", "web.go", "lobby/app/staff", false},
		{"views/visitor", "visit_templ.go", "lobby/app/kit/fault", false},
		{"views/visitor", "visit_templ.go", "lobby/kiosk", false},
		{"views/visitor", "visit_templ.go", "lobby/views/part", true},
		{"views/visitor", "visit_templ.go", "lobby/static", true},
		{"static", "static.go", "lobby/app/kit/web", false},
		{"app/config", "config.go", "lobby/app/kit/fault", false},
		{"app/visitor", "http.go", "lobby/views/visitor", true},
		{"app/visitor", "http.go", "lobby/views/ticket", false},
		{"app/visitor", "http.go", "github.com/gofiber/fiber/v2", true},
		{"app/visitor", "service.go", "github.com/gofiber/fiber/v2", false},
		{"app/kit/live", "hub.go", "github.com/gofiber/contrib/websocket", false},
		{"app/kit/web", "app.go", "github.com/valyala/fasthttp", true},
		{"app/visitor", "service.go", "testing", false},
		{"app/visitor", "service.go", "lobby/app/kit/db/dbtest", false},
		{"app/kit/db/dbtest", "dbtest.go", "testing", true},
	} {
		got := broken([]source{{c.dir, c.file, []string{c.imported}}})
		if (len(got) == 0) != c.allowed {
			t.Errorf("%s/%s → %s: allowed %t, the checker says %v", c.dir, c.file, c.imported, c.allowed, got)
		}
	}
}
