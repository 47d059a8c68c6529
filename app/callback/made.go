package callback

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/staff"
)

// Made is one call that was made.
type Made struct {
	At        time.Time `bun:"at"`
	Day       time.Time `bun:"day"`
	Round     int       `bun:"round"` // how often the ticket had been reopened
	By        string    `bun:"by"`
	Reached   bool      `bun:"reached"`
	Asked     string    `bun:"asked"`
	Satisfied *bool     `bun:"satisfied"` // nil where nobody was reached
	Answer    string    `bun:"answer"`
}

// Rated is one answer with marks; a mark that wasn't given is 0.
type Rated struct {
	At       time.Time `bun:"at"`
	Via      string    `bun:"via"`
	Speed    int       `bun:"speed"`
	Attitude int       `bun:"attitude"`
	Upkeep   int       `bun:"upkeep"`
	Remark   string    `bun:"remark"`
}

// Past is what customers were asked about a ticket and what they said.
type Past struct {
	Calls   []Made
	Ratings []Rated
}

// Past reads the calls of a ticket of the actor's site and the marks given for it, oldest first.
func (s *Service) Past(ctx context.Context, ticket int64) (Past, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return Past{}, err
	}
	p := Past{}
	err = s.DB.NewRaw(`select c.at, c.day, c.round, p.name as by, c.reached, c.asked, c.satisfied, c.answer from callbacks c join staff p on p.id = c.by_id
		where c.site_id = ? and c.ticket_id = ? order by c.at, c.id`, a.Site, ticket).Scan(ctx, &p.Calls)
	if err != nil {
		return p, db.Translate(err)
	}
	err = s.DB.NewRaw(`select at, via, coalesce(speed, 0) as speed, coalesce(attitude, 0) as attitude, coalesce(upkeep, 0) as upkeep, remark
		from ratings where site_id = ? and ticket_id = ? order by at, id`, a.Site, ticket).Scan(ctx, &p.Ratings)
	return p, db.Translate(err)
}

// gone stands in place of a text that the schema wants and whose term is over.
const gone = "—"

// Forget removes what is personal in the calls and ratings of tickets whose term is over: who was asked, every word that
// was said, by whom marks were given, and the links. Results, marks and times stay, so that no figure changes
// (PRIVACY-5). It works in the transaction that empties the tickets.
func (s *Service) Forget(ctx context.Context, tx bun.Tx, tickets []int64) error {
	if len(tickets) == 0 {
		return nil
	}
	for _, q := range []*bun.RawQuery{
		tx.NewRaw(`update callbacks set asked = case when reached then ? else '' end, answer = '', entry_hash = '' where ticket_id in (?)`, gone, bun.List(tickets)),
		tx.NewRaw(`update ratings set remark = case when num_nonnulls(speed, attitude, upkeep) = 0 then ? else '' end,
			person = convert_to(id::text, 'UTF8') where ticket_id in (?)`, gone, bun.List(tickets)),
		tx.NewRaw(`delete from rating_links where ticket_id in (?)`, bun.List(tickets)),
	} {
		if _, err := q.Exec(ctx); err != nil {
			return db.Translate(err)
		}
	}
	return nil
}
