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

	"pgregory.net/rapid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/views/locale"
)

var pressed = []ticket.Verb{ticket.Take, ticket.Resolve, ticket.Close, ticket.Reopen}

// path leads a new ticket to a state.
var path = map[ticket.State][]ticket.Verb{
	ticket.Registered: nil,
	ticket.InHand:     {ticket.Take},
	ticket.Resolved:   {ticket.Take, ticket.Resolve},
	ticket.Closed:     {ticket.Take, ticket.Resolve, ticket.Close},
}

// allowed is the flow of the issue, written out once more.
var allowed = map[ticket.State]map[ticket.Verb]ticket.State{
	ticket.Registered: {ticket.Take: ticket.InHand},
	ticket.InHand:     {ticket.Resolve: ticket.Resolved},
	ticket.Resolved:   {ticket.Close: ticket.Closed, ticket.Reopen: ticket.InHand},
	ticket.Closed:     {},
}

func TestFlow(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 every verb in every state does what the flow says, or is refused with the state and who brought it there", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		mine, theirs := d.as(staff.Agent), locale.With(d.as(staff.Manager), locale.English)
		for from, way := range path {
			for _, verb := range pressed {
				made := d.register(mine, entry())
				for _, v := range way {
					d.do(mine, made.ID, v, "已处理")
				}
				got, err := d.svc.Do(theirs, made.ID, verb, ticket.Act{Remark: "换了水管"})
				to, ok := allowed[from][verb]
				switch {
				case ok && (err != nil || got.State != to):
					t.Errorf("%s, %s: %v, want %s", from, verb, err, to)
				case !ok:
					wantRefusal(t, err, "ticket.refused."+string(from), d.people[staff.Agent].Name)
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
		d.clock.Add(time.Hour)
		d.do(d.as(staff.Technician), made.ID, ticket.Take, "马上去")
		d.clock.Add(time.Hour)
		d.do(d.as(staff.Technician), made.ID, ticket.Resolve, "换了接头")
		d.clock.Add(time.Hour)
		d.do(d.as(staff.Agent), made.ID, ticket.Reopen, "还在滴水")
		steps, err := d.svc.Steps(d.as(staff.Agent), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		who := []staff.Role{staff.Receptionist, staff.Technician, staff.Technician, staff.Agent}
		remarks := []string{"", "马上去", "换了接头", "还在滴水"}
		for i, s := range steps {
			if s.PersonName != d.people[who[i]].Name || !s.At.Equal(monday.Add(time.Duration(i)*time.Hour)) || s.Remark != remarks[i] {
				t.Errorf("step %d: %s at %s: %q", i, s.PersonName, s.At, s.Remark)
			}
		}
		if len(steps) != 4 {
			t.Errorf("%d steps, want 4", len(steps))
		}
		if n := d.count(`select count(*) from audit_log where subject = 'tickets' and subject_id = ?`, made.ID); n != 4 {
			t.Errorf("%d entries in the record, want 4", n)
		}
	})
	t.Run("TICKET-4 reopening is counted and starts the clock anew (SLA-1)", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		for i := range 3 {
			if i == 0 {
				d.do(ctx, made.ID, ticket.Take, "")
			}
			d.do(ctx, made.ID, ticket.Resolve, fmt.Sprintf("第 %d 次", i))
			d.clock.Add(time.Hour)
			got := d.do(ctx, made.ID, ticket.Reopen, "还没好")
			if got.Reopened != i+1 || !got.DueAt.Equal(d.clock.Now().Add(48*time.Hour)) || !got.ResolvedAt.IsZero() {
				t.Errorf("after %d: reopened %d, due %s, resolved %s", i+1, got.Reopened, got.DueAt, got.ResolvedAt)
			}
		}
	})
	t.Run("TICKET-4 resolving asks what was done, reopening asks why", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.do(ctx, made.ID, ticket.Take, "")
		for _, remark := range []string{"", "  \n ", "\x00", "a\x07b", strings.Repeat("长", ticket.MaxRemark+1), "\xff\xfe"} {
			if _, err := d.svc.Do(ctx, made.ID, ticket.Resolve, ticket.Act{Remark: remark}); !fault.Is(err, fault.Invalid) {
				t.Errorf("resolve with %q: %v, want invalid", remark, err)
			}
		}
		d.do(ctx, made.ID, ticket.Resolve, strings.Repeat("长", ticket.MaxRemark-1)+"🚰")
		if _, err := d.svc.Do(ctx, made.ID, ticket.Reopen, ticket.Act{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("reopen without a reason: %v", err)
		}
	})
	t.Run("TICKET-4 the same button pressed twice by one person is answered, and done once", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		for _, v := range []ticket.Verb{ticket.Take, ticket.Take, ticket.Resolve, ticket.Resolve, ticket.Close, ticket.Close} {
			d.do(ctx, made.ID, v, "修好了")
		}
		want := []ticket.Verb{ticket.RegisterVerb, ticket.Take, ticket.Resolve, ticket.Close}
		if got := d.verbs(made.ID); !slices.Equal(got, want) {
			t.Errorf("history %v, want %v", got, want)
		}
		if n := d.count(`select count(*) from events where ref = ?`, made.ID); n != 4 {
			t.Errorf("%d events, want 4", n)
		}
	})
	t.Run("TICKET-4 the same step in other words is not swallowed", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		made := d.register(ctx, entry())
		d.do(ctx, made.ID, ticket.Take, "")
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
		d.do(ctx, made.ID, ticket.Take, "")
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

func TestTogether(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 two agents press the same button: one has it, the other is told who", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		second := d.another()
		colleague := d.addPerson("agent-two", staff.Agent)
		for range 10 {
			made := d.register(d.as(staff.Agent), entry())
			var wg sync.WaitGroup
			got, errs := make([]*ticket.Ticket, 2), make([]error, 2)
			for i, try := range []struct {
				svc *ticket.Service
				who actor.Actor
			}{{d.svc, d.people[staff.Agent]}, {second, colleague}} {
				wg.Go(func() { got[i], errs[i] = try.svc.Do(d.by(try.who), made.ID, ticket.Take, ticket.Act{}) })
			}
			wg.Wait()
			names := []string{d.people[staff.Agent].Name, colleague.Name}
			winner := slices.IndexFunc(errs, func(err error) bool { return err == nil })
			if winner < 0 {
				t.Fatalf("nobody got it: %v", errs)
			}
			if got[winner].OwnerName != names[winner] {
				t.Errorf("owner %q, want %q", got[winner].OwnerName, names[winner])
			}
			wantRefusal(t, errs[1-winner], "ticket.refused.in_hand", names[winner])
		}
	})
	t.Run("TICKET-4 random verbs from several people at once leave what a simple model says", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		team := []actor.Actor{d.people[staff.Agent], d.people[staff.Supervisor], d.people[staff.Manager], d.people[staff.Technician]}
		services := []*ticket.Service{d.svc, d.another()}
		rapid.Check(t, func(rt *rapid.T) {
			seed := rapid.Uint64().Draw(rt, "seed")
			count := rapid.IntRange(1, 6).Draw(rt, "verbs each")
			made := d.register(d.as(staff.Agent), entry())
			done := make([]int, len(team))
			var wg sync.WaitGroup
			for i, who := range team {
				wg.Go(func() {
					dice := rand.New(rand.NewPCG(seed, uint64(i)))
					for n := range count {
						verb := pressed[dice.IntN(len(pressed))]
						_, err := services[dice.IntN(2)].Do(d.by(who), made.ID, verb, ticket.Act{Remark: fmt.Sprintf("%d-%d", i, n)})
						if err == nil {
							done[i]++
						} else if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Forbidden) {
							t.Errorf("%s: %v", verb, err)
						}
					}
				})
			}
			wg.Wait()
			d.wantModel(rt, made.ID, done)
		})
	})
}

