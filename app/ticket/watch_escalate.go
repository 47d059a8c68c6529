package ticket

import (
	"context"
	"fmt"
	"slices"

	"lobby/app/notice"
	"lobby/app/staff"
	"lobby/app/ticket/limit"
)

// above is to whom an escalation goes on where nobody of a level is there, or takes it (ESC-5); empty above the highest.
func above(role staff.Role) staff.Role { return staff.Role(limit.Above(string(role))) }

// findCause is the task to find out why a department let an order's limit pass (ESC-1).
const findCause = "find_cause"

// escalate tells a level, once (ESC-4), and does what belongs to it: a task to find out why (ESC-1), the case passes to
// the level (ESC-2), the complaint becomes major (COMPLAINT-5). It goes to who is there now, whenever it was due, and
// rings outside working hours for urgency A only (ESC-5).
func (w *watching) escalate(ctx context.Context, r *record, p lapse) error {
	t := r.t
	roster, err := w.roster(ctx, t.SiteID)
	if err != nil {
		return err
	}
	set := Detail{Level: p.esc.Level, Of: p.esc.Of}
	for _, k := range p.esc.From {
		set.Clocks = append(set.Clocks, string(k))
	}
	step := Step{Verb: EscalateVerb, At: p.at, Mark: p.mark}
	kind := "overdue"
	switch {
	case p.order != nil:
		kind, step.OrderID = "order_overdue", p.order.ID
	case p.esc.Of != "":
	case slices.Contains(p.esc.From, limit.Major):
		kind, err = "major", w.major(ctx, t, &set)
	case slices.Contains(p.esc.From, limit.Takeover):
		kind, err = "escalated", w.takeOver(ctx, t, staff.Role(p.esc.Level), roster, &set)
	}
	if err != nil {
		return err
	}
	if p.esc.Of != "" {
		kind = "untaken"
	}
	set.Told = reach(roster, staff.Role(p.esc.Level), r.knows(p))
	t.Escalated = max(t.Escalated, ranks[p.esc.Level], 1)
	w.write(ctx, r, step, set)
	w.tells(ctx, r, escalatedEvent)
	loud := t.Urgency == "A" || r.rules.calendar.AtWork(w.now)
	if p.order != nil && (p.esc.Level == string(staff.Supervisor) || p.esc.Of == string(staff.Supervisor)) && len(set.Told) > 0 {
		w.asked[t.SiteID] = append(w.asked[t.SiteID], notice.Asked{Kind: findCause, About: p.about(t), Mark: "esc:" + string(staff.Supervisor),
			Due: p.at, To: set.Told, Loud: loud})
		return nil
	}
	w.tell(t, p, kind, set.Told, loud)
	return nil
}

// knows are those who were told of an escalation before it went on, and left it: it is for others now.
func (r *record) knows(p lapse) (ids []int64) {
	if p.esc.Of == "" {
		return nil
	}
	for i := range r.steps {
		if step := &r.steps[i]; step.Verb == EscalateVerb && (p.order == nil) == (step.OrderID == 0) && (p.order == nil || p.order.ID == step.OrderID) {
			ids = append(ids, step.Set().Told...)
		}
	}
	return ids
}

// reach is who hears what concerns a role, but for those who know already: where nobody else is there, the next level
// (ESC-5).
func reach(roster staff.Roster, role staff.Role, but []int64) []int64 {
	for ; role != ""; role = above(role) {
		ids := slices.DeleteFunc(roster.Reach(role), func(id int64) bool { return slices.Contains(but, id) })
		if len(ids) > 0 {
			return ids
		}
	}
	return nil
}

// near says that the result's limit is about to pass: to the screens, to whoever has the ticket, and to the supervisor.
// It is no line of the history: nobody did anything, and nothing follows.
func (w *watching) near(ctx context.Context, r *record) error {
	w.tells(ctx, r, nearEvent)
	roster, err := w.roster(ctx, r.t.SiteID)
	if err != nil {
		return err
	}
	to := reach(roster, staff.Supervisor, nil)
	if who := roster.Instead(r.t.Worker()); who != 0 && !slices.Contains(to, who) {
		to = append(slices.Clone(to), who)
	}
	w.tell(r.t, lapse{at: r.t.NearAt, mark: fmt.Sprintf("near@%d", r.t.DueAt.UnixMicro())}, "near", to, r.t.Urgency == "A")
	return nil
}
