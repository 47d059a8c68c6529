package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestComplaints(t *testing.T) {
	t.Parallel()
	t.Run("COMPLAINT-1 an invalid complaint gets no order, is explained, and the supervisor confirms it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		guards := d.department("guards", d.people[staff.DepartmentHead].ID)
		in := complaint("")
		in.Validity, in.About = "invalid", ""
		made := d.register(d.as(staff.Agent), in)
		for verb, act := range map[ticket.Verb]ticket.Act{ticket.Handle: {}, ticket.Dispatch: {Instructions: []ticket.Instruction{{Department: guards}}}} {
			_, err := d.svc.Do(d.as(staff.Supervisor), made.ID, verb, act)
			wantRefusal(t, err, "ticket.guard.valid", "")
		}
		if _, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Invalidate, ticket.Act{Remark: "已说明"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent confirms it: %v", err)
		}
		_, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Invalidate, ticket.Act{})
		wantField(t, err, "remark")
		got := d.do(d.as(staff.Supervisor), made.ID, ticket.Invalidate, "已向业主说明")
		if got.State != ticket.Invalid || got.ClosedAt.IsZero() || got.State.Lane() != "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("COMPLAINT-1 a valid one says whether it is about the property service, an invalid one needn't", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := complaint("minor")
		in.About = ""
		_, err := d.svc.Register(d.as(staff.Agent), in)
		wantField(t, err, "about")
		in = complaint("minor")
		in.Validity = ""
		_, err = d.svc.Register(d.as(staff.Agent), in)
		wantField(t, err, "validity")
	})
	t.Run("COMPLAINT-2 severity is minor, important or major, and the schema holds it too", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for severity, ok := range map[string]bool{"minor": true, "important": true, "major": true, "": false, "huge": false} {
			in := complaint(severity)
			if _, err := d.svc.Register(d.as(staff.Agent), in); ok != (err == nil) {
				t.Errorf("%q: %v", severity, err)
			}
		}
		made := d.register(d.as(staff.Agent), complaint("minor"))
		if _, err := d.db.NewRaw(`update tickets set severity = '' where id = ?`, made.ID).Exec(t.Context()); err == nil {
			t.Error("a classified complaint without severity is stored")
		}
	})
	t.Run("COMPLAINT-7 a complaint has one of five topics", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for _, topic := range append(slices.Clone(ticket.Topics), "", "weather") {
			in := complaint("minor")
			in.Topic = topic
			_, err := d.svc.Register(d.as(staff.Agent), in)
			if ok := slices.Contains(ticket.Topics, topic); ok != (err == nil) {
				t.Errorf("%q: %v", topic, err)
			}
		}
		if len(ticket.Topics) != 5 {
			t.Errorf("%d topics", len(ticket.Topics))
		}
	})
	t.Run("COMPLAINT-6 a second complaint of the same customer is linked to the first, and only to an earlier one of theirs", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		first, second, third := d.register(ctx, complaint("minor")), d.register(ctx, complaint("minor")), d.register(ctx, complaint("minor"))
		in := complaint("minor")
		in.Place, in.Phone = "东门", "13987654321"
		other := d.register(ctx, in)
		for _, wrong := range []int64{other.ID, second.ID, third.ID, 999999, -1} {
			_, err := d.svc.Do(ctx, second.ID, ticket.Link, ticket.Act{Earlier: wrong})
			wantField(t, err, "earlier")
		}
		got, err := d.svc.Do(ctx, second.ID, ticket.Link, ticket.Act{Earlier: first.ID})
		if err != nil || got.RepeatsID != first.ID {
			t.Fatalf("%+v, %v", got, err)
		}
		got, err = d.svc.Do(ctx, third.ID, ticket.Link, ticket.Act{Earlier: second.ID}) // of a chain the first counts
		if err != nil || got.RepeatsID != first.ID || got.RepeatsNumber != first.Number {
			t.Errorf("%+v, %v", got, err)
		}
		if n := d.count(`select count(*) from tickets where repeats_id = ?`, first.ID); n != 2 {
			t.Errorf("repeated %d times, want 2", n)
		}
		repair := d.register(ctx, entry())
		_, err = d.svc.Do(ctx, repair.ID, ticket.Link, ticket.Act{Earlier: first.ID})
		wantRefusal(t, err, "ticket.guard.complaint", "")
	})
}

