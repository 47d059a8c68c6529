package policy

import (
	"context"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/limit"
	"lobby/views/layout"
	"lobby/views/locale"
	view "lobby/views/ticket"
)

// Pages are the pages of policy and ladder.
type Pages struct{ Service *ticket.Service }

const (
	policyPath = "/settings/policy"
	ladderPath = "/settings/ladder"
)

// Routes mounts the pages.
func (p *Pages) Routes(app fiber.Router) {
	manage := web.Staff(staff.ManageRules)
	for _, t := range []table{
		{policyPath, "layout.settings.policy", readPolicy, readyPolicy, viewPolicy},
		{ladderPath, "layout.settings.ladder", readLadder, readyLadder, viewLadder},
	} {
		app.Get(t.path, manage, func(c *fiber.Ctx) error { return p.show(c, t) })
		app.Post(t.path, manage, func(c *fiber.Ctx) error { return p.take(c, t) })
	}
}

// table is one of the two pages: each sets its part of the policy.
type table struct {
	path, title string
	read        func(web.Values, *limit.Policy) typed
	ready       func(which string, now *limit.Policy) *limit.Policy // one to choose; nil: not chosen
	view        func(context.Context, shown, view.RulesPage, layout.Shell) templ.Component
}

// readyPolicy are the promises of being at the spot (SLA-6), or the table that ships.
func readyPolicy(which string, now *limit.Policy) *limit.Policy {
	switch which {
	case "on_spot":
		return now.WithOnSpot()
	case "default":
		p := limit.Default()
		p.Ladder = now.Ladder
		return p
	}
	return nil
}

// readyLadder is the ladder that ships.
func readyLadder(which string, now *limit.Policy) *limit.Policy {
	if which != "default" {
		return nil
	}
	p := now.Clone()
	p.Ladder = limit.Default().Ladder
	return p
}

func viewPolicy(ctx context.Context, s shown, frame view.RulesPage, shell layout.Shell) templ.Component {
	p := policyPage(ctx, s)
	frame.Fields = p.Fields
	p.RulesPage, p.Shipped = frame, seal(s.policy) == seal(readyPolicy("default", s.policy))
	return view.PolicyPage(shell, p)
}

func viewLadder(ctx context.Context, s shown, frame view.RulesPage, shell layout.Shell) templ.Component {
	p := ladderPage(ctx, s)
	frame.Fields = p.Fields
	p.RulesPage, p.Shipped = frame, seal(s.policy) == seal(readyLadder("default", s.policy))
	return view.LadderPage(shell, p)
}

func (t table) render(c *fiber.Ctx, status int, s shown, frame view.RulesPage) error {
	ctx := web.Context(c)
	shell := web.Shell(c, locale.T(ctx, t.title))
	shell.Styles = append(shell.Styles, "desk.css", "settings.css", "rules.css")
	frame.Path = t.path
	return web.Render(c, status, t.view(ctx, s, frame, shell))
}

func (p *Pages) show(c *fiber.Ctx, t table) error {
	ctx := web.Context(c)
	now, version, err := p.Service.Policy(ctx)
	if err != nil {
		return err
	}
	frame := view.RulesPage{Version: strconv.FormatInt(version, 10)}
	if c.Query("done") == "saved" {
		frame.Notice = locale.T(ctx, "limit.page.saved")
	}
	return t.render(c, fiber.StatusOK, shown{policy: now}, frame)
}

// take shows what a change would move, and saves it once that was seen.
func (p *Pages) take(c *fiber.Ctx, t table) error {
	ctx, form := web.Context(c), web.Form(c)
	now, version, err := p.Service.Policy(ctx)
	if err != nil {
		return err
	}
	if ready := t.ready(form.Get("go"), now); ready != nil {
		return p.preview(c, t, fiber.StatusOK, ready, view.RulesPage{Version: strconv.FormatInt(version, 10)})
	}
	seen := number(form.Get("version"))
	before, err := p.Service.PolicyOf(ctx, seen)
	if err != nil {
		return err
	}
	in := t.read(form, before)
	if wrong, err := p.check(ctx, in); err != nil || wrong != nil {
		if err != nil {
			return err
		}
		s := shown{policy: now, form: form, said: in.said(wrong)}
		return t.render(c, fiber.StatusUnprocessableEntity, s, view.RulesPage{Version: form.Get("version"), Message: locale.T(ctx, wrong.Key)})
	}
	frame := view.RulesPage{Version: form.Get("version")}
	if form.Get("go") != "save" {
		return p.preview(c, t, fiber.StatusOK, in.policy, frame)
	}
	if form.Get("seen") != seal(in.policy) {
		frame.Message = locale.T(ctx, "limit.page.changed_since")
		return p.preview(c, t, fiber.StatusUnprocessableEntity, in.policy, frame)
	}
	err = p.Service.SetPolicy(ctx, in.policy, seen)
	if wrong, ok := web.Invalid(err); ok {
		return p.overtaken(c, t, before, in.policy, wrong)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, t.path+"?done=saved")
}

// check gives what is wrong with what was typed.
func (p *Pages) check(ctx context.Context, in typed) (*fault.Fault, error) {
	err := p.Service.CheckPolicy(ctx, in.policy)
	wrong, ok := web.Invalid(err)
	switch {
	case err != nil && !ok:
		return nil, err
	case wrong == nil && len(in.wrong) > 0:
		wrong = fault.New(fault.Invalid, "fault.invalid")
	}
	return wrong, nil
}

// overtaken says what somebody else changed; what the person had changed stays theirs, and nothing is saved.
func (p *Pages) overtaken(c *fiber.Ctx, t table, before, mine *limit.Policy, wrong *fault.Fault) error {
	ctx := web.Context(c)
	now, version, err := p.Service.Policy(ctx)
	if err != nil {
		return err
	}
	frame := view.RulesPage{Version: strconv.FormatInt(version, 10), Message: web.Message(ctx, wrong), Changed: differences(ctx, before, now)}
	return p.preview(c, t, web.Status(wrong), merged(before, mine, now), frame)
}

// preview shows a policy with what it would move.
func (p *Pages) preview(c *fiber.Ctx, t table, status int, policy *limit.Policy, frame view.RulesPage) error {
	ctx := web.Context(c)
	now, _, err := p.Service.Policy(ctx)
	if err != nil {
		return err
	}
	found, err := p.Service.PreviewPolicy(ctx, policy)
	if err != nil {
		return err
	}
	frame.Preview = previewOf(ctx, now, policy, found)
	frame.Seen = seal(policy)
	return t.render(c, status, shown{policy: policy}, frame)
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return unread // of no version
	}
	return n
}
