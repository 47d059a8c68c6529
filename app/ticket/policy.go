package ticket

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/site"
	"lobby/app/site/calendar"
	"lobby/app/ticket/limit"
)

// rules are what the limits of a site's tickets are reckoned by: its calendar, and every policy that it ever had.
type rules struct {
	of       *site.Rules
	calendar *calendar.Calendar
	policies []policyFrom
}

// policyFrom is a policy, and since when it counts. A policy that ships counts since ever.
type policyFrom struct {
	at     time.Time
	policy *limit.Policy
}

// rulesBook remembers the policies of sites as they were read; the zero book is empty.
type rulesBook struct {
	mu    sync.Mutex
	known map[int64]*rules
}

// rules gives the rules of a site as they stand for tx.
func (s *Service) rules(ctx context.Context, tx bun.IDB, id int64) (*rules, error) {
	of, err := s.Sites.Rules(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return s.rulesOf(id, of)
}

// rulesOf reads the policies among the rules of a site.
func (s *Service) rulesOf(id int64, of *site.Rules) (*rules, error) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	if known := s.book.known[id]; known != nil && known.of == of {
		return known, nil
	}
	r := &rules{of: of, calendar: of.Calendar, policies: []policyFrom{{policy: limit.Default()}}}
	for _, version := range of.Policies {
		p := new(limit.Policy)
		if err := json.Unmarshal(version.Value, p); err != nil {
			return nil, fmt.Errorf("site %d: policy %d: %w", id, version.Version, err)
		}
		r.policies = append(r.policies, policyFrom{version.ChangedAt, p})
	}
	if s.book.known == nil {
		s.book.known = map[int64]*rules{}
	}
	s.book.known[id] = r
	return r, nil
}

// current is the policy in force.
func (r *rules) current() *limit.Policy { return r.policies[len(r.policies)-1].policy }

// at gives the policy that counted at a moment, and those that came after it.
func (r *rules) at(t time.Time) (*limit.Policy, []policyFrom) {
	n := len(r.policies) - 1
	for n > 0 && r.policies[n].at.After(t) {
		n--
	}
	return r.policies[n].policy, r.policies[n+1:]
}
