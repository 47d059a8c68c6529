package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
)

func TestSiteImportCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := operator{t, map[string]string{"DATABASE_URL": dbtest.URL(t), "LOBBY_KEY": pii.NewKey().Text(), "LANG": "en_US.UTF-8"}}
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	template := filepath.Join(dir, "places.csv")
	o.lobby(0, "site", "template", "--output", template)
	wantText(t, o.lobby(1, "site", "template", "--output", template), "file exists")
	wantText(t, o.lobby(0, "site", "template", "--format", "csv", "--language", "en"), "type,zone,zone name,owner,building,entrance,room,declared households,declared shops")
	if book := o.lobby(0, "site", "template"); !strings.HasPrefix(book, "PK") {
		t.Errorf("the template is no workbook: %.20q", book)
	}
	wantText(t, o.lobby(2, "site", "template", "--format", "pdf"), "there are: xlsx, csv")
	wantText(t, o.lobby(2, "site", "template", "--format", "csv", "--language", "tlh"), "zh-CN, zh-TW, en")

	head, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	text := string(head) + "区域,1,,,,,,3,\n楼栋,1,,,18,,,,\n住户,,,,18,1,101,,\n住户,,,,18,1,102,,\n"
	good := write("good.csv", text)
	wantText(t, o.lobby(1, "site", "import", good), "there is no site yet")
	o.lobby(0, "site", "add", "--code", "garden", "--name", "翠园")
	wantText(t, o.lobby(1, "site", "import", filepath.Join(dir, "none.csv")), "no such file")
	wantText(t, o.lobby(2, "site", "import"), "arg")

	t.Run("ZONE-3 the command names the difference and loads only when told to", func(t *testing.T) {
		wantText(t, o.lobby(1, "site", "import", good), "In the file: 1 zones, 1 buildings, 2 households, 0 shops.",
			"Zone 1: 3 households declared, 2 counted", "Nothing is loaded. With --accept-differences")
		wantText(t, o.lobby(0, "site", "import", good, "--accept-differences", "--dry-run"), "New: zone 1", "New: 18# in zone 1, 2 households", "A dry run: nothing is loaded")
		wantText(t, o.lobby(0, "site", "import", good, "--accept-differences"), "Loaded into garden.")
		wantText(t, o.lobby(0, "site", "import", good, "--accept-differences"), "Nothing differs from what stands")
		more := write("more.csv", text+"住户,,,,18,1,103,,\n")
		wantText(t, o.lobby(0, "site", "import", more), "Changes: 1\n  New in 18#: 1 households, 0 shops (18#1单元103室)", "Loaded into garden.")
		wantText(t, o.lobby(0, "site", "import", good), "Nothing differs from what stands", "Stands and is not in the file; it stays: 1\n  1 doors of 18# (18#1单元103室)")
	})

	var many bytes.Buffer
	many.WriteString(text)
	for i := range 250 {
		fmt.Fprintf(&many, "住户,,,,99\x1b[2J,1,%d,,\n", i)
	}
	out := o.lobby(1, "site", "import", write("bad.csv", many.String()))
	wantText(t, out, "Rows that can't be loaded: 250", "Line 6: building: This contains characters", "… and 150 more", "250. Nothing is loaded.")
	if strings.Contains(out, "\x1b") || strings.Count(out, "\n") > 110 {
		t.Errorf("the listing is not kept in bounds:\n%s", out)
	}
}