func TestOwners(t *testing.T) {
	t.Parallel()
	t.Run("COMPLAINT-3 the manager owns important and major ones, the supervisor minor ones, which an agent of sufficient grade handles", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		if _, err := d.db.NewRaw(`update zones set owner_id = ?`, d.people[staff.Agent].ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for severity, owner := range map[string]staff.Role{"minor": staff.Supervisor, "important": staff.Manager, "major": staff.Manager} {
			if got := d.register(d.as(staff.Agent), complaint(severity)); got.OwnerID != d.people[owner].ID || got.HandlerID != 0 {
				t.Errorf("%s: owner %s, handler %s; the agent is new and handles none", severity, got.OwnerName, got.HandlerName)
			}
		}
		d.senior(d.people[staff.Agent], 2)
		got := d.register(d.as(staff.Agent), complaint("minor"))
		if got.OwnerID != d.people[staff.Supervisor].ID || got.HandlerID != d.people[staff.Agent].ID {
			t.Errorf("minor: owner %s, handler %s", got.OwnerName, got.HandlerName)
		}
	})
	t.Run("COMPLAINT-3 the department complained of may not own it, however its people try", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		accused := d.people[staff.Technician]
		d.senior(accused, 3)
		dept := d.department("repair", d.people[staff.DepartmentHead].ID, accused.ID)
		if _, err := d.db.NewRaw(`update zones set owner_id = ?`, accused.ID).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		made := d.register(d.by(accused), entry()) // who is complained of happens to take it, and records it
		made, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Classify, ticket.Act{Class: ticket.Class{Kind: "complaint", Validity: "valid",
			About: "property", Topic: "attitude", Severity: "minor", Against: dept}})
		if err != nil || made.FirstAskedID != accused.ID || made.OwnerID != d.people[staff.Supervisor].ID || made.HandlerID != 0 {
			t.Fatalf("first asked %s, owner %s, handler %s, %v", made.FirstAskedName, made.OwnerName, made.HandlerName, err)
		}
		_, err = d.svc.Do(d.by(accused), made.ID, ticket.Accept, ticket.Act{})
		wantRefusal(t, err, "ticket.guard.unaccused", "")
		_, err = d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Handle, ticket.Act{Person: accused.ID})
		wantRefusal(t, err, "ticket.guard.unaccused", "")
		_, err = d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reassign, ticket.Act{Person: accused.ID})
		wantRefusal(t, err, "ticket.guard.unaccused", "")
		// It takes part: an order can go to it.
		if got, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Dispatch, ticket.Act{Instructions: []ticket.Instruction{{Department: dept}}}); err != nil || got.State != ticket.InHand {
			t.Errorf("%v", err)
		}
	})
	t.Run("ORG-2 a case above somebody's grade can't be assigned to them, nor closed by them", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		junior := d.people[staff.Agent]
		made := d.register(d.by(junior), complaint("important"))
		_, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Reassign, ticket.Act{Person: junior.ID})
		wantRefusal(t, err, "ticket.guard.within_grade", "")
		_, err = d.svc.Do(d.by(junior), made.ID, ticket.Handle, ticket.Act{})
		wantRefusal(t, err, "ticket.guard.within_grade", "")
		d.bring(made.ID, ticket.CalledBack)
		for _, who := range []staff.Role{staff.Agent, staff.Supervisor} {
			_, err = d.svc.Do(d.as(who), made.ID, ticket.Close, ticket.Act{})
			wantRefusal(t, err, "ticket.guard.closer_grade", "")
		}
		if _, err = d.svc.Do(d.as(staff.Manager), made.ID, ticket.Close, ticket.Act{}); err != nil {
			t.Errorf("the manager: %v", err)
		}
	})
	t.Run("ORG-2 what grows above its owner's grade goes to who reaches it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		d.do(d.as(staff.Agent), made.ID, ticket.Classify, "")
		d.do(d.as(staff.Agent), made.ID, ticket.Handle, "")
		got, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reclassify, ticket.Act{Class: ticket.Class{Kind: "complaint", Validity: "valid", About: "property",
			Topic: "safety", Severity: "major"}})
		if err != nil || got.OwnerID != d.people[staff.Manager].ID || got.HandlerID != 0 || got.Grade != 9 {
			t.Errorf("owner %s, handler %s, grade %d, %v", got.OwnerName, got.HandlerName, got.Grade, err)
		}
	})
	t.Run("ORG-2 an agent gives nothing to others by handling it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		other := d.addPerson("agent-two", staff.Agent)
		made := d.register(d.as(staff.Agent), entry())
		d.do(d.as(staff.Agent), made.ID, ticket.Classify, "")
		_, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Handle, ticket.Act{Person: other.ID})
		wantRefusal(t, err, "ticket.guard.assigned", "")
		_, err = d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Handle, ticket.Act{Person: 999999})
		wantField(t, err, "person")
		if got, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Handle, ticket.Act{Person: other.ID}); err != nil || got.OwnerID != other.ID {
			t.Errorf("%v", err)
		}
		_, err = d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reassign, ticket.Act{Person: other.ID})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("given to who has it: %v", err)
		}
	})
	t.Run("ORG-3 whoever handles it, first asked stays, and reassigning leaves who had it in the history", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Guard), entry())
		d.bring(made.ID, ticket.InHand)
		got, err := d.svc.Do(d.as(staff.Supervisor), made.ID, ticket.Reassign, ticket.Act{Person: d.people[staff.Agent].ID, Remark: "请接手"})
		if err != nil || got.OwnerID != d.people[staff.Agent].ID || got.FirstAskedID != d.people[staff.Guard].ID {
			t.Fatalf("%+v, %v", got, err)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if set := steps[len(steps)-1].Set(); set.Owner == nil || *set.Owner != (ticket.Hands{From: d.people[staff.Supervisor].ID, To: d.people[staff.Agent].ID}) {
			t.Errorf("%+v", set.Owner)
		}
	})
}

