package knowledge

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/staff"
)

// listMost is how many cases a list shows.
const listMost = 100

// Service keeps the cases.
type Service struct {
	DB  *bun.DB
	Now func() time.Time
}

// persons is what a case must not say of its ticket.
type persons struct {
	Number   string `bun:"number"`
	Kind     string `bun:"kind"`
	Matter   string `bun:"matter"`
	Place    string `bun:"place"`
	Reporter string `bun:"reporter"`
	Done     string `bun:"done"` // remark with which it was resolved
}

func ticketOf(ctx context.Context, tx bun.IDB, site, ticket int64) (*persons, error) {
	p := new(persons)
	return p, tx.NewRaw(`select t.number, t.kind, t.matter, t.place, t.reporter, coalesce((select s.remark from ticket_steps s
			where s.ticket_id = t.id and s.verb in ('resolve', 'unsolvable') order by s.id desc limit 1), '') as done
		from tickets t where t.site_id = ? and t.id = ?`, site, ticket).Scan(ctx, p)
}

// says tells whether a text says who it was: by name, by place, or by a number that could be a phone or a plate.
func (p *persons) says(text string) bool {
	for _, name := range []string{p.Reporter, p.Place} {
		if utf8.RuneCountInString(name) >= 2 && strings.Contains(text, name) {
			return true
		}
	}
	return pii.Redact(text) != text
}

// without takes out of a text who it was.
func (p *persons) without(text string) string {
	text = pii.Redact(text)
	for _, name := range []string{p.Reporter, p.Place} {
		if utf8.RuneCountInString(name) >= 2 {
			text = strings.ReplaceAll(text, name, "…")
		}
	}
	return text
}

// Draft is a case as a ticket suggests it, without the persons, or the case that the ticket has already.
func (s *Service) Draft(ctx context.Context, ticket int64) (*Case, error) {
	a, err := actor.Require(ctx, staff.WriteKnowledge)
	if err != nil {
		return nil, err
	}
	p, err := ticketOf(ctx, s.DB, a.Site, ticket)
	if err != nil {
		return nil, db.Translate(err)
	}
	list, err := s.find(ctx, a.Site, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("k.ticket_id = ?", ticket) })
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		return &list[0], nil
	}
	return &Case{SiteID: a.Site, TicketID: ticket, Number: p.Number, Sort: "good", Kind: p.Kind, Situation: p.without(p.Matter), Handling: p.without(p.Done)}, nil
}

// Save keeps the case of a ticket, new or changed. A text that names a person, their place or a number is refused at its
// field; a case that somebody changed meanwhile is not written over.
func (s *Service) Save(ctx context.Context, in Case) (*Case, error) {
	a, err := actor.Require(ctx, staff.WriteKnowledge)
	if err != nil {
		return nil, err
	}
	p, err := ticketOf(ctx, s.DB, a.Site, in.TicketID)
	if err != nil {
		return nil, db.Translate(err)
	}
	c, err := in.clean(p)
	if err != nil {
		return nil, err
	}
	c.SiteID, c.ByID, c.At, c.Version, c.Kind = a.Site, a.ID, s.Now(), in.Version+1, p.Kind
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Case, error) {
		_, err := tx.NewInsert().Model(c).On("conflict (site_id, ticket_id) do update").
			Set("sort = excluded.sort, title = excluded.title, situation = excluded.situation, handling = excluded.handling, lesson = excluded.lesson").
			Set("by_id = excluded.by_id, at = excluded.at, version = excluded.version").
			Where("k.version = ?", in.Version).Returning("id").Exec(ctx)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if errors.Is(err, sql.ErrNoRows) || c.ID == 0 {
			return nil, fault.New(fault.Conflict, "knowledge.changed")
		}
		return c, audit.Append(ctx, tx, audit.Entry{Verb: "knowledge.save", Subject: "knowledge_cases", ID: c.ID, Site: a.Site})
	})
}

// clean checks the texts, all at once.
func (in Case) clean(p *persons) (*Case, error) {
	var wrong fault.Fields
	c := &Case{TicketID: in.TicketID, Sort: in.Sort,
		Title:     wrong.Line("title", in.Title, MaxTitle, true),
		Situation: wrong.Text("situation", in.Situation, MaxText, true),
		Handling:  wrong.Text("handling", in.Handling, MaxText, true),
		Lesson:    wrong.Text("lesson", in.Lesson, MaxLesson, false)}
	if !slices.Contains(Sorts, c.Sort) {
		wrong.Add("sort", "knowledge.sort_unknown")
	}
	for field, text := range map[string]string{"title": c.Title, "situation": c.Situation, "handling": c.Handling, "lesson": c.Lesson} {
		if p.says(text) {
			wrong.Add(field, "knowledge.person")
		}
	}
	return c, wrong.Err()
}

// List gives the cases whose texts hold what was typed, the latest first; all with nothing typed.
func (s *Service) List(ctx context.Context, typed string) ([]Case, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	var wrong fault.Fields
	typed = wrong.Line("q", typed, MaxTitle, false)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return s.find(ctx, a.Site, func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, word := range strings.Fields(typed) {
			q = q.Where("k.title || ' ' || k.situation || ' ' || k.handling || ' ' || k.lesson ilike ?", "%"+db.Like(word)+"%")
		}
		return q
	})
}

// Get is one case.
func (s *Service) Get(ctx context.Context, id int64) (*Case, error) {
	a, err := actor.Require(ctx, staff.ViewTickets)
	if err != nil {
		return nil, err
	}
	list, err := s.find(ctx, a.Site, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("k.id = ?", id) })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, "fault.not_found")
	}
	return &list[0], nil
}

func (s *Service) find(ctx context.Context, site int64, narrow func(*bun.SelectQuery) *bun.SelectQuery) ([]Case, error) {
	list := []Case{}
	q := s.DB.NewSelect().Model(&list).ColumnExpr("?TableColumns").ColumnExpr("p.name as by_name").ColumnExpr("coalesce(t.number, '') as number").
		Join("join staff p on p.id = k.by_id").Join("left join tickets t on t.id = k.ticket_id").Where("k.site_id = ?", site)
	return list, db.Translate(narrow(q).OrderExpr("k.at desc, k.id desc").Limit(listMost).Scan(ctx))
}
