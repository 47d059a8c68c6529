package ticket_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
	"lobby/views/locale"
)

// Everything of this file is written from the handbook, and knows nothing of the tables in flow.go and order_flow.go.

// modelFlow says from which states a verb leads where; an empty target stays.
var modelFlow = map[string]struct{ from, to string }{
	"classify": {"registered classified", "classified"}, "accept": {"registered classified", ""}, "handle": {"classified", "in_hand"},
	"dispatch": {"classified in_hand waiting", "in_hand"}, "invalidate": {"classified in_hand waiting", "invalid"},
	"resolve": {"in_hand waiting", "resolved"}, "wait": {"in_hand", "waiting"}, "resume": {"waiting", "in_hand"},
	"verify": {"resolved", "verified"}, "call_back": {"resolved verified", "called_back"}, "close": {"resolved verified called_back", "closed"},
	"reopen": {"resolved verified called_back closed", "in_hand"}, "unsolvable": {"in_hand waiting", "unsolvable"},
	"answer": {"in_hand waiting", ""}, "offer": {"in_hand waiting", ""}, "update": {"in_hand waiting", ""}, "promise": {"in_hand waiting", ""},
	"reassign": {"classified in_hand waiting", ""}, "reclassify": {"in_hand waiting", ""}, "ask": {"registered classified in_hand waiting", ""},
	"urge": {"registered classified in_hand waiting resolved verified called_back", ""}, "remark": {"registered classified in_hand waiting resolved verified called_back", ""},
}

// modelOrders likewise for orders.
var modelOrders = map[string]struct{ from, to string }{
	"order_accept": {"sent", "accepted"}, "order_reject": {"sent", "rejected"}, "withdraw": {"sent", "withdrawn"}, "order_start": {"accepted", "in_progress"},
	"order_wait": {"in_progress", "waiting"}, "order_resume": {"waiting", "in_progress"}, "done": {"in_progress", "done"}, "feed_back": {"done", "fed_back"},
	"order_remark": {"sent accepted in_progress waiting done", ""},
}

// model is one ticket as the handbook has it.
type model struct {
	kind, urgency, severity string
	asked                   bool // somebody was asked in each round
	state                   string
	orders                  map[int64]string
	worked                  map[int64]bool // who did the work
	manager                 int64
	steps                   int // of the ticket's own
	reopened                int
}

// follow takes a step of the history, and says what is wrong with it.
func (m *model) follow(s ticket.Step) string {
	verb := string(s.Verb)
	if s.OrderID != 0 {
		return m.followOrder(s, verb)
	}
	m.steps++
	if class := s.Set().Class; class != nil {
		m.urgency, m.severity = class.Urgency, class.Severity
	}
	if verb == "register" {
		m.state = "registered"
		return ""
	}
	rule, known := modelFlow[verb]
	to := rule.to
	if to == "" || verb == "dispatch" && m.state == "waiting" { // an order that goes out doesn't end the waiting
		to = m.state
	}
	switch {
	case !known, !slices.Contains(strings.Fields(rule.from), m.state):
		return "it can't be done there"
	case string(s.From) != m.state || string(s.To) != to:
		return fmt.Sprintf("the history says %s → %s, it is %s → %s", s.From, s.To, m.state, to)
	}
	if wrong := m.guards(s, verb); wrong != "" {
		return wrong
	}
	switch verb {
	case "resolve":
		m.worked[s.ActorID] = true
	case "reopen":
		m.reopened++
	}
	m.state = to
	return ""
}

// guards are the conditions under which a matter comes to its end.
func (m *model) guards(s ticket.Step, verb string) string {
	open := 0
	for _, state := range m.orders {
		if state != "rejected" && state != "withdrawn" && state != "fed_back" {
			open++
		}
	}
	sampled := m.kind == "inquiry" && m.urgency != "A"
	switch {
	case open > 0 && (verb == "resolve" || verb == "invalidate" || verb == "unsolvable"):
		return "TICKET-7: orders are open"
	case verb == "verify" && m.kind != "repair" && m.worked[s.ActorID]:
		return "TICKET-5: verified by who did the work"
	case verb == "call_back" && !m.asked:
		return "CALLBACK-1: nobody was asked"
	case verb == "call_back" && m.state == "resolved" && m.kind != "inquiry", verb == "close" && m.state == "resolved" && m.kind != "inquiry":
		return "TICKET-5: not verified"
	case verb == "close" && m.state != "called_back" && !sampled:
		return "CALLBACK-2: not called back"
	case (verb == "close" || verb == "unsolvable") && (verb == "unsolvable" || m.severity == "important") && s.ActorID != m.manager:
		return "ORG-2, ESC-3: the manager's alone"
	}
	return ""
}

