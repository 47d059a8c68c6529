package ticket_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/staff"
	"lobby/app/ticket"
)

func TestOrdersTogether(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-4 random verbs of several people on one order leave what a simple model says", func(t *testing.T) {
		t.Parallel()
		w := setupOrders(t)
		team := []actor.Actor{w.people[staff.Technician], w.mate, w.people[staff.DepartmentHead], w.people[staff.Supervisor]}
		services := []*ticket.Service{w.svc, w.another()}
		rapid.Check(t, func(rt *rapid.T) {
			seed := rapid.Uint64().Draw(rt, "seed")
			count := rapid.IntRange(2, 4).Draw(rt, "verbs each")
			_, list := w.send(w.repair)
			id, done := list[0].ID, make([]int, len(team))
			var wg sync.WaitGroup
			for i, who := range team {
				wg.Go(func() {
					dice := rand.New(rand.NewPCG(seed, uint64(i)))
					for n := range count {
						_, err := services[dice.IntN(2)].DoOrder(w.by(who), id, orderVerbs[dice.IntN(len(orderVerbs))], orderAct(fmt.Sprintf("%d-%d", i, n)))
						switch {
						case err == nil:
							done[i]++
						case !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Forbidden):
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			w.wantOrder(rt, id, done)
		})
	})
}

// wantOrder walks the history of an order through the model, and compares where that ends with the row.
func (w *workshop) wantOrder(t *rapid.T, id int64, done []int) {
	steps, err := w.svc.OrderSteps(w.as(staff.Manager), id)
	if err != nil {
		t.Fatal(err)
	}
	row, err := w.svc.Order(w.as(staff.Manager), id)
	if err != nil {
		t.Fatal(err)
	}
	state, sum := ticket.OrderSent, 1
	for _, s := range steps[1:] {
		to, ok := orderAllowed[state][ticket.OrderVerb(s.Verb)]
		if !ok || ticket.OrderState(s.From) != state || ticket.OrderState(s.To) != to {
			t.Fatalf("%s from %s (%s → %s) is not in the flow", s.Verb, state, s.From, s.To)
		}
		state = to
	}
	for _, n := range done {
		sum += n
	}
	if row.State != state || len(steps) != sum || row.Version != int64(len(steps)) {
		t.Fatalf("row %s, version %d; model %s, %d steps, %d acknowledged", row.State, row.Version, state, len(steps), sum-1)
	}
}
