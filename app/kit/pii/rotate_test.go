package pii_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
)

// safe is a database with a key ring and sealed rows.
type safe struct {
	t     *testing.T
	url   string
	db    *bun.DB
	key   pii.WrapKey
	vault *pii.Vault
	site  int64
	steps []string // put on record
}

func newSafe(t *testing.T) *safe {
	t.Helper()
	s := &safe{t: t, url: dbtest.URL(t), key: pii.NewKey()}
	s.db = dbtest.Open(t, s.url)
	s.vault = s.open()
	if err := s.db.NewRaw(`insert into sites (code, name) values ('a', '滨河花园') returning id`).Scan(t.Context(), &s.site); err != nil {
		t.Fatal(err)
	}
	return s
}

// open is another instance's vault.
func (s *safe) open() *pii.Vault {
	s.t.Helper()
	v, err := pii.OpenVault(s.t.Context(), dbtest.Open(s.t, s.url), s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *safe) columns() []pii.Column {
	return []pii.Column{{Table: "visits", Name: "phone", Kind: pii.Phone}, {Table: "visits", Name: "plate", Kind: pii.Plate},
		{Table: "visits", Name: "pass_token", Kind: pii.Token}, {Table: "tickets", Name: "phone", Kind: pii.Phone}}
}

func (s *safe) rotation(report func(pii.Progress)) *pii.Rotation {
	return &pii.Rotation{Direct: s.db, Vault: s.open(), Columns: s.columns(), Report: report,
		Record: func(_ context.Context, _ bun.IDB, fields ...string) error {
			s.steps = append(s.steps, fields...)
			return nil
		}}
}

func quiet(pii.Progress) {}

func (s *safe) rotate() pii.Rotated {
	s.t.Helper()
	done, err := s.rotation(quiet).Run(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return done
}

// visits adds rows whose values v seals; every second one has no plate.
func (s *safe) visits(v *pii.Vault, from, to int) error {
	s.t.Helper()
	seal := func(k pii.Kind, text string) []byte {
		sealed, err := v.Seal(k, text)
		if err != nil {
			s.t.Fatal(err)
		}
		return sealed
	}
	_, err := s.db.NewRaw(`insert into visits (site_id, entry_key, entry_hash, number, name, phone, phone_index, host, purpose, plate,
			channel, pass_code, pass_token, pass_index, arrived_at)
		select ?, gen_random_uuid(), '', 'V' || n, '王', ?, '', '李', 'visit', case when n % 2 = 0 then ?::bytea end,
			'kiosk', lpad(n::text, 6, '0'), ?, int8send(n), now() from generate_series(?::int, ?::int) n`,
		s.site, seal(pii.Phone, "+8613812341234"), seal(pii.Plate, "粤B12345"), seal(pii.Token, "token"), from, to).Exec(s.t.Context())
	return db.Translate(err)
}

func (s *safe) mustVisits(v *pii.Vault, from, to int) {
	s.t.Helper()
	if err := s.visits(v, from, to); err != nil {
		s.t.Fatal(err)
	}
}

func (s *safe) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.db.NewRaw(query, args...).Exec(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// keysInUse are the keys by which something is sealed.
func (s *safe) keysInUse() (used []string) {
	s.t.Helper()
	err := s.db.NewRaw(`select distinct encode(substring(v for 5), 'hex') from (
		select phone from visits union all select plate from visits union all select pass_token from visits union all select phone from tickets) x (v)
		where v is not null order by 1`).Scan(s.t.Context(), &used)
	if err != nil {
		s.t.Fatal(err)
	}
	return used
}

// allOpen opens every value with the vault.
func (s *safe) allOpen(v *pii.Vault) {
	s.t.Helper()
	for _, c := range s.columns() {
		var sealed [][]byte
		err := s.db.NewRaw(`select ? from ? where ? is not null`, bun.Ident(c.Name), bun.Ident(c.Table), bun.Ident(c.Name)).Scan(s.t.Context(), &sealed)
		if err != nil {
			s.t.Fatal(err)
		}
		want := map[pii.Kind]string{pii.Phone: "+8613812341234", pii.Plate: "粤B12345", pii.Token: "token"}[c.Kind]
		for _, one := range sealed {
			if got, err := v.Open(c.Kind, one); err != nil || got != want {
				s.t.Fatalf("%s: %q, %v", c, got, err)
			}
		}
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-3 after a rotation everything is sealed by the new key, and the old one opens nothing", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		s.mustVisits(s.vault, 1, 450)
		phone, err := s.vault.Seal(pii.Phone, "+8613812341234")
		if err != nil {
			t.Fatal(err)
		}
		s.exec(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, phone, registered_at, due_at)
			values (?, gen_random_uuid(), '', 'T1', 'phone', 'repair', '大堂', '漏水', ?, now(), now())`, s.site, phone)
		before, index := s.keysInUse(), s.vault.Index(pii.Phone, "+8613812341234")
		done := s.rotate()
		if done.Resumed || done.Removed != 1 || done.Values != 450+225+450+1 {
			t.Errorf("%+v", done)
		}
		after := s.keysInUse()
		if len(after) != 1 || after[0] == before[0] {
			t.Errorf("sealed by %v before, by %v after", before, after)
		}
		fresh := s.open()
		s.allOpen(fresh)
		if _, err := fresh.Open(pii.Phone, phone); err == nil {
			t.Error("the old key is still in the ring")
		}
		if string(fresh.Index(pii.Phone, "+8613812341234")) != string(index) || string(fresh.AuditKey()) != string(s.vault.AuditKey()) {
			t.Error("the keys of index or record changed: nothing would be found any more")
		}
		if !slices.Equal(s.steps, []string{"added", "closed", "removed"}) {
			t.Errorf("on record: %v", s.steps)
		}
		var heard int
		if err := s.db.NewRaw(`select count(*) from events where topic = 'control' and kind = 'key.changed'`).Scan(t.Context(), &heard); err != nil || heard != 3 {
			t.Errorf("told %d times, %v", heard, err)
		}
	})
	t.Run("PRIVACY-3 an instance that heard nothing opens what a newer key sealed", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		s.mustVisits(s.vault, 1, 20)
		s.rotate()
		s.allOpen(s.vault)
	})
	t.Run("PRIVACY-3 what a sleeper still seals with the old key is sealed anew, and refused once that key is closed", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		s.mustVisits(s.vault, 1, 10)
		sleeper, late := s.open(), false
		done, err := s.rotation(func(p pii.Progress) {
			switch {
			case p.Doing == "settle" && !late: // every column has been gone through
				late = true
				s.mustVisits(sleeper, 11, 20)
			case p.Doing == "closed":
				if err := s.visits(sleeper, 21, 22); !fault.Is(err, fault.Unavailable) {
					t.Errorf("a value that nobody could open was taken: %v", err)
				}
			}
		}).Run(t.Context())
		if err != nil || done.Removed != 1 || len(s.keysInUse()) != 1 {
			t.Fatalf("%+v, %v, %v", done, err, s.keysInUse())
		}
		s.allOpen(s.open())
		if err := s.visits(sleeper, 21, 22); !fault.Is(err, fault.Unavailable) {
			t.Errorf("after the rotation: %v", err)
		}
		if err := sleeper.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.mustVisits(sleeper, 21, 22)
		s.allOpen(s.open())
	})
	t.Run("PRIVACY-3 a rotation cut off at any step is finished by the next, with one new key", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		s.mustVisits(s.vault, 1, 450)
		for _, at := range []func(pii.Progress) bool{
			func(p pii.Progress) bool { return p.Doing == "key" },
			func(p pii.Progress) bool { return p.Done == 200 },
			func(p pii.Progress) bool { return p.Doing == "settle" },
			func(p pii.Progress) bool { return p.Doing == "closed" },
		} {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := s.rotation(func(p pii.Progress) {
				if at(p) {
					cancel()
				}
			}).Run(ctx)
			cancel()
			if err == nil {
				t.Fatal("it was not cut off")
			}
			s.allOpen(s.open())
		}
		done := s.rotate()
		if !done.Resumed || done.Removed != 1 || len(s.keysInUse()) != 1 {
			t.Errorf("%+v, sealed by %v", done, s.keysInUse())
		}
		s.allOpen(s.open())
		if again := s.rotate(); again.Resumed || again.Removed != 1 {
			t.Errorf("the next one: %+v", again)
		}
		s.allOpen(s.open())
	})
	t.Run("PRIVACY-3 of two rotations at once one is refused in words", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		s.mustVisits(s.vault, 1, 10)
		tried := false
		_, err := s.rotation(func(p pii.Progress) {
			if p.Doing != "key" {
				return
			}
			tried = true
			if _, err := s.rotation(quiet).Run(t.Context()); !errors.Is(err, pii.ErrBusy) {
				t.Errorf("the second: %v", err)
			}
			if _, err := pii.Rewrap(t.Context(), s.db, s.key, pii.NewKey(), s.rotation(quiet).Record); !errors.Is(err, pii.ErrBusy) {
				t.Errorf("a rewrap meanwhile: %v", err)
			}
		}).Run(t.Context())
		if err != nil || !tried {
			t.Fatal(err)
		}
	})
	t.Run("PRIVACY-3 a value that no key opens is named, and the old key stays", func(t *testing.T) {
		t.Parallel()
		s := newSafe(t)
		s.mustVisits(s.vault, 1, 250)
		s.exec(`update visits set phone = '\x0102030405060708' where number = 'V7'`)
		if _, err := s.rotation(quiet).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "visits.phone of id") {
			t.Fatal(err)
		}
		s.exec(`delete from visits where number = 'V7'`)
		if done := s.rotate(); !done.Resumed || done.Removed != 1 {
			t.Errorf("%+v", done)
		}
	})
}
