// Package oversight holds the page on which a supervisor or manager sees what needs attention, and gives tickets to
// others in place.
package oversight

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/notice"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/views/locale"
	"lobby/views/part"
	view "lobby/views/ticket"
)

// Pages is /supervisor.
type Pages struct {
	DB      *bun.DB
	Sites   *site.Directory
	Tickets *ticket.Service
	Notices *notice.Service
	Staff   *staff.Service
	Now     func() time.Time
}

// Routes mounts the page.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/supervisor", web.Staff(staff.ReassignTickets), p.show)
	app.Get("/supervisor/lists", web.Staff(staff.ReassignTickets), p.lists)
	app.Post("/supervisor/:id/take", web.Staff(staff.ReassignTickets), p.take)
	app.Post("/supervisor/:id/reassign", web.Staff(staff.ReassignTickets), p.reassign)
}

// attempt is a ticket that somebody tried to give to somebody else and couldn't.
type attempt struct {
	id    int64
	list  string // on which the form stood
	form  web.Values
	wrong *fault.Fault
}

func (p *Pages) show(c *fiber.Ctx) error {
	ctx := web.Context(c)
	page := view.OversightPage{}
	if id := number(c.Query("done")); id != 0 {
		t, err := p.Tickets.Get(ctx, id)
		if err != nil {
			return err
		}
		page.Done = locale.T(ctx, "supervisor.done", "Number", t.Number, "Name", t.WorkerName())
	}
	if id := number(c.Query("taken")); id != 0 {
		t, err := p.Tickets.Get(ctx, id)
		if err != nil {
			return err
		}
		page.Done = locale.T(ctx, "supervisor.taken", "Number", t.Number)
	}
	return p.render(c, fiber.StatusOK, page, attempt{})
}

// lists answers a page that was told that something changed.
func (p *Pages) lists(c *fiber.Ctx) error {
	page := view.OversightPage{}
	if err := p.read(web.Context(c), &page, attempt{}); err != nil {
		return err
	}
	return web.Render(c, fiber.StatusOK, view.OversightLists(page))
}

func (p *Pages) render(c *fiber.Ctx, status int, page view.OversightPage, tried attempt) error {
	ctx := web.Context(c)
	here, err := p.Sites.Get(ctx, actor.From(ctx).Site)
	if err != nil {
		return err
	}
	// The position is of before the lists: what comes in between is told once more, and nothing is missed.
	at, err := live.Head(ctx, p.DB, live.Site(here.ID))
	if err != nil {
		return db.Translate(err)
	}
	page.Live = part.LivePage{View: string(live.Desk), Epoch: at.Epoch, Seq: at.Seq, Now: p.Now(), Zone: here.TimeZone}
	if err := p.read(ctx, &page, tried); err != nil {
		return err
	}
	if tried.wrong != nil {
		explain(ctx, &page, tried)
	}
	s := web.Shell(c, locale.T(ctx, "supervisor.title"))
	s.Styles = append(s.Styles, "desk.css", "inbox.css")
	s.Scripts = append(s.Scripts, "oversight.js")
	return web.Render(c, status, view.Oversight(s, page))
}

// read fills the page's lists: tasks, tickets, and who is on duty.
func (p *Pages) read(ctx context.Context, page *view.OversightPage, tried attempt) error {
	o, err := p.Tickets.Oversight(ctx)
	if err != nil {
		return err
	}
	people, err := p.Tickets.Candidates(ctx, slices.Concat(o.Untaken, o.Overdue, o.Near, o.Rejected, o.Invalid, o.Grave))
	if err != nil {
		return err
	}
	for _, l := range []struct {
		name, all string
		list      []ticket.Ticket
		shown     bool
	}{
		{"untaken", "", o.Untaken, true},
		{"grave", "/desk/tickets?kind=complaint", o.Grave, actor.From(ctx).Can(staff.UnsolvableTickets)},
		{"invalid", "", o.Invalid, true},
		{"overdue", "/desk/tickets?overdue=1", o.Overdue, true},
		{"near", "", o.Near, true},
		{"rejected", "/desk/tickets?rejected=1", o.Rejected, true},
	} {
		if !l.shown {
			continue
		}
		rows := make([]view.Overseen, len(l.list))
		for i := range l.list {
			rows[i] = rowOf(ctx, l.name, &l.list[i], people[l.list[i].ID], tried)
		}
		page.Lists = append(page.Lists, view.OversightList{Name: l.name, All: l.all, Rows: rows})
	}
	if err := p.tasks(ctx, page); err != nil {
		return err
	}
	return p.duty(ctx, page)
}