func TestHelp(t *testing.T) {
	t.Parallel()
	help := func(kind string) ticket.Register {
		in := entry()
		in.Kind, in.HelpKind, in.Classify = "help", kind, true
		return in
	}
	t.Run("HELP-1 help is of one of seven kinds", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		if len(ticket.HelpKinds) != 7 {
			t.Fatalf("%d kinds", len(ticket.HelpKinds))
		}
		for _, kind := range append(slices.Clone(ticket.HelpKinds), "", "alien") {
			_, err := d.svc.Register(d.as(staff.Agent), help(kind))
			if ok := slices.Contains(ticket.HelpKinds, kind); ok != (err == nil) {
				t.Errorf("%q: %v", kind, err)
			}
		}
	})
	t.Run("HELP-3 medical, crime and disaster are life-safety of urgency A and alarm until somebody accepts, not merely classifies", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		alarm := func(id int64) bool {
			cards, err := ticket.CardsByID(t.Context(), d.db, d.site, []int64{id})
			if err != nil {
				t.Fatal(err)
			}
			return cards[id].Alarm()
		}
		for _, kind := range ticket.HelpKinds {
			in := help(kind)
			in.Urgency = "C"
			made := d.register(d.as(staff.Agent), in)
			grave := kind == "medical" || kind == "crime" || kind == "disaster"
			if made.LifeSafety != grave || (made.Urgency == "A") != grave || alarm(made.ID) != grave {
				t.Errorf("%s: life safety %t, urgency %s, alarm %t", kind, made.LifeSafety, made.Urgency, alarm(made.ID))
			}
			if d.do(d.as(staff.Guard), made.ID, ticket.Accept, ""); alarm(made.ID) {
				t.Errorf("%s still alarms", kind)
			}
		}
	})
	t.Run("HELP-2 what the desk can't solve it asks the supervisor, and that is on record", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Receptionist), help("other"))
		_, err := d.svc.Do(d.as(staff.Receptionist), made.ID, ticket.Ask, ticket.Act{})
		wantField(t, err, "remark")
		got := d.do(d.as(staff.Receptionist), made.ID, ticket.Ask, "业主要借轮椅，可以吗")
		if got.State != ticket.Classified || d.count(`select count(*) from events where kind = 'ticket.asked' and ref = ?`, made.ID) != 1 {
			t.Errorf("%s", got.State)
		}
	})
	t.Run("HELP-4 what can't be done is still helped with, and the buck is passed nowhere", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), help("other"))
		d.bring(made.ID, ticket.InHand)
		_, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Unsolvable, ticket.Act{Remark: "本项目没有此服务"})
		wantField(t, err, "instead")
		got, err := d.svc.Do(d.as(staff.Manager), made.ID, ticket.Unsolvable, ticket.Act{Remark: "本项目没有此服务", Instead: "已给出社区服务站的地址"})
		if err != nil || got.State != ticket.Unsolved {
			t.Fatalf("%v", err)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil || !strings.Contains(steps[len(steps)-1].Remark, "社区服务站") {
			t.Errorf("%+v, %v", steps, err)
		}
		for _, m := range ticket.Flow() {
			if back := []ticket.State{ticket.Registered, ticket.Classified}; slices.Contains(back, m.To) && !slices.Contains(back, m.From) {
				t.Errorf("%s takes a ticket in hand back to nobody", m.Verb)
			}
		}
	})
}

