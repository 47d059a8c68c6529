package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// Who forgot to say where the database lies is told so, and doesn't get a second, empty one.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nothing")
	o := operator{t, map[string]string{"LOBBY_DATA": dir}}
	for _, args := range [][]string{
		{"site", "list"}, {"staff", "list"}, {"staff", "add", "admin", "--name", "A", "--role", "admin"},
		{"device", "pair", "--kind", "kiosk", "--name", "a"}, {"report", "visitors"}, {"audit", "verify"}, {"key", "rotate"}, {"tick"},
		{"backup", filepath.Join(t.TempDir(), "x.backup")}, {"backup", "verify", "x.backup"}, {"key", "rewrap"},
	} {
		wantText(t, o.lobby(1, args...), "there is no database in "+dir, "LOBBY_DATA")
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Fatalf("%v made a folder: %v", args, err)
		}
	}
}