// mostTasks is how many tasks the page shows; the inbox has all.
const mostTasks = 20

func (p *Pages) tasks(ctx context.Context, page *view.OversightPage) error {
	list, err := p.Notices.Tasks(ctx)
	if err != nil {
		return err
	}
	page.Tasks = len(list)
	for _, k := range list[:min(len(list), mostTasks)] {
		kind := k.Kind
		if !slices.Contains(notice.TaskKinds, kind) {
			kind = "other"
		}
		page.Open = append(page.Open, view.OversightTask{Kind: kind, Number: k.Number, Place: pii.Redact(k.Place), Due: k.DueAt, Taker: k.TakerName})
	}
	return nil
}

// duty says who can be reached now; nobody is worth a word (SHIFT-6).
func (p *Pages) duty(ctx context.Context, page *view.OversightPage) error {
	list, err := p.Staff.OnDutyNow(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		page.Duty = append(page.Duty, view.OnDuty{Name: d.Name, Kind: string(d.Kind), StandIn: d.StandInName, Until: d.Until})
	}
	now := p.Now()
	gaps, err := p.Staff.DutyGaps(ctx, now, now.Add(time.Minute))
	page.Nobody = len(gaps) > 0
	return err
}

// explain says why nothing changed. What was written for a ticket that is on no list any more stays on the page.
func explain(ctx context.Context, page *view.OversightPage, tried attempt) {
	page.Message, page.Typed = web.Message(ctx, tried.wrong), tried.form.Get("remark")
	for _, l := range page.Lists {
		for _, r := range l.Rows {
			if r.Open {
				page.Typed, page.Wrong = "", r.Person
			}
		}
	}
}

func (p *Pages) take(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	_, err = p.Tickets.Do(web.Context(c), id, ticket.TakeOver, ticket.Act{})
	if wrong, ok := web.Invalid(err); ok {
		return p.render(c, web.Status(err), view.OversightPage{}, attempt{wrong: wrong})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/supervisor?taken="+strconv.FormatInt(id, 10))
}

func (p *Pages) reassign(c *fiber.Ctx) error {
	ctx, form := web.Context(c), web.Form(c)
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	_, err = p.Tickets.Do(ctx, id, ticket.Reassign, ticket.Act{Person: number(form.Get("person")), Remark: form.Get("remark"), Version: number(form.Get("version"))})
	if wrong, ok := web.Invalid(err); ok {
		return p.render(c, web.Status(err), view.OversightPage{}, attempt{id: id, list: form.Get("list"), form: form, wrong: wrong})
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/supervisor?done="+strconv.FormatInt(id, 10))
}

// rowOf is a ticket on a list; numbers in its texts are masked (PRIVACY-2).
func rowOf(ctx context.Context, list string, t *ticket.Ticket, people []ticket.Colleague, tried attempt) view.Overseen {
	id := list + "-" + strconv.FormatInt(t.ID, 10)
	r := view.Overseen{ID: t.ID, Number: t.Number, Kind: t.Kind, Urgency: t.Urgency, Place: pii.Redact(t.Place), Matter: pii.Redact(t.Matter), Owner: t.WorkerName(),
		Registered: t.RegisteredAt, Due: t.DueAt, Untaken: t.UntakenAt, Take: list == "untaken", Version: t.Version,
		Person: part.Input{Name: "person", ID: id + "-person", Type: "select", Required: true, Label: locale.T(ctx, "supervisor.person")},
		Remark: part.Input{Name: "remark", ID: id + "-remark", Label: locale.T(ctx, "supervisor.remark"), Max: ticket.MaxRemark}}
	if len(people) == 0 {
		return r
	}
	r.Person.Options = []part.Option{{Value: "", Label: locale.T(ctx, "supervisor.choose")}}
	for _, p := range people {
		r.Person.Options = append(r.Person.Options, part.Option{Value: strconv.FormatInt(p.ID, 10), Label: p.Name})
	}
	if tried.wrong != nil && tried.id == t.ID && tried.list == list {
		said := web.FieldErrors(ctx, tried.wrong)
		r.Open, r.Person.Error, r.Remark.Error = true, said["person"], said["remark"]
		r.Person.Value, r.Remark.Value = tried.form.Get("person"), tried.form.Get("remark")
	}
	return r
}

func number(raw string) int64 {
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
