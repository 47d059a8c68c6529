package notice

import (
	"context"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/views/layout"
	"lobby/views/locale"
	view "lobby/views/notice"
	"lobby/views/part"
)

// Pages are the inbox, and the figure in the head of every page.
type Pages struct{ Service *Service }

// Routes mounts them. Everybody who works at a site has an inbox.
func (p *Pages) Routes(app fiber.Router) {
	app.Get("/inbox", web.Staff(), p.show)
	app.Get("/inbox/count", web.Staff(), p.count)
	app.Post("/inbox/tasks/:id/take", web.Staff(), p.take)
	app.Post("/inbox/tasks/:id/finish", web.Staff(), p.finish)
}

// Figure is what the head of a page shows of the inbox.
func (p *Pages) Figure(ctx context.Context) (layout.Inbox, error) {
	w, err := p.Service.Waiting(ctx)
	return layout.Inbox{Count: w.Total(), Loud: w.Latest}, err
}

// count answers a page that was told that somebody has a notice.
func (p *Pages) count(c *fiber.Ctx) error {
	ctx := web.Context(c)
	f, err := p.Figure(ctx)
	if err != nil {
		return err
	}
	said := locale.T(ctx, "layout.inbox_count", "Count", f.Count)
	if f.Many() {
		said = locale.T(ctx, "layout.inbox_many")
	}
	return c.JSON(fiber.Map{"count": f.Count, "shown": f.Shown(), "loud": f.Loud, "said": said})
}

// attempt is what somebody tried to do with a task and couldn't.
type attempt struct {
	task  int64
	typed string
	wrong *fault.Fault
}

func (p *Pages) show(c *fiber.Ctx) error {
	page := view.Page{}
	switch c.Query("done") {
	case "take":
		page.Done = locale.T(web.Context(c), "notice.done.take")
	case "finish":
		page.Done = locale.T(web.Context(c), "notice.done.finish")
	}
	return p.render(c, fiber.StatusOK, page, attempt{})
}

// render shows the inbox, and marks as seen what it shows.
func (p *Pages) render(c *fiber.Ctx, status int, page view.Page, tried attempt) error {
	ctx := web.Context(c)
	tasks, err := p.Service.Tasks(ctx)
	if err != nil {
		return err
	}
	told, err := p.Service.Inbox(ctx)
	if err != nil {
		return err
	}
	for i := range tasks {
		page.Tasks = append(page.Tasks, taskOf(ctx, &tasks[i], tried))
	}
	var shown []int64
	for i := range told {
		n := &told[i]
		if n.SeenAt.IsZero() {
			shown = append(shown, n.ID)
		}
		if n.TaskID == 0 || !slices.ContainsFunc(tasks, func(k Task) bool { return k.ID == n.TaskID }) {
			page.Notices = append(page.Notices, noticeOf(ctx, n))
		}
	}
	if err := p.Service.See(ctx, shown); err != nil {
		return err
	}
	if tried.wrong != nil {
		explain(ctx, &page, tried)
	}
	s := web.Shell(c, locale.T(ctx, "notice.title"))
	s.Styles = append(s.Styles, "desk.css", "inbox.css")
	return web.Render(c, status, view.InboxPage(s, page))
}

// explain says why a task stands as it does. What was written for one that is somebody else's by now stays on the page.
func explain(ctx context.Context, page *view.Page, tried attempt) {
	page.Message = web.Message(ctx, tried.wrong)
	at := slices.IndexFunc(page.Tasks, func(t view.Task) bool { return t.ID == tried.task })
	switch {
	case at >= 0 && (page.Tasks[at].Mine || page.Tasks[at].TakenAt.IsZero()):
		page.Wrong = page.Tasks[at].Result
	default:
		page.Typed = tried.typed
	}
}

func (p *Pages) take(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	return p.done(c, "take", attempt{task: id}, p.Service.Take(web.Context(c), id))
}

func (p *Pages) finish(c *fiber.Ctx) error {
	id, err := web.PathID(c, "id")
	if err != nil {
		return err
	}
	typed := web.Form(c).Get("result")
	return p.done(c, "finish", attempt{task: id, typed: typed}, p.Service.Finish(web.Context(c), id, typed))
}

func (p *Pages) done(c *fiber.Ctx, verb string, tried attempt, err error) error {
	if wrong, ok := web.Invalid(err); ok {
		tried.wrong = wrong
		return p.render(c, web.Status(err), view.Page{}, tried)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/inbox?done="+verb)
}

// aboutOf is the ticket of a line, for who may see tickets; numbers in its place are masked (PRIVACY-2).
func aboutOf(ctx context.Context, kind, number, place string, of Subject) view.About {
	a := view.About{Kind: kind}
	if !slices.Contains(Kinds, kind) {
		a.Kind = "other"
	}
	if of.Ticket != 0 && number != "" && actor.From(ctx).Can(staff.ViewTickets) {
		a.Number, a.Place, a.Href = number, pii.Redact(place), "/desk/tickets/"+strconv.FormatInt(of.Ticket, 10)
	}
	return a
}

func noticeOf(ctx context.Context, n *Notice) view.Notice {
	v := view.Notice{About: aboutOf(ctx, n.Kind, n.Number, n.Place, n.Subject), New: n.SeenAt.IsZero(), Loud: n.Loud, Sent: n.SentAt}
	v.Due = n.DueAt
	if !n.TaskDoneAt.IsZero() {
		v.Result, v.By, v.DoneAt = pii.Redact(n.TaskResult), n.TaskBy, n.TaskDoneAt
	}
	return v
}

func taskOf(ctx context.Context, k *Task, tried attempt) view.Task {
	id := strconv.FormatInt(k.ID, 10)
	v := view.Task{About: aboutOf(ctx, k.Kind, k.Number, k.Place, k.Subject), ID: k.ID, Mine: k.TakenBy == actor.From(ctx).ID, By: k.TakerName,
		TakenAt: k.TakenAt, Result: part.Input{Name: "result", ID: "result-" + id, Type: "textarea", Rows: 2, Max: MaxResult, Required: true,
			Label: locale.T(ctx, "notice.label.result")}}
	v.Due = k.DueAt
	if !slices.Contains(TaskKinds, k.Kind) {
		v.Kind = "other"
	}
	if tried.task == k.ID && tried.wrong != nil {
		v.Result.Value, v.Result.Error = tried.typed, web.FieldErrors(ctx, tried.wrong)["result"]
	}
	return v
}