func (m *model) followOrder(s ticket.Step, verb string) string {
	if verb == "send" {
		m.orders[s.OrderID] = "sent"
		return ""
	}
	rule, known := modelOrders[verb]
	state := m.orders[s.OrderID]
	to := rule.to
	if to == "" {
		to = state
	}
	if !known || !slices.Contains(strings.Fields(rule.from), state) || string(s.From) != state || string(s.To) != to {
		return fmt.Sprintf("order: %s → %s, it is %s", s.From, s.To, state)
	}
	if verb == "done" {
		m.worked[s.ActorID] = true
	}
	m.orders[s.OrderID] = to
	return ""
}

// tried is one press of a button, with a text of its own by which it is found again.
type tried struct {
	verb, text string
	who        int64
	err        error
}

// crowd are several people who press buttons of one ticket and its orders at the same time.
type crowd struct {
	*workshop
	team     []actor.Actor
	services []*ticket.Service
	against  int64
}

func TestModel(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 whatever several people press at once, on tickets and their orders, leaves what the handbook allows and loses nothing", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		c := &crowd{workshop: w, services: []*ticket.Service{w.svc, w.another()}, against: w.cleaning, team: []actor.Actor{
			w.people[staff.Agent], w.addPerson("agent-two", staff.Agent), w.people[staff.Supervisor], w.people[staff.Manager], w.people[staff.Technician], w.people[staff.Guard]}}
		came := map[ticket.Verb]int{}
		kinds := []string{"repair", "complaint", "inquiry", "help", "repair", "complaint", "inquiry", "complaint"}
		few := func() bool { return came[ticket.Close] == 0 || came[ticket.Verb(ticket.FinishOrder)] == 0 }
		for n := 0; n < len(kinds) || few() && n < 4*len(kinds); n++ { // who comes first is chance: until enough came of it
			in, kind := entry(), kinds[n%len(kinds)]
			if kind == "complaint" {
				in = complaint([]string{"minor", "important"}[n%2])
				in.Against, in.Classify = c.against, true
			}
			in.Kind = kind
			made, err := c.svc.Register(c.as(staff.Receptionist), in)
			if err != nil {
				t.Fatal(err)
			}
			asked := n%len(kinds) < 6
			if asked {
				tickettest.Asked(t, c.db, made.ID, 20)
			}
			done := c.press(made.ID, uint64(n))
			c.compare(made.ID, asked, done)
			for _, verb := range c.verbs(made.ID) {
				came[verb]++
			}
		}
		if few() {
			t.Errorf("no ticket was closed or no order done: %v; the test tries too little", came)
		}
	})
}

// press lets everybody press buttons at once, mostly such as lead on.
func (c *crowd) press(id int64, seed uint64) []tried {
	results := make([][]tried, len(c.team))
	var wg sync.WaitGroup
	for i, who := range c.team {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(i)))
			for n := range 12 {
				one := tried{who: who.ID, text: fmt.Sprintf("第%d-%d次", i, n)}
				svc := c.services[dice.IntN(2)]
				orders, err := svc.Orders(c.by(who), id)
				if err != nil {
					one.err = err
				} else if len(orders) > 0 && dice.IntN(2) == 0 {
					verbs := strings.Fields("order_accept order_accept order_start order_start done done feed_back feed_back feed_back order_wait order_resume order_reject withdraw order_remark")
					one.verb = verbs[dice.IntN(len(verbs))]
					act := orderAct(one.text)
					act.Work.Result = one.text
					_, one.err = svc.DoOrder(c.by(who), orders[dice.IntN(len(orders))].ID, ticket.OrderVerb(one.verb), act)
				} else {
					one.verb, one.err = c.pressTicket(c.by(who), svc, id, dice, one.text)
				}
				results[i] = append(results[i], one)
			}
		})
	}
	wg.Wait()
	return slices.Concat(results...)
}

// pressTicket presses one button of the ticket itself.
func (c *crowd) pressTicket(ctx context.Context, svc *ticket.Service, id int64, dice *rand.Rand, text string) (string, error) {
	now, err := svc.Get(ctx, id)
	if err != nil {
		return "get", err
	}
	next := map[ticket.State]string{ticket.Registered: "classify", ticket.Classified: "handle dispatch", ticket.InHand: "resolve resolve dispatch", ticket.Waiting: "resume resolve",
		ticket.Resolved: "verify verify call_back close", ticket.Verified: "call_back close", ticket.CalledBack: "close", ticket.Closed: "close remark urge reopen"}
	verbs := strings.Fields(next[now.State])
	if len(verbs) == 0 || dice.IntN(3) == 0 {
		verbs = strings.Fields("classify accept handle dispatch invalidate resolve wait resume verify call_back close reopen unsolvable answer offer update promise reassign reclassify ask urge remark")
	}
	verb := verbs[dice.IntN(len(verbs))]
	act := tickettest.Act(now, text)
	act.On, act.Until, act.Person = "parts", c.clock.Now().Add(time.Hour), 0
	switch verb {
	case "reassign":
		act.Person = c.team[dice.IntN(len(c.team))].ID
	case "classify", "reclassify":
		act.Class.Urgency = ticket.Urgencies[dice.IntN(3)]
	case "unsolvable":
		act.Instead = "另请专业公司"
	}
	act.Instructions = []ticket.Instruction{{Department: []int64{c.repair, c.cleaning}[dice.IntN(2)]}}
	_, err = svc.Do(ctx, id, ticket.Verb(verb), act)
	return verb, err
}

