package boot_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot/boottest"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/table"
	reports "lobby/app/report"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
	"lobby/app/visitor"
)

func TestRetention(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-5 the report of last month has the same figures before and after its visitors' data is removed", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		h.Clock.Set(time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC))
		app := h.Open(t)
		ctx := asCLI(t.Context(), h.Site(t, app, "a").ID)
		for n, purpose := range []string{"visit", "delivery", "visit", "service"} {
			in := aGuest()
			in.Name, in.Phone, in.Plate, in.Purpose, in.People = piitest.Canary.Name, piitest.Canary.Phone, piitest.Canary.Plate, purpose, n+1
			if n == 0 {
				in.Channel = visitor.Kiosk
			}
			pass, err := app.Visits.Register(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(7 * time.Hour)
			if n%2 == 0 {
				if _, err := app.Visits.Leave(ctx, pass.Code); err != nil {
					t.Fatal(err)
				}
			}
			h.Clock.Add(20 * time.Hour)
			if _, err := app.Tick(t.Context()); err != nil { // ends the others with their day
				t.Fatal(err)
			}
		}
		service := &reports.Service{DB: app.DB, Vault: app.Vault, Sites: app.Sites, Now: app.Now}
		read := func(register bool) string {
			t.Helper()
			tables, err := service.Visitors(ctx, reports.Query{From: "2026-10-01", To: "2026-10-31", Register: register})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := table.Write(&b, table.CSV, tables...); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		h.Clock.Set(time.Date(2026, 11, 3, 1, 0, 0, 0, time.UTC)) // within the term
		before, register := read(false), read(true)
		if done, err := app.Tick(t.Context()); err != nil || done.Expired != 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		h.Clock.Set(time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC))
		if done, err := app.Tick(t.Context()); err != nil || done.Expired != 4 {
			t.Fatalf("%+v, %v", done, err)
		}
		if after := read(false); after != before || !strings.Contains(before, "4,10,") {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
		after := read(true)
		if strings.Count(after, "\n") != strings.Count(register, "\n") || strings.Count(after, "已到期删除") != 4 ||
			strings.Contains(after, "139****6785") || !strings.Contains(register, "139****6785") {
			t.Errorf("the register:\n%s\nbefore:\n%s", after, register)
		}
		piitest.AssertAbsent(t, app.DB, piitest.Canary.Values()...)
	})
	t.Run("PRIVACY-5 the reports of last month and of last year have the same figures before and after tickets are emptied", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		h.Clock.Set(time.Date(2025, 10, 6, 1, 0, 0, 0, time.UTC))
		app := h.Open(t)
		ctx := asCLI(t.Context(), h.Site(t, app, "a").ID)
		for n, kind := range []string{"repair", "complaint", "inquiry", "repair"} {
			made, err := app.Tickets.Register(ctx, ticket.Register{EntryKey: uuid.Must(uuid.NewV7()), Kind: kind, Place: "18#2单元201", Matter: "水管漏水",
				Reporter: piitest.Canary.Name, Phone: piitest.Canary.Phone, Channel: "phone"})
			if err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(time.Duration(20*n) * time.Hour) // the last ones are late
			for _, to := range []ticket.State{ticket.InHand, ticket.Resolved, ticket.Closed} {
				tickettest.Bring(ctx, t, app.Tickets, made.ID, to)
				h.Clock.Add(time.Hour)
			}
		}
		service := &reports.Service{DB: app.DB, Vault: app.Vault, Sites: app.Sites, Now: app.Now}
		read := func(q reports.Query) string {
			t.Helper()
			tables, err := service.Tickets(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := table.Write(&b, table.CSV, tables...); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		month, year := reports.Query{From: "2025-10-01", To: "2025-10-31"}, reports.Query{From: "2025-01-01", To: "2025-12-31"}
		h.Clock.Set(time.Date(2026, 9, 20, 1, 0, 0, 0, time.UTC)) // within the term
		if done, err := app.Tick(t.Context()); err != nil || done.ExpiredTickets != 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		before := read(month) + read(year)
		h.Clock.Set(time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC))
		if done, err := app.Tick(t.Context()); err != nil || done.ExpiredTickets != 4 {
			t.Fatalf("%+v, %v", done, err)
		}
		if after := read(month) + read(year); after != before || strings.Count(before, "4,0,4,") != 2 {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
		month.Register = true
		if register := read(month); strings.Count(register, "内容已到期删除") != 4 || strings.Contains(register, "漏水") {
			t.Errorf("the register:\n%s", register)
		}
		piitest.AssertAbsent(t, app.DB, piitest.Canary.Values()...)
	})
	t.Run("PRIVACY-5 a running server removes by itself what is past its term", func(t *testing.T) {
		t.Parallel()
		h := boottest.New(t)
		app := h.Open(t)
		ctx := asCLI(t.Context(), h.Site(t, app, "a").ID)
		pass, err := app.Visits.Register(ctx, aGuest())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Visits.End(ctx, pass.Visit.ID); err != nil {
			t.Fatal(err)
		}
		h.Clock.Add(31 * 24 * time.Hour)
		h.Start(t)
		eventually(t, "it is expired", func() bool {
			v, err := app.Visits.Get(ctx, pass.Visit.ID)
			if err != nil {
				t.Fatal(err)
			}
			return v.Expired()
		})
	})
}
