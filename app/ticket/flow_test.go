package ticket_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/views/locale"
)

// pressed are all the verbs that somebody can press without a department.
var pressed = []ticket.Verb{ticket.Accept, ticket.Classify, ticket.Handle, ticket.Invalidate, ticket.Answer, ticket.Offer, ticket.Update, ticket.Promise,
	ticket.Reclassify, ticket.Ask, ticket.Wait, ticket.Resume, ticket.Resolve, ticket.Unsolvable, ticket.Verify, ticket.CallBack, ticket.Close,
	ticket.Reopen, ticket.Remark, ticket.Urge}

// path leads a new repair to a state.
var path = map[ticket.State][]ticket.Verb{
	ticket.Registered: nil,
	ticket.Classified: {ticket.Classify},
	ticket.InHand:     {ticket.Classify, ticket.Handle},
	ticket.Waiting:    {ticket.Classify, ticket.Handle, ticket.Wait},
	ticket.Resolved:   {ticket.Classify, ticket.Handle, ticket.Resolve},
	ticket.Verified:   {ticket.Classify, ticket.Handle, ticket.Resolve, ticket.Verify},
	ticket.CalledBack: {ticket.Classify, ticket.Handle, ticket.Resolve, ticket.Verify, ticket.CallBack},
	ticket.Closed:     {ticket.Classify, ticket.Handle, ticket.Resolve, ticket.Verify, ticket.CallBack, ticket.Close},
	ticket.Invalid:    {ticket.Classify, ticket.Invalidate},
	ticket.Unsolved:   {ticket.Classify, ticket.Handle, ticket.Unsolvable},
}

// allowed is the flow of a repair, written out once more.
var allowed = map[ticket.State]map[ticket.Verb]ticket.State{
	ticket.Registered: {ticket.Classify: ticket.Classified, ticket.Accept: ticket.Registered, ticket.Ask: ticket.Registered,
		ticket.Remark: ticket.Registered, ticket.Urge: ticket.Registered},
	ticket.Classified: {ticket.Handle: ticket.InHand, ticket.Classify: ticket.Classified, ticket.Accept: ticket.Classified, ticket.Invalidate: ticket.Invalid,
		ticket.Ask: ticket.Classified, ticket.Remark: ticket.Classified, ticket.Urge: ticket.Classified},
	ticket.InHand: {ticket.Resolve: ticket.Resolved, ticket.Wait: ticket.Waiting, ticket.Answer: ticket.InHand, ticket.Offer: ticket.InHand,
		ticket.Update: ticket.InHand, ticket.Promise: ticket.InHand, ticket.Reclassify: ticket.InHand, ticket.Invalidate: ticket.Invalid,
		ticket.Unsolvable: ticket.Unsolved, ticket.Ask: ticket.InHand, ticket.Remark: ticket.InHand, ticket.Urge: ticket.InHand},
	ticket.Waiting: {ticket.Resume: ticket.InHand, ticket.Resolve: ticket.Resolved, ticket.Answer: ticket.Waiting, ticket.Offer: ticket.Waiting,
		ticket.Update: ticket.Waiting, ticket.Promise: ticket.Waiting, ticket.Reclassify: ticket.Waiting, ticket.Invalidate: ticket.Invalid,
		ticket.Unsolvable: ticket.Unsolved, ticket.Ask: ticket.Waiting, ticket.Remark: ticket.Waiting, ticket.Urge: ticket.Waiting},
	ticket.Resolved:   {ticket.Verify: ticket.Verified, ticket.Reopen: ticket.InHand, ticket.Remark: ticket.Resolved, ticket.Urge: ticket.Resolved},
	ticket.Verified:   {ticket.CallBack: ticket.CalledBack, ticket.Reopen: ticket.InHand, ticket.Remark: ticket.Verified, ticket.Urge: ticket.Verified},
	ticket.CalledBack: {ticket.Close: ticket.Closed, ticket.Reopen: ticket.InHand, ticket.Remark: ticket.CalledBack, ticket.Urge: ticket.CalledBack},
	ticket.Closed:     {ticket.Reopen: ticket.InHand},
	ticket.Invalid:    {},
	ticket.Unsolved:   {},
}