// compare walks the history through the model, and holds it against what was acknowledged and refused.
func (c *crowd) compare(id int64, asked bool, done []tried) {
	t, ctx := c.t, c.as(staff.Manager)
	t.Helper()
	steps, err := c.svc.Steps(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	row, err := c.svc.Get(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	m := &model{kind: row.Kind, asked: asked, orders: map[int64]string{}, worked: map[int64]bool{}, manager: c.people[staff.Manager].ID}
	written := map[string]int{}
	for _, s := range steps {
		if wrong := m.follow(s); wrong != "" {
			t.Errorf("%s, step %d, %s by %d: %s", row.Number, s.ID, s.Verb, s.ActorID, wrong)
		}
		text, _, _ := strings.Cut(s.Remark, "\n")
		written[fmt.Sprint(s.Verb, " ", text, " ", s.ActorID)]++
	}
	for _, one := range done {
		n := written[fmt.Sprint(one.verb, " ", one.text, " ", one.who)]
		f, isFault := fault.As(one.err)
		nothing := n == 0 && strings.Contains(one.verb, "classify") // as it was classified already
		switch {
		case one.err == nil && n != 1 && !nothing:
			t.Errorf("%s: %s was acknowledged and stands %d times in the history", row.Number, one.verb, n)
		case one.err != nil && n != 0:
			t.Errorf("%s: %s was refused and stands in the history", row.Number, one.verb)
		case one.err != nil && (!isFault || f.Kind != fault.Conflict && f.Kind != fault.Forbidden):
			t.Errorf("%s: %s: %v", row.Number, one.verb, one.err)
		case isFault && f.Kind == fault.Conflict:
			if words := locale.Say(locale.With(context.Background(), "zh-CN"), f.Key, f.Args); words == f.Key || strings.Contains(words, "no value") {
				t.Errorf("%s: %s was refused without words: %q", row.Number, one.verb, words)
			}
		}
	}
	c.compareRows(row, m)
}

// compareRows holds what is stored against the model.
func (c *crowd) compareRows(row *ticket.Ticket, m *model) {
	c.t.Helper()
	if string(row.State) != m.state || row.Version != int64(m.steps) || row.Reopened != m.reopened {
		c.t.Errorf("%s: %s, version %d, reopened %d; the model: %s, %d, %d", row.Number, row.State, row.Version, row.Reopened, m.state, m.steps, m.reopened)
	}
	guard := c.people[staff.Guard].ID
	if row.Against != 0 && (row.OwnerID == guard || row.HandlerID == guard) {
		c.t.Errorf("%s: the department complained of has it (COMPLAINT-3)", row.Number)
	}
	for _, o := range c.ordersOf(row.ID) {
		own := c.count(`select count(*) from ticket_steps where order_id = ?`, o.ID)
		if string(o.State) != m.orders[o.ID] || o.Version != int64(own) {
			c.t.Errorf("%s: %s, version %d; the model: %s, %d steps", o.Number, o.State, o.Version, m.orders[o.ID], own)
		}
		if outside := c.count(`select count(*) from ticket_steps s where s.order_id = ? and s.verb in ('order_accept', 'order_start', 'order_reject', 'done', 'order_wait', 'order_resume')
			and s.actor_id not in (?, ?) and not exists (select from department_members d where d.department_id = ? and d.staff_id = s.actor_id)`,
			o.ID, c.people[staff.Supervisor].ID, c.people[staff.Manager].ID, o.DepartmentID); outside > 0 {
			c.t.Errorf("%s: somebody from outside its department took a step", o.Number)
		}
	}
	written := c.count(`select count(*) from ticket_steps where ticket_id = ?`, row.ID)
	recorded := c.count(`select count(*) from audit_log where subject = 'tickets' and subject_id = ?0 or subject = 'orders' and subject_id in (select id from orders where ticket_id = ?0)`, row.ID)
	if written != recorded {
		c.t.Errorf("%s: %d steps, %d entries in the record", row.Number, written, recorded)
	}
}
