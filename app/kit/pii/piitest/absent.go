package piitest

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Person is one person's data for a test, of which nothing reads like anything else in a database.
type Person struct {
	Name, Phone, E164, Plate, Identity string
}

// Canary is the person whom tests register when they look for leaks.
var Canary = Person{Name: "欧阳金丝雀", Phone: "13900706785", E164: "+8613900706785", Plate: "粤BK7L92", Identity: "440301197003078857"}

// Values are all of a person's values, for AssertAbsent and Found.
func (p Person) Values() []string { return []string{p.Name, p.Phone, p.E164, p.Plate, p.Identity} }

// records are the tables that hold no personal value at all, not even a name: what is in them can't be deleted, or
// goes to every screen.
var records = []string{"audit_log", "audit_chain", "events", "topics", "counters"}

// AssertAbsent looks through every row of every table of the database. In the record and the events no value may
// stand; elsewhere no value with a digit, such as a phone or a plate: names stand in the registers in the clear.
// Bytes are searched too, so a value that was stored without being sealed is found.
func AssertAbsent(t testing.TB, db bun.IDB, values ...string) {
	t.Helper()
	var tables []string
	err := db.NewRaw(`select table_name::text from information_schema.tables
		where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`).Scan(t.Context(), &tables)
	if err != nil || !slices.Contains(tables, "audit_log") {
		t.Fatalf("tables of the database: %v, %v", tables, err)
	}
	for _, table := range tables {
		var search []string
		for _, v := range values {
			if slices.Contains(records, table) || strings.ContainsFunc(v, unicode.IsDigit) {
				search = append(search, spellings(v)...)
			}
		}
		if len(search) == 0 {
			continue
		}
		var found []string
		err := db.NewRaw(`select v from unnest(?::text[]) v where exists (select from ? r where strpos(r::text, v) > 0)`,
			pgdialect.Array(search), bun.Ident(table)).Scan(t.Context(), &found)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		if len(found) > 0 {
			t.Errorf("personal data stands in the clear in table %s: %q", table, found)
		}
	}
}

// Found gives the values that stand in a text in the clear: a page, a log, a message to a screen.
func Found(text string, values ...string) []string {
	var found []string
	for _, v := range values {
		for _, s := range spellings(v) {
			if strings.Contains(text, s) {
				found = append(found, s)
			}
		}
	}
	return found
}

// spellings are the ways in which a value could stand somewhere: as it is, without country code or separators, and as
// the bytes of it.
func spellings(v string) []string {
	all := []string{v}
	if rest, ok := strings.CutPrefix(v, "+86"); ok {
		all = append(all, rest)
	}
	if r := []rune(v); len(r) > 2 && unicode.Is(unicode.Han, r[0]) && strings.ContainsFunc(v, unicode.IsDigit) {
		all = append(all, string(r[:2])+"·"+string(r[2:]), string(r[2:]))
	}
	for _, s := range slices.Clone(all) {
		all = append(all, hex.EncodeToString([]byte(s)))
	}
	return all
}
