package ticket

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket/limit"
)

// Policy gives the policy in force at the actor's site, and its version; 0 is what ships.
func (s *Service) Policy(ctx context.Context) (*limit.Policy, int64, error) {
	a, err := actor.Require(ctx, staff.ManageRules)
	if err != nil {
		return nil, 0, err
	}
	r, err := s.rules(ctx, s.DB, a.Site)
	if err != nil {
		return nil, 0, db.Translate(err)
	}
	p := *r.current()
	p.Rows, p.Ladder = slices.Clone(p.Rows), slices.Clone(p.Ladder)
	return &p, int64(len(r.policies) - 1), nil
}

// SetPolicy puts a policy in force from now on, ladder and callbacks with it, where the version is still the one that
// the person saw. What runs is reckoned anew, what is over stays as it was (SLA-1); PreviewPolicy says before what that
// moves. A policy that makes no sense is refused with every fault in it.
func (s *Service) SetPolicy(ctx context.Context, p *limit.Policy, version int64) error {
	a, err := actor.Require(ctx, staff.ManageRules)
	if err != nil {
		return err
	}
	if err := checkPolicy(p); err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (struct{}, error) {
		return struct{}{}, site.AddRule(ctx, tx, a.Site, site.PolicyRule, p, version, s.now())
	})
	return err
}

// checkPolicy says what is wrong with a policy, by field: policy.<row>.<field>, or ladder.<row>.
func checkPolicy(p *limit.Policy) error {
	var wrong fault.Fields
	for _, found := range p.Check() {
		name := fmt.Sprintf("policy.%d.%s", found.Row, found.Field)
		switch {
		case found.Field == "ladder":
			name = fmt.Sprintf("ladder.%d", found.Row)
		case found.Row == 0:
			name = found.Field
		}
		wrong.Add(name, "limit.problem."+found.Code, fault.Args{"Value": found.Value})
	}
	for i, row := range p.Rows {
		for _, c := range []struct {
			name, value string
			of          []string
		}{{"kind", row.Kind, Kinds}, {"help", row.Help, HelpKinds}, {"severity", row.Severity, Severities}, {"urgency", row.Urgency, Urgencies}} {
			if c.value != "" && !slices.Contains(c.of, c.value) {
				wrong.Add(fmt.Sprintf("policy.%d.%s", i+1, c.name), "ticket.field.choice")
			}
		}
	}
	for i, rung := range p.Ladder {
		for _, level := range rung.Levels {
			if !slices.Contains(staff.Roles, staff.Role(level)) {
				wrong.Add(fmt.Sprintf("ladder.%d", i+1), "ticket.field.choice")
			}
		}
	}
	return wrong.Err()
}

// Moved is an open ticket whose result would be due at another time; zero is at none.
type Moved struct {
	ID       int64
	Number   string
	Kind     string
	Urgency  string
	Place    string
	From, To time.Time
}

// previewBatch is how many tickets a preview looks at together.
const previewBatch = 500

// PreviewPolicy gives the open tickets that a policy would move, in the order of their numbers, and changes nothing.
func (s *Service) PreviewPolicy(ctx context.Context, p *limit.Policy) ([]Moved, error) {
	a, err := actor.Require(ctx, staff.ManageRules)
	if err != nil {
		return nil, err
	}
	if err := checkPolicy(p); err != nil {
		return nil, err
	}
	moved, err := db.Read(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (moved []Moved, err error) {
		for last := int64(0); ; {
			var list []*Ticket
			err := tx.NewSelect().Model(&list).ColumnExpr("?TableColumns").Where("site_id = ?", a.Site).Where("lane is not null").
				Where("id > ?", last).OrderExpr("id").Limit(previewBatch).Scan(ctx)
			if err != nil || len(list) == 0 {
				return moved, err
			}
			records, err := s.readRecords(ctx, tx, list)
			if err != nil {
				return nil, err
			}
			for _, r := range records {
				moved = r.preview(moved, p, s.now())
			}
			last = list[len(list)-1].ID
		}
	})
	return moved, db.Translate(err)
}

// preview adds the ticket where a policy would move it.
func (r *record) preview(moved []Moved, p *limit.Policy, now time.Time) []Moved {
	from := dueOf(r.limits(), limit.Result)
	policy, h := r.history()
	to := dueOf(limit.Of(policy, r.rules.calendar, append(h, limit.Event{At: now, What: limit.PolicyChanged, Policy: p})), limit.Result)
	if from.Equal(to) {
		return moved
	}
	t := r.t
	return append(moved, Moved{ID: t.ID, Number: t.Number, Kind: t.Kind, Urgency: t.Urgency, Place: pii.Redact(t.Place), From: from, To: to})
}
