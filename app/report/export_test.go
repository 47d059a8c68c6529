package report

import (
	"context"
	"strings"

	"lobby/app/kit/actor"
)

// WholeUpTo gives all lines of a register where they are no more than so many.
func (s *Service) WholeUpTo(ctx context.Context, k RegisterKind, f RegisterFilter, as string, most int) (*Listing, error) {
	return s.register(ctx, k, f, as, most)
}

// Plan is how PostgreSQL reads a page of a register.
func (s *Service) Plan(ctx context.Context, k RegisterKind, f RegisterFilter) (string, error) {
	at, err := s.Sites.Get(ctx, actor.From(ctx).Site)
	if err != nil {
		return "", err
	}
	p, err := f.period(at, s.Now())
	if err != nil {
		return "", err
	}
	query, args, err := s.linesQuery(ctx, s.DB, p, k, f, true, registerPage+1)
	if err != nil {
		return "", err
	}
	var plan []string
	err = s.DB.NewRaw("explain "+query, args...).Scan(ctx, &plan)
	return strings.Join(plan, "\n"), err
}
