package cli

import (
	"os"
	"path/filepath"
	"testing"

	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
)

func TestCalendarImportCommand(t *testing.T) {
	t.Parallel()
	o := operator{t, map[string]string{"DATABASE_URL": dbtest.URL(t), "LOBBY_KEY": pii.NewKey().Text(), "LANG": "en_US.UTF-8"}}
	o.lobby(0, "site", "add", "--code", "garden", "--name", "Garden")
	file := filepath.Join(t.TempDir(), "2027.csv")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("date,kind,name\n2027-02-06,holiday,春节\n2027-02-09,workday,春节\n2027-02-07,feast,春节\n")
	wantText(t, o.lobby(1, "calendar", "import", file), "line 3", "line 4", "feast")
	write("date,kind,name\n2027-02-06,holiday,春节\n")
	wantText(t, o.lobby(0, "calendar", "import", file), "garden has the calendar of 2027")
	wantText(t, o.lobby(0, "calendar", "import", "--year", "2027", file), "garden has the calendar of 2027")
	write("nothing at all\n")
	wantText(t, o.lobby(2, "calendar", "import", file), "--year")
	wantText(t, o.lobby(1, "doctor", "--recompute"), "0 tickets derived from their history, nothing differs")
}
