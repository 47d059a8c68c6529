package ticket

import (
	"context"

	page "lobby/views/ticket"
)

// Whys explains the limits of a ticket as its page does.
func (s *Service) Whys(ctx context.Context, id int64) ([]page.Why, error) {
	v, _, err := s.page(ctx, id, attempt{})
	return v.Whys, err
}
