package ticket

import (
	"context"

	page "lobby/views/ticket"
)

// PageOf is what the page of a ticket shows.
func (s *Service) PageOf(ctx context.Context, id int64) (page.Page, error) {
	v, _, err := s.page(ctx, id, attempt{})
	return v, err
}

// Whys explains the limits of a ticket as its page does.
func (s *Service) Whys(ctx context.Context, id int64) ([]page.Why, error) {
	v, err := s.PageOf(ctx, id)
	return v.Whys, err
}
