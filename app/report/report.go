// Package report answers questions over the registers: read-only SQL, one file per report. What it shows is masked for
// everybody (PRIVACY-2), and that somebody looked is on record (PRIVACY-4).
package report

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/table"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// maxDays bounds the period of a report.
const maxDays = 3700

// Service makes the reports. Titles and words come in the language of the context.
type Service struct {
	DB    *bun.DB
	Vault *pii.Vault
	Sites *site.Directory
	Now   func() time.Time
}

// Query is which days of the actor's site a report covers, and which part of it is asked for.
type Query struct {
	From     string // first day in the site's zone, 2026-11-01; empty: the first of the month of To
	To       string // last day, counted in; empty: today
	Register bool   // the list of all entries in place of the figures
}

// period is a query understood: the days as instants in the site's zone, half open.
type period struct {
	site     site.Site
	from, to time.Time
	now      time.Time
}

// Visitors gives the figures of the visitor register, or the register itself (访客登记表).
func (s *Service) Visitors(ctx context.Context, q Query) ([]*table.Table, error) {
	if q.Register {
		return s.run(ctx, "report.visitors.register", q, s.visitRegister)
	}
	return s.run(ctx, "report.visitors", q, visitFigures)
}

// Tickets gives the figures of the tickets, or their register (报事记录表).
func (s *Service) Tickets(ctx context.Context, q Query) ([]*table.Table, error) {
	if q.Register {
		return s.run(ctx, "report.tickets.register", q, s.ticketRegister)
	}
	return s.run(ctx, "report.tickets", q, ticketFigures)
}

// run checks permission and period, records who looks, and reads everything from one view of the database.
func (s *Service) run(ctx context.Context, verb string, q Query,
	read func(context.Context, bun.IDB, period) ([]*table.Table, error)) ([]*table.Table, error) {
	a, err := actor.Require(ctx, staff.ViewReports)
	if err != nil {
		return nil, err
	}
	at, err := s.Sites.Get(ctx, a.Site)
	if err != nil {
		return nil, err
	}
	p, err := q.period(at, s.Now())
	if err != nil {
		return nil, err
	}
	ctx = locale.WithZone(ctx, at.Location())
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, audit.Entry{Verb: verb, Subject: "sites", ID: at.ID,
			Reason: p.from.Format(time.DateOnly) + "/" + p.last().Format(time.DateOnly)})
	})
	if err != nil {
		return nil, err
	}
	tables, err := db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) ([]*table.Table, error) {
		if err := roomy(ctx, tx); err != nil {
			return nil, err
		}
		return read(ctx, tx, p)
	})
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		t.Zone = at.Location()
	}
	return tables, nil
}

// roomy gives the statements of a report what they need over millions of rows, within their transaction: memory to sort in,
// time, and no compiling of expressions, which takes longer here than it saves.
func roomy(ctx context.Context, tx bun.Tx) error {
	_, err := tx.NewRaw("set local work_mem = '128MB'; set local jit = off; set local statement_timeout = '120s'").Exec(ctx)
	return err
}

// period understands the days; what is wrong is told with the name of the field.
func (q Query) period(at site.Site, now time.Time) (period, error) {
	var wrong fault.Fields
	day := func(name, text string, fallback time.Time) time.Time {
		if strings.TrimSpace(text) == "" {
			return fallback
		}
		d, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(text), at.Location())
		if err != nil || d.Year() < 2000 || d.Year() > 9000 {
			wrong.Add(name, "report.error.day")
			return fallback
		}
		return d
	}
	last := day("to", q.To, at.Day(now))
	p := period{site: at, now: now}
	p.from = day("from", q.From, time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, at.Location()))
	p.to = last.AddDate(0, 0, 1)
	switch {
	case len(wrong) > 0:
	case !p.from.Before(p.to):
		wrong.Add("from", "report.error.order")
	case p.to.Sub(p.from) > maxDays*24*time.Hour:
		wrong.Add("from", "report.error.long", fault.Args{"Max": maxDays})
	}
	return p, wrong.Err()
}

// last is the last day counted in.
func (p period) last() time.Time { return p.to.AddDate(0, 0, -1) }

// titled begins a table: its title names site and period; the columns are keys of "report.column.".
func (p period) titled(ctx context.Context, key, title string, columns ...table.Column) *table.Table {
	for i := range columns {
		columns[i].Title = locale.T(ctx, "report.column."+columns[i].Key)
	}
	return &table.Table{Key: key, Columns: columns,
		Title: title + " · " + p.site.Name + " · " + p.from.Format(time.DateOnly) + " – " + p.last().Format(time.DateOnly)}
}

func col(key string, kind table.Kind) table.Column { return table.Column{Key: key, Kind: kind} }

// label is a listed value: its code for programs, its word for people. A code without a word is its own word.
func label(code, key, word string) table.Label {
	if word == key {
		word = code
	}
	return table.Label{Code: code, Words: word}
}

// seconds is a duration from the database; nil where there is none.
func seconds(s *float64) any {
	if s == nil {
		return nil
	}
	return time.Duration(*s * float64(time.Second))
}

// share is n of all; nil where there is nothing to be a share of.
func share(n, all int64) any {
	if all == 0 {
		return nil
	}
	return float64(n) / float64(all)
}

// moment is a time that may be missing.
func moment(t *time.Time) any {
	if t == nil {
		return nil
	}
	return *t
}

// masked opens a sealed value only to mask it; nil where there is none.
func (s *Service) masked(k pii.Kind, sealed []byte) (any, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := s.Vault.Open(k, sealed)
	if err != nil {
		return nil, err
	}
	return pii.Mask(k, plain), nil
}