// wantModel walks the history through a model of the flow, and compares where that ends with the row.
func (d *desk) wantModel(t *rapid.T, id int64, done []int) {
	ctx := d.as(staff.Manager)
	steps, err := d.svc.Steps(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	row, err := d.svc.Get(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	state, reopened, owner, sum := ticket.Registered, 0, row.OwnerID, 0
	for _, s := range steps[1:] {
		to, ok := allowed[state][s.Verb]
		if !ok || s.From != state || s.To != to {
			t.Fatalf("%s from %s (%s → %s) is not in the flow", s.Verb, state, s.From, s.To)
		}
		state = to
		switch s.Verb {
		case ticket.Reopen:
			reopened++
		case ticket.Take:
			owner = s.ActorID
		}
	}
	for _, n := range done {
		sum += n
	}
	// A step acknowledged twice is one that the same person repeated in the same words; words differ here.
	if len(steps)-1 != sum {
		t.Fatalf("%d steps in the history, %d were acknowledged", len(steps)-1, sum)
	}
	if row.State != state || row.Reopened != reopened || row.OwnerID != owner || row.Version != int64(len(steps)) {
		t.Fatalf("row: %s, reopened %d, owner %d, version %d; model: %s, %d, %d, %d",
			row.State, row.Reopened, row.OwnerID, row.Version, state, reopened, owner, len(steps))
	}
}
