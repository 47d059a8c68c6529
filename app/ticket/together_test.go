package ticket_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/tickettest"
)

func TestTogether(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 two agents accept at the same moment: one has it, the other is told who", func(t *testing.T) {
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
				wg.Go(func() { got[i], errs[i] = try.svc.Do(d.by(try.who), made.ID, ticket.Accept, ticket.Act{}) })
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
			wantRefusal(t, errs[1-winner], "ticket.guard.unaccepted", names[winner])
		}
	})
	t.Run("TICKET-4 random verbs from several people at once leave what a simple model says", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		team := []actor.Actor{d.people[staff.Agent], d.people[staff.Supervisor], d.people[staff.Manager], d.people[staff.Technician]}
		services := []*ticket.Service{d.svc, d.another()}
		rapid.Check(t, func(rt *rapid.T) {
			seed := rapid.Uint64().Draw(rt, "seed")
			count := rapid.IntRange(2, 5).Draw(rt, "verbs each")
			made := d.register(d.as(staff.Agent), entry())
			done := make([]int, len(team))
			var wg sync.WaitGroup
			for i, who := range team {
				wg.Go(func() {
					dice := rand.New(rand.NewPCG(seed, uint64(i)))
					for n := range count {
						verb := likely(dice)
						act := tickettest.Act(made, fmt.Sprintf("%d-%d", i, n))
						act.Person, act.On, act.Until = 0, "customer", d.clock.Now().Add(time.Hour)
						if verb == ticket.Reclassify || verb == ticket.Classify {
							act.Class.Urgency = ticket.Urgencies[n%3]
						}
						before := act.Class.Urgency
						_, err := services[dice.IntN(2)].Do(d.by(who), made.ID, verb, act)
						if err == nil {
							done[i]++
						} else if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Forbidden) {
							t.Errorf("%s %s: %v", verb, before, err)
						}
					}
				})
			}
			wg.Wait()
			d.wantModel(rt, made.ID, done)
		})
	})
}

// likely draws a verb, those that lead on more often, so that tickets come far.
func likely(dice *rand.Rand) ticket.Verb {
	way := path[ticket.Closed]
	if dice.IntN(3) > 0 {
		return way[dice.IntN(len(way))]
	}
	return pressed[dice.IntN(len(pressed))]
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
	state, reopened, urged, owner, accepts, sum := ticket.Registered, 0, 0, d.people[staff.Supervisor].ID, 0, 0
	for _, s := range steps[1:] {
		to, ok := allowed[state][s.Verb]
		if !ok || s.From != state || s.To != to {
			t.Fatalf("%s from %s (%s → %s) is not in the flow", s.Verb, state, s.From, s.To)
		}
		state = to
		switch s.Verb {
		case ticket.Reopen:
			reopened++
		case ticket.Urge:
			urged++
		case ticket.Accept:
			accepts++
			owner = s.ActorID
		case ticket.Handle:
			owner = s.ActorID
		}
	}
	for _, n := range done {
		sum += n
	}
	// Classifying as it is classified already is acknowledged and writes nothing; so the history may be shorter.
	if len(steps)-1 > sum {
		t.Fatalf("%d steps in the history, %d were acknowledged", len(steps)-1, sum)
	}
	if row.State != state || row.Reopened != reopened || row.Urged != urged || row.OwnerID != owner || row.Version != int64(len(steps)) || accepts > 1 {
		t.Fatalf("row: %s, reopened %d, urged %d, owner %d, version %d; model: %s, %d, %d, %d, %d, accepted %d times",
			row.State, row.Reopened, row.Urged, row.OwnerID, row.Version, state, reopened, urged, owner, len(steps), accepts)
	}
}
