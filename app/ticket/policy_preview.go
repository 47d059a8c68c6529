package ticket

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/pii"
	"lobby/app/staff"
	"lobby/app/ticket/limit"
)

// Preview is what a policy would do to the open tickets.
type Preview struct {
	Moved []Moved // the first MaxMoved, in the order of their numbers
	Count int     // all of them
	Late  int     // of those: some limit would have passed at once
	Told  int     // of those: somebody would be told at once

	Open, Touched, Looked int // open tickets; those whose rules would be others; how many of these were looked at
}

// Moved is an open ticket with limits that would be at other times, or of which somebody would be told at once.
type Moved struct {
	ID      int64
	Number  string
	Kind    string
	Urgency string
	Place   string
	Limits  []MovedLimit
	Levels  []string // roles that would be told at once
}

// MovedLimit is one limit of it; zero is none.
type MovedLimit struct {
	Clock    string
	Order    string // number of the service order; empty: the ticket's own
	From, To time.Time
	Late     bool // it would have passed at once
}

const (
	// MaxMoved is how many tickets a preview names.
	MaxMoved = 100
	// maxPreview is how many open tickets a preview derives anew; each takes about a tenth of a millisecond, and a request
	// has ten seconds.
	maxPreview = 20000
	// previewBatch is how many tickets a preview looks at together.
	previewBatch = 500
	// previewTime is after how long a preview ends with what it has looked at: a person waits for it.
	previewTime = 2 * time.Second
)

// PreviewPolicy says which open tickets a policy would move, and changes nothing. Only those whose rules differ are
// looked at, and of these the first twenty thousand, or as many as two seconds are enough for.
func (s *Service) PreviewPolicy(ctx context.Context, p *limit.Policy) (*Preview, error) {
	a, err := actor.Require(ctx, staff.ManageRules)
	if err != nil {
		return nil, err
	}
	if err := checkPolicy(p); err != nil {
		return nil, err
	}
	out, err := db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Preview, error) {
		r, err := s.rules(ctx, tx, a.Site)
		if err != nil {
			return nil, err
		}
		var open []*Ticket
		err = tx.NewSelect().Model(&open).Column("id", "kind", "urgency", "severity", "help_kind", "life_safety").Where("site_id = ?", a.Site).
			Where("lane is not null").OrderExpr("id").Scan(ctx)
		if err != nil {
			return nil, err
		}
		out, ids := &Preview{Open: len(open)}, touched(open, r.current(), p)
		out.Touched = len(ids)
		ids = ids[:min(len(ids), maxPreview)]
		began := s.Now()
		for part := range slices.Chunk(ids, previewBatch) {
			if err := s.preview(ctx, tx, part, p, out); err != nil {
				return nil, err
			}
			if out.Looked += len(part); s.Now().Sub(began) > previewTime {
				break
			}
		}
		return out, nil
	})
	return out, db.Translate(err)
}

// touched are the tickets to which another policy is another: all of them where it differs beside the rows.
func touched(open []*Ticket, now, then *limit.Policy) (ids []int64) {
	all := !reflect.DeepEqual(now.Ladder, then.Ladder) || !reflect.DeepEqual(now.Callbacks, then.Callbacks)
	differs := map[limit.Class]bool{}
	for _, t := range open {
		class := t.class()
		if _, known := differs[class]; !known {
			a, b := now.Row(class), then.Row(class)
			differs[class] = a.Limits() != b.Limits()
		}
		if all || differs[class] {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

func (s *Service) preview(ctx context.Context, tx bun.IDB, ids []int64, p *limit.Policy, out *Preview) error {
	var list []*Ticket
	if err := tx.NewSelect().Model(&list).ColumnExpr("?TableColumns").Where("id = any(?)", pgdialect.Array(ids)).OrderExpr("id").Scan(ctx); err != nil {
		return err
	}
	records, err := s.readRecords(ctx, tx, list)
	if err != nil {
		return err
	}
	for _, r := range records {
		m, is := r.moved(p, s.now())
		if !is {
			continue
		}
		out.Count++
		if slices.ContainsFunc(m.Limits, func(l MovedLimit) bool { return l.Late }) {
			out.Late++
		}
		if len(m.Levels) > 0 {
			out.Told++
		}
		if len(out.Moved) < MaxMoved {
			out.Moved = append(out.Moved, m)
		}
	}
	return nil
}

// moved says what a policy would do to the ticket if it came into force now.
func (r *record) moved(p *limit.Policy, now time.Time) (m Moved, is bool) {
	rules := *r.rules
	rules.policies = append(slices.Clip(rules.policies), policyFrom{now, p})
	then := &record{t: r.t, orders: r.orders, steps: r.steps, rules: &rules}
	t := r.t
	m = Moved{ID: t.ID, Number: t.Number, Kind: t.Kind, Urgency: t.Urgency, Place: pii.Redact(t.Place)}
	add := func(k limit.Kind, order string, a, b limit.Limits) {
		from, to := dueOf(a, k), dueOf(b, k)
		if c, _ := a.Clock(k); c.Done.IsZero() && !from.Equal(to) { // what is done isn't judged anew
			late := !to.IsZero() && !to.After(now) && (from.IsZero() || from.After(now))
			m.Limits = append(m.Limits, MovedLimit{Clock: string(k), Order: order, From: from, To: to, Late: late})
		}
	}
	for _, k := range []limit.Kind{limit.Response, limit.Solution, limit.Result, limit.Callback, limit.Update} {
		add(k, "", r.limits(), then.limits())
	}
	for _, o := range r.orders {
		add(limit.Order, o.Number, r.orderLimits(o), then.orderLimits(o))
	}
	before := map[string]bool{}
	for _, l := range r.lapsed(now) {
		before[l.mark] = true
	}
	for _, l := range then.lapsed(now) {
		if l.esc != nil && !before[l.mark] && !slices.Contains(m.Levels, l.esc.Level) {
			m.Levels = append(m.Levels, l.esc.Level)
		}
	}
	return m, len(m.Limits) > 0 || len(m.Levels) > 0
}