func TestOneGo(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 the desk registers, classifies and begins in one go, as the steps that it is", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Classify, in.Then = true, ticket.Handle
		got := d.register(d.as(staff.Receptionist), in)
		want := []ticket.Verb{ticket.RegisterVerb, ticket.Classify, ticket.Handle}
		if got.State != ticket.InHand || got.OwnerID != d.people[staff.Supervisor].ID || !slices.Equal(d.verbs(got.ID), want) {
			t.Errorf("%s of %s: %v", got.State, got.OwnerName, d.verbs(got.ID))
		}
		again := d.register(d.as(staff.Receptionist), in)
		if again.ID != got.ID || d.count(`select count(*) from tickets`) != 1 {
			t.Error("the same entry again made another ticket")
		}
		in.Then = ""
		if _, err := d.svc.Register(d.as(staff.Receptionist), in); !fault.Is(err, fault.Conflict) {
			t.Errorf("other content with the same key: %v", err)
		}
	})
	t.Run("TICKET-4 who may not classify registers all the same, and can't go round it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Classify = true
		if _, err := d.svc.Register(d.as(staff.Guard), in); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v, want forbidden", err)
		}
		if n := d.count(`select count(*) from tickets`); n != 0 {
			t.Errorf("%d tickets are left of a refused entry", n)
		}
	})
	t.Run("TICKET-6 an emergency is written up afterwards with its true times, marked, and still called back", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		d.clock.Add(3 * time.Hour)
		in := entry()
		in.Kind, in.Urgency, in.Classify, in.Then = "inquiry", "A", true, ticket.Handle
		in.Past = &ticket.Past{Registered: monday, Handled: monday.Add(5 * time.Minute), Resolved: monday.Add(40 * time.Minute), Done: "关了总阀，换了水管"}
		got := d.register(d.as(staff.Agent), in)
		if got.State != ticket.Resolved || !got.Afterwards || !got.RegisteredAt.Equal(monday) || !got.ResolvedAt.Equal(monday.Add(40*time.Minute)) {
			t.Fatalf("%s, afterwards %t, %s, %s", got.State, got.Afterwards, got.RegisteredAt, got.ResolvedAt)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), got.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Duration{0, 0, 5 * time.Minute, 40 * time.Minute} {
			if !steps[i].At.Equal(monday.Add(want)) || !steps[i].NotedAt.Equal(d.clock.Now()) {
				t.Errorf("%s at %s, noted %s", steps[i].Verb, steps[i].At, steps[i].NotedAt)
			}
		}
		_, err = d.svc.Do(d.as(staff.Supervisor), got.ID, ticket.Close, ticket.Act{})
		wantRefusal(t, err, "ticket.guard.sampled", "") // an inquiry could go unsampled, an emergency can't
	})
	t.Run("TICKET-6 times that lie in the future or before the last step are refused, and only emergencies have them", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		for field, past := range map[string]ticket.Past{
			"past_registered": {Registered: monday.Add(time.Minute)}, "past_handled": {Registered: monday.Add(-time.Hour), Handled: monday.Add(-2 * time.Hour)},
			"past_resolved": {Registered: monday.Add(-time.Hour), Resolved: monday.Add(time.Second), Done: "好了"},
			"past_done":     {Registered: monday.Add(-time.Hour), Resolved: monday.Add(-time.Minute)},
		} {
			in := entry()
			in.Urgency, in.Classify, in.Then, in.Past = "A", true, ticket.Handle, &past
			_, err := d.svc.Register(d.as(staff.Agent), in)
			wantField(t, err, field)
		}
		in := entry()
		in.Classify, in.Past = true, &ticket.Past{Registered: monday.Add(-time.Hour)}
		_, err := d.svc.Register(d.as(staff.Agent), in)
		wantField(t, err, "past_registered")

		in = entry()
		in.EntryKey, in.Urgency = uuid.Must(uuid.NewV7()), "A"
		made := d.register(d.as(staff.Agent), in)
		d.clock.Add(time.Hour)
		for _, c := range []struct {
			at time.Time
			ok bool
		}{{monday.Add(-time.Hour), false}, {monday.Add(2 * time.Hour), false}, {monday.Add(10 * time.Minute), true}} {
			_, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Accept, ticket.Act{At: c.at})
			if c.ok != (err == nil) {
				t.Errorf("accepted at %s: %v", c.at, err)
			}
		}
		calm := d.register(d.as(staff.Agent), entry())
		_, err = d.svc.Do(d.as(staff.Agent), calm.ID, ticket.Accept, ticket.Act{At: d.clock.Now()})
		wantField(t, err, "at")
	})
	t.Run("TICKET-6 a result in time that is written up after the limit was no breach (SLA-4)", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Urgency = "A"
		made := d.register(d.as(staff.Agent), in)
		d.bring(made.ID, ticket.InHand)
		d.clock.Set(made.DueAt.Add(time.Hour))
		d.mark(d.svc)
		got, err := d.svc.Do(d.as(staff.Agent), made.ID, ticket.Resolve, ticket.Act{Remark: "当时就好了", At: made.DueAt.Add(-time.Minute)})
		if err != nil || got.Overdue(d.clock.Now()) || !got.Afterwards {
			t.Errorf("overdue %t, afterwards %t, %v", got.Overdue(d.clock.Now()), got.Afterwards, err)
		}
	})
}
