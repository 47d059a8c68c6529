package demo

import (
	"encoding/json"
	"slices"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
)

// story is one ticket of many, as it goes: what people did with it, one after the other.
type story struct {
	dice
	*cast
	at    time.Time // when it was told
	kind  ticketKind
	class ticket.Class
	zone  int
	agent string // who works on it
	told  *ticket.Told
	after time.Duration
	order int64
	quick bool // over within a day
}

// cast is who and what stories are made of.
type cast struct {
	site        int64
	who         map[string]actor.Actor
	departments map[string]int64
	zones       []zoneOf
	grades      site.Grades
}

// zoneOf is a zone with who has it.
type zoneOf struct {
	ID    int64  `bun:"id"`
	Owner int64  `bun:"owner_id"`
	login string // of its owner
}

// tell lets the story go on by a span, and somebody take a step then.
func (s *story) tell(span time.Duration, who string, verb ticket.Verb, remark string, set ticket.Detail) {
	s.after += span
	step := ticket.Step{Verb: verb, At: s.at.Add(s.after).UTC().Truncate(time.Second), ActorKind: string(actor.Person), ActorID: s.who[who].ID, Remark: remark}
	if who == "" {
		step.ActorKind, step.ActorID = string(actor.Device), 0
	}
	switch ticket.OrderVerb(verb) {
	case ticket.SendOrder, ticket.AcceptOrder, ticket.RejectOrder, ticket.StartOrder, ticket.WaitOrder, ticket.ResumeOrder, ticket.FinishOrder, ticket.FeedBackOrder:
		step.OrderID = s.order
	}
	step.Detail, _ = json.Marshal(set) //nolint:errchkjson // plain values
	s.told.Steps = append(s.told.Steps, step)
}

// begin is the registration; order is the id that an order of the ticket has, should there be one.
func (c *cast) begin(d dice, id, order int64, at time.Time, quick bool) *story {
	s := &story{dice: d, cast: c, at: at, order: order, quick: quick, kind: weighted(d, data().Tickets, func(k ticketKind) int { return k.Weight })}
	s.zone = d.IntN(len(c.zones))
	s.agent = c.zones[s.zone].login
	t := &ticket.Ticket{ID: id, SiteID: c.site, Matter: pick(d, s.kind.Matters), Channel: pick(d, []string{"kiosk", "counter", "counter", "phone", "phone", "phone", "web", "patrol"}),
		OwnerID: c.zones[s.zone].Owner, FirstAskedID: c.who["reception"].ID, Reporter: d.name()}
	if s.kind.Where != "home" {
		t.Place, t.OwnerID, s.agent = pick(d, data().Public), 0, "desk"
	}
	s.told = &ticket.Told{Ticket: t}
	s.class = ticket.Class{Kind: s.kind.Kind, Urgency: s.kind.Urgency, Type: s.kind.Type}
	who, said := "reception", s.class
	if t.Channel == "kiosk" {
		who, t.FirstAskedID, said.Urgency = "", 0, "B"
	}
	s.tell(0, who, ticket.RegisterVerb, "", ticket.Detail{Class: &said})
	return s
}

// run tells the whole story, to its end.
func (s *story) run() {
	s.classify()
	if s.class.Validity == "invalid" {
		s.tell(s.between(20, 300), "supervisor", ticket.Invalidate, "已向业主说明", ticket.Detail{})
		return
	}
	s.work()
	if !s.quick && s.chance(1) {
		s.tell(s.between(60, 600), "manager", ticket.Unsolvable, "需由开发商处理，已告知业主", ticket.Detail{})
		return
	}
	s.result()
	if !s.quick && s.chance(4) && s.called() { // not satisfied
		s.tell(s.between(60, 900), "desk", ticket.Reopen, "业主说问题又出现了", ticket.Detail{})
		s.tell(s.between(20, 300), s.agent, ticket.Answer, "已再次联系业主", ticket.Detail{})
		s.result()
	}
	if s.called() {
		s.tell(s.between(60, 700), "reception", ticket.CallBack, pick(s.dice, data().Callbacks), ticket.Detail{})
	}
	s.tell(s.between(1, 60), "manager", ticket.Close, "", ticket.Detail{})
}

// classify says what it is, and puts it into somebody's hands.
func (s *story) classify() {
	switch s.class.Kind {
	case "help":
		s.class.HelpKind = pick(s.dice, []string{"other", "other", "consultation", "repair", "complaint"})
	case "complaint":
		s.class.Validity, s.class.About, s.class.Severity, s.class.Topic = "valid", "property", "minor", pick(s.dice, ticket.Topics)
		switch {
		case s.chance(8):
			s.class.Validity, s.class.About, s.class.Severity = "invalid", "", ""
		case s.chance(15):
			s.class.Severity = "important"
		case s.chance(15):
			s.class.About = "other"
		}
	}
	s.class.Grade = s.grades.Grade(s.class.Kind, s.class.Severity)
	if t := s.told.Ticket; s.class.Severity != "" {
		t.OwnerID, t.HandlerID = s.who["supervisor"].ID, s.who[s.agent].ID
		if s.class.Severity == "important" {
			t.OwnerID = s.who["manager"].ID
		}
		if t.HandlerID == t.OwnerID {
			t.HandlerID = 0
		}
	}
	class := s.class
	if class.Kind == "help" {
		s.tell(time.Duration(s.IntN(90))*time.Second, "desk", ticket.Accept, "", ticket.Detail{})
		s.tell(10*time.Second, "desk", ticket.Classify, "", ticket.Detail{Class: &class})
		return
	}
	s.tell(s.between(4, 150), "desk", ticket.Classify, "", ticket.Detail{Class: &class})
}

