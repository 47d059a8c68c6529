package site

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/views/locale"
)

// bundle is an empty site with the staff of the reference site.
type bundle struct {
	t    *testing.T
	db   *bun.DB
	ctx  context.Context
	site int64
	*Service
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: dbtest.New(t)}
	b.Service = &Service{DB: b.db, Now: time.Now}
	cli := actor.Actor{Kind: actor.CLI, Name: "cli:test", All: true}
	s, err := b.Add(actor.With(t.Context(), cli), Add{Code: "garden", Name: "翠园", TimeZone: "Asia/Shanghai", Accent: "#0b6e5f"})
	if err != nil {
		t.Fatal(err)
	}
	cli.Site, b.site = s.ID, s.ID
	b.ctx = locale.With(actor.With(t.Context(), cli), locale.English)
	for _, p := range [][2]string{{"supervisor", "周敏"}, {"desk", "李明"}, {"agent2", "王芳"}, {"agent3", "王芳"}, {"cashier", "吴静"}} {
		_, err := b.db.NewRaw(`with p as (insert into staff (login, name, password_hash) values (?, ?, 'x') returning id)
			insert into staff_roles select id, ?, 'agent' from p`, p[0], p[1], s.ID).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// load imports and wants no refusal.
func (b *bundle) load(in Import) *Imported {
	b.t.Helper()
	out, err := b.Import(b.ctx, in)
	if err != nil {
		b.t.Fatalf("refused: %v %s", err, b.said(out))
	}
	return out
}

// refused imports and wants the refusal with the key, and nothing written.
func (b *bundle) refused(key string, in Import) *Imported {
	b.t.Helper()
	before := b.counts()
	out, err := b.Import(b.ctx, in)
	if f, ok := fault.As(err); !ok || f.Key != key {
		b.t.Errorf("%v, want %s", err, key)
	}
	if now := b.counts(); now != before {
		b.t.Errorf("something was loaded: %s", now)
	}
	if out != nil && out.Loaded {
		b.t.Error("it says that it has loaded")
	}
	return out
}

// said is everything an import says, for messages of tests.
func (b *bundle) said(out *Imported) string {
	if out == nil {
		return "nothing"
	}
	var lines []string
	for _, x := range out.Bad {
		lines = append(lines, x.Say(b.ctx))
	}
	for _, x := range out.Differences {
		lines = append(lines, x.Say(b.ctx))
	}
	for _, x := range append(slices.Clone(out.Changes), out.Left...) {
		lines = append(lines, x.Say(b.ctx))
	}
	return strings.Join(lines, "\n")
}

// counts is what the tables have: zones, buildings, households, shops, records of imports.
func (b *bundle) counts() string {
	b.t.Helper()
	var n [5]int
	err := b.db.NewRaw(`select (select count(*) from zones), (select count(*) from buildings), (select count(*) from households where kind = 'household'),
		(select count(*) from households where kind = 'shop'), (select count(*) from audit_log where verb = 'site.import')`).
		Scan(b.t.Context(), &n[0], &n[1], &n[2], &n[3], &n[4])
	if err != nil {
		b.t.Fatal(err)
	}
	return fmt.Sprint(n)
}

const csvHead = "类别,区域,区域名称,责任人,楼栋,单元,房号,申报户数,申报商铺数\n"

// reference is the table of ZONE-2 as a spreadsheet: zones and buildings with what is declared, and every door.
func reference(t testing.TB) string {
	t.Helper()
	zones, err := Reference()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(csvHead)
	for _, z := range zones {
		fmt.Fprintf(&b, "区域,%s,,%s,,,,%d,%d\n", z.Code, z.Owner, z.DeclaredHouseholds, z.DeclaredShops)
	}
	for _, z := range zones {
		for _, h := range z.Buildings {
			households, shops := Zone{Buildings: []Building{h}}.Count()
			fmt.Fprintf(&b, "楼栋,%s,,,%s,,,%d,%d\n", z.Code, h.Name, households, shops)
			for _, p := range h.Places {
				kind := "住户"
				if p.Shop {
					kind = "商铺"
				}
				fmt.Fprintf(&b, "%s,,,,%s,%s,%s,,\n", kind, p.Building, p.Entrance, p.Room)
			}
		}
	}
	return b.String()
}

// until waits until a query says true.
func (b *bundle) until(query string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		var yes bool
		if err := b.db.NewRaw(query).Scan(ctx, &yes); err != nil {
			b.t.Fatalf("%s: %v", query, err)
		}
		if yes {
			return
		}
		<-tick.C
	}
}
