package demo

import (
	"context"
	"slices"
	"time"

	"lobby/app/dispute"
	"lobby/app/knowledge"
	"lobby/app/review"
	"lobby/app/ticket"
)

// lesson is a case that a ticket of a kind left behind.
type lesson struct{ Kind, Sort, Title, Situation, Handling, Lesson string }

// quarrel is the dispute between neighbours.
type quarrel struct {
	ticketKind
	Told []string `json:"told"`
}

func (w *world) reviews(at time.Time) *review.Service {
	return &review.Service{DB: w.DB, Sites: w.Sites, Now: func() time.Time { return at }}
}

// afterwards is what supervisor and manager do with the week: the calls that went otherwise, the dispute, what can't be
// solved, reviews of days and weeks, what they found, and the cases.
func (w *world) afterwards(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.tried, w.quarrel, w.giveUp, w.reviewDays, w.reviewWeeks, w.findings, w.cases, w.duty} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// missed is how many days ago the day was that the supervisor didn't review.
const missed = 2

func (w *world) reviewDays(ctx context.Context) error {
	for ago := 11; ago > 0; ago-- {
		if ago == missed {
			continue
		}
		d := throw("review", ago)
		day := w.site.Day(w.now.AddDate(0, 0, -ago))
		s, boss := w.reviews(day.Add(21*time.Hour+50*time.Minute)), w.as(ctx, "supervisor")
		records, err := s.Day(boss, day)
		if err != nil {
			return err
		}
		var refs []review.Ref
		for _, r := range records {
			if r.ReviewedAt.IsZero() {
				refs = append(refs, review.Ref{Section: r.Section, ID: r.ID})
			}
		}
		if len(refs) == 0 {
			continue
		}
		if err := s.Tick(boss, day, refs, pick(d, data().Reviewed)); err != nil {
			return err
		}
	}
	return nil
}

// reviewWeeks signs the weeks before the past one: that one is the manager's to do.
func (w *world) reviewWeeks(ctx context.Context) error {
	this, boss := review.Monday(w.site.Day(w.now)), w.as(ctx, "manager")
	for n := 3; n >= 2; n-- {
		monday := this.AddDate(0, 0, -7*n)
		if err := w.reviews(monday.AddDate(0, 0, 7).Add(9*time.Hour)).Sign(boss, monday, review.Sections, pick(throw("week", n), data().Reviewed)); err != nil {
			return err
		}
	}
	return nil
}

// findings are what unsolved matters share, and the words of the month's report.
func (w *world) findings(ctx context.Context) error {
	s, boss := w.reviews(w.now.Add(-26*time.Hour)), w.as(ctx, "supervisor")
	known, err := s.Findings(boss)
	if err != nil || len(known) > 0 {
		return err
	}
	var ids []int64
	for _, index := range []int{unsolvable, longOpen} {
		t, err := w.known(ctx, index)
		if err != nil {
			return err
		}
		ids = append(ids, t.ID)
	}
	if _, err := s.Find(boss, ids, data().Finding.Shared, data().Finding.Change); err != nil {
		return err
	}
	m, words := w.as(ctx, "manager"), data().Month
	now, err := w.reviews(w.now).MonthOf(m, w.now.In(w.site.Location()))
	if err != nil || now.Version > 0 {
		return err
	}
	now.Measures, now.Problems, now.Plan = words.Measures, words.Problems, words.Plan
	_, err = w.reviews(w.now.Add(-time.Hour)).Write(m, *now)
	return err
}

// giveUp is a matter that the manager ended as unsolvable.
func (w *world) giveUp(ctx context.Context) error {
	t, err := w.known(ctx, unsolvable)
	if err != nil || t.State != ticket.InHand {
		return err
	}
	orders, err := w.tickets(w.now).Orders(w.as(ctx, "manager"), t.ID)
	if err != nil || slices.ContainsFunc(orders, func(o ticket.ServiceOrder) bool { return o.Counting() }) {
		return err
	}
	_, err = w.tickets(w.now.Add(-30*time.Hour)).Do(w.as(ctx, "manager"), t.ID, ticket.Unsolvable, ticket.Act{Remark: "这件事物业没有资质去做，不能代办。",
		Instead: "已给业主两家备案单位的电话，并约好上门时间；有困难再找前台。"})
	return err
}

// quarrel lets two neighbours be spoken with; the mediation goes on.
func (w *world) quarrel(ctx context.Context) error {
	t, err := w.known(ctx, quarrelled)
	if err != nil {
		return err
	}
	d, at := throw("quarrel", 0), w.now.Add(-20*time.Hour)
	disputes := func(at time.Time) *dispute.Service {
		return &dispute.Service{DB: w.DB, Sites: w.Sites, Now: func() time.Time { return at }}
	}
	made, err := disputes(at).Open(w.as(ctx, "desk"), dispute.Open{EntryKey: key("dispute", 0), Ticket: t.ID,
		Parties: []dispute.Party{{Name: t.Reporter, Place: t.Place}, {Name: d.name(), Place: d.home(w.places)}}})
	if err != nil {
		return err
	}
	for n, told := range data().Dispute.Told {
		if err := disputes(at.Add(time.Duration(1+3*n)*time.Hour)).Say(w.as(ctx, "supervisor"), t.ID, made.Parties[n].ID, told, key("told", n)); err != nil {
			return err
		}
	}
	return nil
}

// cases are what some of the tickets taught.
func (w *world) cases(ctx context.Context) error {
	for n, c := range data().Cases {
		var id int64
		err := w.DB.NewRaw(`select coalesce((select t.id from tickets t where t.site_id = ? and t.kind = ? and t.state = 'closed'
			and not exists (select from knowledge_cases k where k.ticket_id = t.id or k.site_id = t.site_id and k.title = ?) order by t.number limit 1), 0)`,
			w.site.ID, c.Kind, c.Title).Scan(ctx, &id)
		if err != nil {
			return err
		}
		if id == 0 {
			continue
		}
		at := w.now.Add(-time.Duration(40-9*n) * time.Hour)
		s := &knowledge.Service{DB: w.DB, Now: func() time.Time { return at }}
		_, err = s.Save(w.as(ctx, []string{"desk", "supervisor"}[n%2]), knowledge.Case{TicketID: id, Sort: c.Sort, Title: c.Title, Situation: c.Situation, Handling: c.Handling, Lesson: c.Lesson})
		if err != nil {
			return err
		}
	}
	return nil
}