// work is handling it, or sending an order and what the department makes of that.
func (s *story) work() {
	department := data().Departments[s.kind.Department]
	if s.departments[s.kind.Department] == 0 || s.class.Kind == "help" || s.chance(40) {
		if s.told.Ticket.OwnerID == 0 {
			s.told.Ticket.OwnerID = s.who[s.agent].ID
		}
		s.tell(time.Minute, s.agent, ticket.Handle, "", ticket.Detail{})
		s.around()
		return
	}
	s.told.Orders = []*ticket.ServiceOrder{{ID: s.order, SiteID: s.site, TicketID: s.told.Ticket.ID, DepartmentID: s.departments[s.kind.Department]}}
	worker := department.worker(s.dice)
	s.tell(time.Minute, s.agent, ticket.Dispatch, "", ticket.Detail{Orders: []int64{s.order}})
	s.tell(0, s.agent, ticket.Verb(ticket.SendOrder), "", ticket.Detail{})
	if s.chance(4) {
		s.tell(s.between(10, 300), worker, ticket.Verb(ticket.RejectOrder), pick(s.dice, data().Rejections), ticket.Detail{})
		return
	}
	s.tell(s.between(5, 240), worker, ticket.Verb(ticket.AcceptOrder), "", ticket.Detail{})
	s.around()
	s.tell(s.between(10, 400), worker, ticket.Verb(ticket.StartOrder), "", ticket.Detail{Rang: pick(s.dice, ticket.Rings)})
	if s.chance(10) {
		on := pick(s.dice, ticket.Waits)
		s.tell(s.between(5, 60), worker, ticket.Verb(ticket.WaitOrder), data().Waits[on], ticket.Detail{WaitingOn: on})
		s.tell(s.between(60, 600), worker, ticket.Verb(ticket.ResumeOrder), "", ticket.Detail{})
	}
	s.tell(s.between(15, 180), worker, ticket.Verb(ticket.FinishOrder), pick(s.dice, data().Results), ticket.Detail{})
	s.tell(s.between(5, 120), "desk", ticket.Verb(ticket.FeedBackOrder), "", ticket.Detail{})
}

// around is what happens beside the work: an answer, an urge, a wait, a remark.
func (s *story) around() {
	if s.class.Kind == "help" {
		return
	}
	if s.class.Kind == "complaint" || s.chance(20) {
		s.tell(s.between(5, 90), s.agent, ticket.Answer, "已联系业主，说明处理安排", ticket.Detail{})
	}
	if s.chance(5) {
		s.tell(s.between(30, 200), "reception", ticket.Urge, "", ticket.Detail{})
	}
	if s.chance(6) && !s.quick {
		s.tell(s.between(10, 200), s.agent, ticket.Wait, "等业主在家", ticket.Detail{WaitingOn: "customer"})
		s.tell(s.between(200, 2000), s.agent, ticket.Resume, "", ticket.Detail{})
	}
	if s.chance(10) {
		s.tell(s.between(5, 60), s.agent, ticket.Remark, "业主希望下午上门", ticket.Detail{})
	}
}

// result is the work's end and its being verified; some are late.
func (s *story) result() {
	span := s.between(20, 900)
	switch {
	case s.class.Kind == "help" && s.class.HelpKind == "other":
		span = s.between(1, 11)
	case !s.quick && s.chance(6):
		span = s.between(1500, 5500)
	}
	done := "已处理完毕"
	if len(s.kind.Done) > 0 {
		done = pick(s.dice, s.kind.Done)
	}
	s.tell(span, s.agent, ticket.Resolve, done, ticket.Detail{})
	if s.class.Kind != "inquiry" {
		s.tell(s.between(10, 300), "reception", ticket.Verify, "", ticket.Detail{})
	}
}

// called tells whether this one is called back (CALLBACK-2): every fourth of those that needn't be.
func (s *story) called() bool {
	return !slices.Contains([]string{"inquiry", "suggestion", "activity"}, s.class.Kind) || s.class.Urgency == "A" || s.told.Ticket.ID%4 == 0
}

// upTo cuts the story off after some of its steps, so that its last one was before a moment.
func (s *story) upTo(steps int, now time.Time) {
	list := s.told.Steps[:min(max(steps, 1), len(s.told.Steps))]
	if last := len(list) - 1; list[last].At.After(now) {
		span, whole := now.Sub(s.at)*9/10, list[last].At.Sub(s.at)
		for i := range list {
			list[i].At = s.at.Add(time.Duration(float64(span) * float64(list[i].At.Sub(s.at)) / float64(whole))).UTC().Truncate(time.Second)
		}
	}
	s.told.Steps = list
	if !slices.ContainsFunc(list, func(step ticket.Step) bool { return step.OrderID != 0 }) {
		s.told.Orders = nil
	}
}

// holders are who takes over at each level.
func (c *cast) holders() map[staff.Role]int64 {
	return map[staff.Role]int64{staff.Supervisor: c.who["supervisor"].ID, staff.Manager: c.who["manager"].ID}
}
