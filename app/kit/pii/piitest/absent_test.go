package piitest_test

import (
	"slices"
	"strings"
	"testing"

	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
)

// recorder is a test that fails without failing this one.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper()                      {}
func (r *recorder) Errorf(_ string, args ...any) { r.errors = append(r.errors, args[0].(string)) }

func TestAssertAbsent(t *testing.T) {
	t.Parallel()
	if p, ok := pii.NormalisePhone(piitest.Canary.Phone); !ok || p != piitest.Canary.E164 {
		t.Fatal("the canary has no valid phone")
	}
	if p, ok := pii.NormalisePlate(piitest.Canary.Plate); !ok || p != piitest.Canary.Plate {
		t.Fatal("the canary has no valid plate")
	}
	for name, c := range map[string]struct {
		statement string
		value     any
		where     []string
	}{
		"nothing":                     {`insert into audit_log (actor_kind, verb, reason) values ('job', 'x', ?)`, "按规定", nil},
		"a name in the record":        {`insert into audit_log (actor_kind, verb, reason) values ('job', 'x', ?)`, "找" + piitest.Canary.Name, []string{"audit_log"}},
		"a phone among fields":        {`insert into audit_log (actor_kind, verb, fields) values ('job', 'x', array[?])`, "13900706785", []string{"audit_log"}},
		"a plate in an event":         {`insert into events (topic, seq, kind, body) values ('control', 1, 'x', jsonb_build_object('p', ?::text))`, "粤B·K7L92", []string{"events"}},
		"a name in a settings table":  {`insert into sites (code, name) values ('x', ?)`, piitest.Canary.Name, nil},
		"a phone in a settings table": {`insert into sites (code, name) values ('x', ?)`, "电话13900706785", []string{"sites"}},
		"a phone as bytes":            {`insert into key_rings (id, wrapped, canary) values (1, ?, '')`, []byte("+8613900706785"), []string{"key_rings"}},
	} {
		t.Run("PRIVACY-4 a leak is found: "+name, func(t *testing.T) {
			t.Parallel()
			pool := dbtest.New(t)
			if _, err := pool.NewRaw(c.statement, c.value).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			r := &recorder{TB: t}
			piitest.AssertAbsent(r, pool, piitest.Canary.Values()...)
			if !slices.Equal(r.errors, c.where) {
				t.Fatalf("found in %v, want %v", r.errors, c.where)
			}
		})
	}
	if got := piitest.Found("<td>139****6785</td><td>欧阳**</td>", piitest.Canary.Values()...); len(got) > 0 {
		t.Fatal(strings.Join(got, " "))
	}
	if got := piitest.Found(`tel:13900706785`, piitest.Canary.Values()...); len(got) == 0 {
		t.Fatal("a phone in a page is not found")
	}
}
