package ticket

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
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
	return r.current().Clone(), int64(len(r.policies) - 1), nil
}

// PolicyOf gives the policy that had a version, which somebody saw who is about to change it; of a version that never
// was, the one in force.
func (s *Service) PolicyOf(ctx context.Context, version int64) (*limit.Policy, error) {
	a, err := actor.Require(ctx, staff.ManageRules)
	if err != nil {
		return nil, err
	}
	r, err := s.rules(ctx, s.DB, a.Site)
	if err != nil {
		return nil, db.Translate(err)
	}
	if version < 0 || version >= int64(len(r.policies)) {
		version = int64(len(r.policies)) - 1
	}
	return r.policies[version].policy.Clone(), nil
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

// CheckPolicy refuses a policy that makes no sense, with every fault in it.
func (s *Service) CheckPolicy(ctx context.Context, p *limit.Policy) error {
	if _, err := actor.Require(ctx, staff.ManageRules); err != nil {
		return err
	}
	return checkPolicy(p)
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
	if p.Callbacks.Within == (limit.Span{}) {
		wrong.Add("callbacks", "limit.problem.no_callback")
	}
	for _, kind := range p.Callbacks.Sampled {
		if !slices.Contains(Sampled, kind) {
			wrong.Add("sampled", "limit.problem.always_called")
		}
	}
	if len(p.Rows) > MaxRows || len(p.Ladder) > MaxRows {
		wrong.Add("rows", "limit.problem.too_many", fault.Args{"Max": MaxRows})
	}
	return wrong.Err()
}

// MaxRows is how many rows a policy's table may have, and how many rungs its ladder.
const MaxRows = 60

// Sampled are the kinds that needn't be called back (CALLBACK-2).
var Sampled = []string{"inquiry", "suggestion", "activity"}