func TestFlow(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 every verb in every state does what the flow says, or is refused with the state and who brought it there", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		mine, theirs := d.as(staff.Manager), locale.With(d.by(d.addPerson("manager-two", staff.Manager)), locale.English)
		for from, way := range path {
			var stands *ticket.Ticket // in that state: what is refused leaves it there
			for _, verb := range pressed {
				if stands == nil {
					stands = d.register(d.as(staff.Agent), entry())
					for _, v := range way {
						d.do(mine, stands.ID, v, "已处理")
					}
				}
				got, err := d.svc.Do(theirs, stands.ID, verb, d.act(stands.ID, "换了水管"))
				to, ok := allowed[from][verb]
				who := d.people[staff.Manager].Name
				if from == ticket.Registered {
					who = d.people[staff.Agent].Name
				}
				switch {
				case ok && (err != nil || got.State != to):
					t.Errorf("%s, %s: %v, want %s", from, verb, err, to)
				case !ok && guardOf(from, verb) != "":
					wantRefusal(t, err, "ticket.guard."+guardOf(from, verb), "")
				case !ok:
					wantRefusal(t, err, "ticket.refused."+string(from), who)
				}
				if ok && to != from || verb == ticket.Classify {
					stands = nil
				}
			}
		}
	})
	t.Run("TICKET-4 a step that no flow has is refused", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		for _, verb := range []ticket.Verb{"dance", "register", "overdue", ""} {
			if _, err := d.svc.Do(d.as(staff.Manager), made.ID, verb, ticket.Act{}); !fault.Is(err, fault.Conflict) {
				t.Errorf("%q: %v, want a conflict", verb, err)
			}
		}
	})
	t.Run("TICKET-4 every step has who, when and a remark", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Receptionist), entry())
		way := []struct {
			role   staff.Role
			verb   ticket.Verb
			remark string
		}{{staff.Receptionist, ticket.Classify, "按报修"}, {staff.Agent, ticket.Handle, "马上去"}, {staff.Technician, ticket.Resolve, "换了接头"}, {staff.Agent, ticket.Reopen, "还在滴水"}}
		for _, w := range way {
			d.clock.Add(time.Hour)
			d.do(d.as(w.role), made.ID, w.verb, w.remark)
		}
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range steps[1:] {
			if w := way[i]; s.Verb != w.verb || s.PersonName != d.people[w.role].Name || !s.At.Equal(monday.Add(time.Duration(i+1)*time.Hour)) || s.Remark != w.remark {
				t.Errorf("step %d: %s by %s at %s: %q", i, s.Verb, s.PersonName, s.At, s.Remark)
			}
		}
		if len(steps) != 5 {
			t.Errorf("%d steps, want 5", len(steps))
		}
		if n := d.count(`select count(*) from audit_log where subject = 'tickets' and subject_id = ?`, made.ID); n != 5 {
			t.Errorf("%d entries in the record, want 5", n)
		}
	})
	t.Run("TICKET-4 reopening is counted and starts the clock anew (SLA-1)", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.bring(made.ID, ticket.InHand)
		for i := range 3 {
			d.do(ctx, made.ID, ticket.Resolve, fmt.Sprintf("第 %d 次", i))
			d.clock.Add(time.Hour)
			got := d.do(ctx, made.ID, ticket.Reopen, "还没好")
			if got.Reopened != i+1 || !got.DueAt.Equal(d.clock.Now().Add(48*time.Hour)) || !got.ResolvedAt.IsZero() {
				t.Errorf("after %d: reopened %d, due %s, resolved %s", i+1, got.Reopened, got.DueAt, got.ResolvedAt)
			}
		}
	})
	t.Run("TICKET-4 a closed ticket that is reopened is open in every respect", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		closed := d.bring(made.ID, ticket.Closed)
		got := d.do(d.as(staff.Agent), made.ID, ticket.Reopen, "又漏了")
		if closed.ClosedAt.IsZero() || !got.ClosedAt.IsZero() || !got.ResolvedAt.IsZero() || got.ConfirmedBy != "" || got.State != ticket.InHand {
			t.Errorf("%+v", got)
		}
	})
	t.Run("TICKET-4 a verb asks for what it needs, and texts are clean", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Manager)
		made := d.register(ctx, entry())
		d.bring(made.ID, ticket.InHand)
		for _, remark := range []string{"", "  \n ", "\x00", "a\x07b", strings.Repeat("长", ticket.MaxRemark+1), "\xff\xfe"} {
			if _, err := d.svc.Do(ctx, made.ID, ticket.Resolve, ticket.Act{Remark: remark}); !fault.Is(err, fault.Invalid) {
				t.Errorf("resolve with %q: %v, want invalid", remark, err)
			}
		}
		past := d.clock.Now().Add(-time.Second)
		for name, try := range map[string]struct {
			verb ticket.Verb
			act  ticket.Act
		}{
			"remark": {ticket.Unsolvable, ticket.Act{}}, "on": {ticket.Wait, ticket.Act{Remark: "等", On: "weather"}}, "until": {ticket.Promise, ticket.Act{Until: past}},
			"person": {ticket.Reassign, ticket.Act{}}, "kind": {ticket.Reclassify, ticket.Act{Class: ticket.Class{Kind: "party"}}},
			"departments": {ticket.Dispatch, ticket.Act{}},
		} {
			_, err := d.svc.Do(ctx, made.ID, try.verb, try.act)
			wantField(t, err, name)
		}
		d.do(ctx, made.ID, ticket.Resolve, strings.Repeat("长", ticket.MaxRemark-1)+"🚰")
		_, err := d.svc.Do(ctx, made.ID, ticket.Reopen, ticket.Act{})
		wantField(t, err, "remark")
		for _, name := range []string{"", "a\x00", strings.Repeat("长", ticket.MaxCustomer+1)} {
			_, err = d.svc.Do(ctx, made.ID, ticket.Verify, ticket.Act{Customer: name})
			wantField(t, err, "customer")
		}
	})
	t.Run("TICKET-4 the same button pressed twice by one person is answered, and done once", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Manager)
		made := d.register(ctx, entry())
		want := []ticket.Verb{ticket.RegisterVerb}
		for _, v := range []ticket.Verb{ticket.Accept, ticket.Classify, ticket.Handle, ticket.Urge, ticket.Answer, ticket.Promise, ticket.Update, ticket.Remark,
			ticket.Wait, ticket.Resume, ticket.Resolve, ticket.Verify, ticket.CallBack, ticket.Close, ticket.Reopen} {
			act := d.act(made.ID, "修好了")
			before, err := d.svc.Get(ctx, made.ID)
			if err != nil {
				t.Fatal(err)
			}
			act.Version = before.Version // as the form has it that was sent twice
			for range 2 {
				if _, err := d.svc.Do(ctx, made.ID, v, act); err != nil {
					t.Fatalf("%s: %v", v, err)
				}
			}
			want = append(want, v)
		}
		if got := d.verbs(made.ID); !slices.Equal(got, want) {
			t.Errorf("history %v, want %v", got, want)
		}
		if n := d.count(`select count(*) from events where ref = ?`, made.ID); n != len(want) {
			t.Errorf("%d events, want %d", n, len(want))
		}
	})
	t.Run("TICKET-4 the same step in other words is not swallowed", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.bring(made.ID, ticket.InHand)
		d.do(ctx, made.ID, ticket.Resolve, "换了水管")
		if _, err := d.svc.Do(ctx, made.ID, ticket.Resolve, ticket.Act{Remark: "换了阀门"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("%v, want a conflict: the second text would be lost", err)
		}
	})
	t.Run("TICKET-4 history never runs backwards, even where the clock is set back", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.clock.Add(-24 * time.Hour)
		d.bring(made.ID, ticket.InHand)
		d.do(ctx, made.ID, ticket.Resolve, "好了")
		steps, err := d.svc.Steps(ctx, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(steps, func(a, b ticket.Step) int { return a.At.Compare(b.At) }) {
			t.Errorf("steps out of order: %+v", steps)
		}
	})
}

// guardOf names what keeps a repair from a verb that the flow has in its state.
func guardOf(from ticket.State, verb ticket.Verb) string {
	switch {
	case from == ticket.Resolved && (verb == ticket.CallBack || verb == ticket.Close):
		return "inquiry"
	case from == ticket.Verified && verb == ticket.Close:
		return "sampled"
	}
	return ""
}

// wantField is a refusal at one field.
func wantField(t *testing.T, err error, name string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid || !fault.Fields(f.Fields).Has(name) {
		t.Errorf("%v, want the field %s refused", err, name)
	}
}

func wantRefusal(t *testing.T, err error, key, who string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Conflict || f.Key != key {
		t.Errorf("%v, want a conflict %s", err, key)
		return
	}
	for _, lang := range locale.Languages {
		text := locale.Say(locale.With(context.Background(), lang), f.Key, f.Args)
		if !strings.Contains(text, who) {
			t.Errorf("%s: %q does not say who (%s)", lang, text, who)
		}
	}
}
