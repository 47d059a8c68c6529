package ticket

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/notice"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket/limit"
)

// watching gathers what one transaction writes down of what time did, so that many tickets take few statements.
type watching struct {
	s   *Service
	tx  bun.Tx
	now time.Time

	people  map[int64][]person
	rosters map[int64]staff.Roster
	steps   []Step
	told    map[int64][]notice.Told
	asked   map[int64][]notice.Asked
}

func (s *Service) watching(tx bun.Tx) *watching {
	return &watching{s: s, tx: tx, now: s.now(), people: map[int64][]person{}, rosters: map[int64]staff.Roster{},
		told: map[int64][]notice.Told{}, asked: map[int64][]notice.Asked{}}
}

// flush writes what was gathered.
func (w *watching) flush(ctx context.Context) error {
	if len(w.steps) > 0 {
		if _, err := w.tx.NewInsert().Model(&w.steps).Exec(ctx); err != nil {
			return err
		}
	}
	for at, list := range w.told {
		if err := w.s.Post.Tell(ctx, w.tx, at, w.now, list...); err != nil {
			return err
		}
	}
	for at, list := range w.asked {
		for _, task := range list {
			if err := w.s.Post.Ask(ctx, w.tx, at, w.now, task); err != nil {
				return err
			}
		}
	}
	return nil
}

// write puts a line into the history: when it was, and when it was noticed.
func (w *watching) write(ctx context.Context, r *record, step Step, set Detail) {
	a := actor.From(ctx)
	step.SiteID, step.TicketID, step.NotedAt = r.t.SiteID, r.t.ID, later(w.now, step.At)
	step.From, step.To = r.t.State, r.t.State
	for _, o := range r.orders {
		if o.ID == step.OrderID {
			step.From, step.To = State(o.State), State(o.State)
		}
	}
	step.ActorKind, step.ActorName = string(actor.Job), "watch"
	if a.Kind == actor.Job {
		step.ActorName = a.Name
	}
	step.Detail, _ = json.Marshal(set) //nolint:errchkjson // times, numbers and plain names
	w.steps = append(w.steps, step)
	r.add(step, set)
}

// lapse carries out everything that time did until a moment, in its order.
func (w *watching) lapse(ctx context.Context, r *record, until time.Time) (count int, err error) {
	for {
		unnoted := r.lapsed(until)
		if len(unnoted) == 0 {
			return count, nil
		}
		for _, p := range unnoted {
			count++
			if p.esc == nil {
				err = w.overdue(ctx, r, p)
			} else {
				err = w.escalate(ctx, r, p)
			}
			if err != nil {
				return count, err
			}
			if r.own == nil { // it became something else, with other limits
				break
			}
		}
	}
}

// overdue notes that a limit passed (SLA-4), and asks who works on the ticket to tell the customer how it stands where
// that was due (TICKET-10).
func (w *watching) overdue(ctx context.Context, r *record, p lapse) error {
	step := Step{Verb: OverdueVerb, At: p.at, Mark: p.mark}
	if p.order != nil {
		step.OrderID = p.order.ID
	}
	w.write(ctx, r, step, Detail{Clock: string(p.clock)})
	if p.clock != limit.Update {
		w.tells(ctx, r, overdueEvent)
		return nil
	}
	w.tells(ctx, r, dueEvent)
	roster, err := w.roster(ctx, r.t.SiteID)
	if err != nil {
		return err
	}
	if who := roster.Instead(r.t.Worker()); who != 0 {
		w.tell(r.t, p, "update", []int64{who}, false)
	}
	return nil
}

func (w *watching) tell(t *Ticket, p lapse, kind string, to []int64, loud bool) {
	if len(to) > 0 {
		w.told[t.SiteID] = append(w.told[t.SiteID], notice.Told{To: to, Kind: kind, About: p.about(t), Mark: p.mark, Loud: loud, Due: p.at})
	}
}

// ranks are the levels of escalation, by how far up they are.
var ranks = map[string]int{string(staff.Supervisor): 1, string(staff.Manager): 2, string(staff.OperationsManager): 3}

func (w *watching) roster(ctx context.Context, at int64) (staff.Roster, error) {
	if known, ok := w.rosters[at]; ok {
		return known, nil
	}
	r, err := staff.ReadRoster(ctx, w.tx, at, w.now)
	w.rosters[at] = r
	return r, err
}

// major makes a valid complaint that nobody resolved for a month a major one, which is the manager's (COMPLAINT-3, -5).
func (w *watching) major(ctx context.Context, t *Ticket, set *Detail) error {
	if t.Validity != "valid" || t.Severity == "major" {
		return nil
	}
	grades, err := site.ReadGrades(ctx, w.tx, t.SiteID)
	if err != nil {
		return err
	}
	was, owner, handler := t.Class, t.OwnerID, t.HandlerID
	t.Severity = "major"
	t.Grade = grades.Grade(t.Kind, t.Severity)
	if err := w.s.entitle(ctx, w.tx, t); err != nil {
		return err
	}
	now := t.Class
	set.Was, set.Class = &was, &now
	t.hand(owner, handler, set)
	return nil
}

// takeOver makes somebody of a level the owner of a case, who then writes the result (ESC-2): of who holds the role and
// isn't away whoever is at work now first; where there is nobody, somebody of the next level (ESC-5).
func (w *watching) takeOver(ctx context.Context, t *Ticket, role staff.Role, roster staff.Roster, set *Detail) error {
	people, known := w.people[t.SiteID]
	if !known {
		var err error
		if people, err = peopleAt(ctx, w.tx, t.SiteID, 0); err != nil {
			return err
		}
		w.people[t.SiteID] = people
	}
	for ; role != ""; role = above(role) {
		there := roster.Reach(role)
		var holders []person
		for _, p := range people {
			if p.is(role) && !away(roster, p.ID) {
				holders = append(holders, p)
			}
		}
		slices.SortStableFunc(holders, func(a, b person) int { return rankOf(there, t, a.ID) - rankOf(there, t, b.ID) })
		if len(holders) == 0 {
			continue
		}
		owner, handler := t.OwnerID, t.HandlerID
		t.own(holders[0])
		t.hand(owner, handler, set)
		return nil
	}
	return nil
}

// away tells whether the duty table says that somebody isn't there.
func away(roster staff.Roster, id int64) bool {
	return slices.ContainsFunc(roster, func(p staff.OnRoster) bool { return p.ID == id && p.Away })
}

// rankOf orders the holders of a role: whoever has the ticket already, then who can be reached, then the others.
func rankOf(there []int64, t *Ticket, id int64) int {
	switch {
	case id == t.OwnerID:
		return 0
	case slices.Contains(there, id):
		return 1
	}
	return 2
}
