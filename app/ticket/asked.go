package ticket

import (
	"context"
	"strconv"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/staff"
	"lobby/views/locale"
	"lobby/views/part"
)

// AskedOpen counts the open tickets of which the actor was asked first: whoever was told of a matter tracks it until it
// is closed (ORG-3).
func (s *Service) AskedOpen(ctx context.Context, idb bun.IDB) (n int, err error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return 0, err
	}
	err = idb.NewRaw(`select count(*) from tickets where site_id = ? and first_asked_id = ? and lane is not null`, a.Site, a.ID).Scan(ctx, &n)
	return n, db.Translate(err)
}

// owners are whose tickets one can ask for: everybody in office, and who was asked for already.
func owners(ctx context.Context, people []Colleague, asked int64) []part.Option {
	list := []part.Option{{Value: "0", Label: locale.T(ctx, "ticket.filter.any_owner")}}
	known := asked == 0
	for _, p := range people {
		list = append(list, part.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name})
		known = known || p.ID == asked
	}
	if !known {
		list = append(list, part.Option{Value: strconv.FormatInt(asked, 10), Label: locale.T(ctx, "ticket.filter.owner_left")})
	}
	return list
}

// people narrows a list to whom the tickets belong to: handled by who asks or by somebody named, or first asked of who
// asks (ORG-3).
func (f Filter) people(q *bun.SelectQuery, me int64) *bun.SelectQuery {
	if f.Mine {
		q = q.Where("(t.owner_id = ?0 or t.handler_id = ?0)", me)
	}
	if f.Owner != 0 {
		q = q.Where("(t.owner_id = ?0 or t.handler_id = ?0)", f.Owner)
	}
	if f.Asked {
		q = q.Where("t.first_asked_id = ?", me)
	}
	return q
}
