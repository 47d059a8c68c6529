package callback_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/callback"
	"lobby/app/kit/fault"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	t.Run("CALLBACK-1 a satisfied customer: the ticket is called back, with who was asked and the marks", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		got, err := b.record(callback.Call{Ticket: id, Reached: true, Asked: "王先生", Satisfied: true, Marks: callback.Marks{Speed: 9, Attitude: 10, Upkeep: 7}})
		if err != nil || got != callback.Satisfied || b.state(id) != "called_back" {
			t.Errorf("%v %v, the ticket is %s", got, err, b.state(id))
		}
		if n := b.id(`select count(*) from ratings where ticket_id = ? and via = 'callback' and speed = 9 and attitude = 10 and upkeep = 7`, id); n != 1 {
			t.Errorf("%d ratings", n)
		}
	})
	t.Run("CALLBACK-1 a customer who isn't satisfied opens the ticket again, and has to be called again", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		if _, err := b.record(callback.Call{Ticket: id, Reached: true, Asked: "王先生"}); kindOf(err) != fault.Invalid {
			t.Errorf("not satisfied, without a reason: %v", err)
		}
		got, err := b.record(callback.Call{Ticket: id, Reached: true, Asked: "王先生", Answer: "还在漏"})
		if err != nil || got != callback.Reopened || b.state(id) != "in_hand" {
			t.Errorf("%v %v, the ticket is %s", got, err, b.state(id))
		}
		if _, err := b.db.NewRaw(`update tickets set state = 'verified', resolved_at = now() where id = ?`, id).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := b.record(callback.Call{Ticket: id, Round: 1, Reached: true, Asked: "王先生", Satisfied: true}); err != nil || got != callback.Satisfied {
			t.Errorf("the second round: %v %v", got, err)
		}
	})
	t.Run("CALLBACK-1 nobody answers on three different days: noted and closed", func(t *testing.T) {
		id := b.ticket("complaint", "verified")
		for n, want := range []callback.Outcome{callback.Again, callback.Again, callback.Again, callback.Again, callback.GivenUp} {
			got, err := b.record(callback.Call{Ticket: id})
			if err != nil || got != want {
				t.Fatalf("try %d: %v %v, want %v", n+1, got, err, want)
			}
			if n != 0 && n != 2 { // tries 1 and 2, and 3 and 4, are on one day
				b.pass(24 * time.Hour)
			}
		}
		if b.state(id) != "closed" {
			t.Errorf("the ticket is %s", b.state(id))
		}
	})
	t.Run("CALLBACK-1 the days are the site's", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		b.mu.Lock()
		b.now = time.Date(2026, 12, 1, 15, 50, 0, 0, time.UTC) // 23:50 in Shanghai
		b.mu.Unlock()
		for n, want := range []callback.Outcome{callback.Again, callback.Again, callback.GivenUp} {
			if got, err := b.record(callback.Call{Ticket: id}); err != nil || got != want {
				t.Fatalf("try %d: %v %v", n+1, got, err)
			}
			b.pass([]time.Duration{20 * time.Minute, 24 * time.Hour, 0}[n])
		}
	})
	t.Run("CALLBACK-1 two tries on one day of the site count once, though they are on two days elsewhere", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		b.mu.Lock()
		b.now = time.Date(2026, 12, 7, 23, 50, 0, 0, time.UTC) // 07:50 in Shanghai
		b.mu.Unlock()
		for n, want := range []callback.Outcome{callback.Again, callback.Again, callback.Again, callback.GivenUp} {
			if got, err := b.record(callback.Call{Ticket: id}); err != nil || got != want {
				t.Fatalf("try %d: %v %v, want %v", n+1, got, err, want)
			}
			if n == 0 {
				list, err := b.svc.List(b.as(b.site))
				if err != nil || !list[0].Today || list[0].Days != 1 {
					t.Errorf("tried today: %+v, %v", list, err)
				}
			}
			b.pass([]time.Duration{20 * time.Minute, 24 * time.Hour, 24 * time.Hour, 0}[n])
		}
	})
	t.Run("CALLBACK-1 tries of the round before don't count", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		for range 2 {
			if _, err := b.record(callback.Call{Ticket: id}); err != nil {
				t.Fatal(err)
			}
			b.pass(24 * time.Hour)
		}
		if _, err := b.db.NewRaw(`update tickets set reopened = 1 where id = ?`, id).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := b.record(callback.Call{Ticket: id, Round: 1}); err != nil || got != callback.Again || b.state(id) != "verified" {
			t.Errorf("%v %v, the ticket is %s", got, err, b.state(id))
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.ticket("repair", "verified")
	good := callback.Call{Ticket: id, Reached: true, Asked: "王先生", Satisfied: true, Answer: "好"}
	for name, c := range map[string]struct {
		change func(*callback.Call)
		kind   fault.Kind
	}{
		"nobody is named":             {func(c *callback.Call) { c.Asked = "" }, fault.Invalid},
		"a mark of eleven":            {func(c *callback.Call) { c.Marks.Speed = 11 }, fault.Invalid},
		"a mark below nothing":        {func(c *callback.Call) { c.Marks.Upkeep = -1 }, fault.Invalid},
		"of another round":            {func(c *callback.Call) { c.Round = 1 }, fault.Conflict},
		"a ticket that there isn't":   {func(c *callback.Call) { c.Ticket = 999 }, fault.NotFound},
		"a ticket in hand":            {func(c *callback.Call) { c.Ticket = b.ticket("repair", "in_hand") }, fault.Conflict},
		"a repair not yet verified":   {func(c *callback.Call) { c.Ticket = b.ticket("repair", "resolved") }, fault.Conflict},
		"the key of the entry is not": {func(c *callback.Call) { c.EntryKey = uuid.Nil }, fault.Invalid},
	} {
		in := good
		in.EntryKey = uuid.Must(uuid.NewV7())
		c.change(&in)
		if _, err := b.svc.Record(b.as(b.site), in); kindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := good
	in.EntryKey = uuid.Must(uuid.NewV7())
	if _, err := b.svc.Record(b.as(b.other), in); kindOf(err) != fault.NotFound {
		t.Errorf("another site: %v", err)
	}
	if _, err := b.svc.Record(b.kiosk(), in); kindOf(err) != fault.Forbidden {
		t.Errorf("a kiosk: %v", err)
	}
	if n := b.id(`select count(*) from callbacks`); n != 0 {
		t.Errorf("%d refused calls are kept", n)
	}
}

// TestReopenedMeanwhile: somebody reopens the ticket while its callback is being entered: the caller is told, and nothing
// is written. The same call sent twice at once is one call.
func TestTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	t.Run("CALLBACK-1 a ticket reopened while its callback is being entered", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		if _, err := b.record(callback.Call{Ticket: id, Reached: true, Asked: "邻居", Answer: "又漏了"}); err != nil {
			t.Fatal(err)
		}
		_, err := b.record(callback.Call{Ticket: id, Reached: true, Asked: "王先生", Satisfied: true})
		var f *fault.Fault
		if !errors.As(err, &f) || f.Key != "callback.moved" || b.state(id) != "in_hand" {
			t.Errorf("%v, the ticket is %s", err, b.state(id))
		}
	})
	t.Run("CALLBACK-1 two people enter the callback of one ticket at once: one is kept, the other is told", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		var all sync.WaitGroup
		errs := make([]error, 2)
		for n := range errs {
			all.Go(func() {
				_, errs[n] = b.record(callback.Call{Ticket: id, Reached: true, Asked: fmt.Sprint("客户", n), Satisfied: true})
			})
		}
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || kindOf(errors.Join(errs...)) != fault.Conflict {
			t.Errorf("%v", errs)
		}
		if n := b.id(`select count(*) from callbacks where ticket_id = ?`, id); n != 1 {
			t.Errorf("%d calls are kept", n)
		}
	})
	t.Run("SURVEY-1 marks of who has given some before are not lost in silence: the caller is told, and the call without them is kept", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		token, err := b.svc.Link(b.as(b.site), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.svc.Rate(t.Context(), token, callback.Marks{Speed: 3}, ""); err != nil {
			t.Fatal(err)
		}
		in := callback.Call{EntryKey: uuid.Must(uuid.NewV7()), Ticket: id, Reached: true, Asked: "王先生", Satisfied: true, Marks: callback.Marks{Speed: 9}}
		_, err = b.record(in)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Key != "callback.rated_before" || b.state(id) != "verified" {
			t.Errorf("%v, the ticket is %s", err, b.state(id))
		}
		in.Marks = callback.Marks{}
		if got, err := b.record(in); err != nil || got != callback.Satisfied {
			t.Errorf("%v %v", got, err)
		}
	})
	t.Run("the same call sent ten times at once is one call", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		in := callback.Call{EntryKey: uuid.Must(uuid.NewV7()), Ticket: id, Reached: true, Asked: "王先生", Satisfied: true, Marks: callback.Marks{Speed: 8}}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if got, err := b.svc.Record(b.as(b.site), in); err != nil || got != callback.Satisfied {
					t.Errorf("%v %v", got, err)
				}
			})
		}
		all.Wait()
		if n := b.id(`select count(*) from callbacks where ticket_id = ?`, id); n != 1 {
			t.Errorf("%d calls are kept", n)
		}
		in.Answer = "其他"
		if _, err := b.svc.Record(b.as(b.site), in); kindOf(err) != fault.Conflict {
			t.Errorf("the same key with other content: %v", err)
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.ticket("repair", "in_hand")
	b.ticket("repair", "resolved")
	sampled, late, soon := b.ticket("suggestion", "verified"), b.ticket("complaint", "verified"), b.ticket("help", "verified")
	asked := b.ticket("inquiry", "resolved")
	for id, due := range map[int64]time.Duration{sampled: -3 * time.Hour, late: 2 * time.Hour, soon: time.Hour, asked: -time.Hour} {
		if _, err := b.db.NewRaw(`update tickets set callback_due = ? where id = ?`, b.clock().Add(due), id).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("CALLBACK-2 complaints, help and repairs come first, by due time; what may be sampled after them", func(t *testing.T) {
		list, err := b.svc.List(b.as(b.site))
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, i := range list {
			got = append(got, i.Ticket)
		}
		if want := []int64{soon, late, sampled, asked}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("listed %v, want %v", got, want)
		}
	})
	for kind, want := range map[string]bool{"complaint": true, "help": true, "repair": true, "other": true, "inquiry": false, "suggestion": false, "activity": false} {
		if callback.Must(kind, "B") != want || !callback.Must(kind, "A") {
			t.Errorf("CALLBACK-2: %s", kind)
		}
	}
	if list, err := b.svc.List(b.as(b.other)); err != nil || len(list) != 0 {
		t.Errorf("another site lists %d, %v", len(list), err)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	count := func(ticket int64) int64 { return b.id(`select count(*) from ratings where ticket_id = ?`, ticket) }
	marks := callback.Marks{Speed: 10, Attitude: 9}
	t.Run("SURVEY-1 a link counts once, and an earlier one of the ticket is over", func(t *testing.T) {
		id := b.ticket("repair", "closed")
		old, err := b.svc.Link(b.as(b.site), id)
		if err != nil {
			t.Fatal(err)
		}
		token, err := b.svc.Link(b.as(b.site), id)
		if err != nil || token == old || len(token) < 26 {
			t.Fatalf("%q after %q, %v", token, old, err)
		}
		if err := b.svc.Rate(t.Context(), old, marks, ""); kindOf(err) != fault.NotFound {
			t.Errorf("the earlier link: %v", err)
		}
		if err := b.svc.Rate(t.Context(), token, callback.Marks{}, " "); kindOf(err) != fault.Invalid {
			t.Errorf("nothing said: %v", err)
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := b.svc.Rate(t.Context(), token, marks, ""); err != nil && kindOf(err) != fault.NotFound {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if count(id) != 1 {
			t.Errorf("%d answers", count(id))
		}
		if _, err := b.svc.Good(t.Context(), token); kindOf(err) != fault.NotFound {
			t.Errorf("a used link is still good: %v", err)
		}
	})
	t.Run("SURVEY-1 a link is good for its term, and for a ticket that is finished", func(t *testing.T) {
		if _, err := b.svc.Link(b.as(b.site), b.ticket("repair", "in_hand")); kindOf(err) != fault.Conflict {
			t.Errorf("a ticket in hand: %v", err)
		}
		id := b.ticket("repair", "closed")
		token, err := b.svc.Link(b.as(b.site), id)
		if err != nil {
			t.Fatal(err)
		}
		if at, err := b.svc.Good(t.Context(), token); err != nil || at != b.site {
			t.Errorf("good at %d, %v", at, err)
		}
		b.pass(callback.LinkTerm)
		if err := b.svc.Rate(t.Context(), token, marks, ""); kindOf(err) != fault.NotFound {
			t.Errorf("after its term: %v", err)
		}
	})
	t.Run("SURVEY-1 a link made before the ticket was opened again waits until that is done", func(t *testing.T) {
		id := b.ticket("repair", "called_back")
		token, err := b.svc.Link(b.as(b.site), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range []string{"in_hand", "waiting", "registered", "classified", "invalid"} {
			if _, err := b.db.NewRaw(`update tickets set state = ?, resolved_at = null, closed_at = null where id = ?`, state, id).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := b.svc.Good(t.Context(), token); kindOf(err) != fault.NotFound {
				t.Errorf("good while it is %s: %v", state, err)
			}
			if err := b.svc.Rate(t.Context(), token, marks, ""); kindOf(err) != fault.NotFound || count(id) != 0 {
				t.Errorf("rated while it is %s: %v", state, err)
			}
		}
		if _, err := b.db.NewRaw(`update tickets set state = 'verified', resolved_at = now() where id = ?`, id).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.svc.Rate(t.Context(), token, marks, ""); err != nil || count(id) != 1 {
			t.Errorf("done again: %v, %d answers", err, count(id))
		}
	})
	t.Run("SURVEY-1 one answer per ticket and person, whichever way", func(t *testing.T) {
		id := b.ticket("repair", "verified")
		if _, err := b.record(callback.Call{Ticket: id, Reached: true, Asked: "王先生", Satisfied: true, Marks: marks}); err != nil {
			t.Fatal(err)
		}
		token, err := b.svc.Link(b.as(b.site), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.svc.Rate(t.Context(), token, callback.Marks{Speed: 1}, ""); err != nil {
			t.Fatal(err)
		}
		if n := b.id(`select speed from ratings where ticket_id = ?`, id); count(id) != 1 || n != 10 {
			t.Errorf("%d answers, the first is now %d", count(id), n)
		}
	})
	t.Run("SURVEY-1 the kiosk says the same whether or not there is such a ticket", func(t *testing.T) {
		id := b.ticket("repair", "closed")
		var number string
		if err := b.db.NewRaw(`select number from tickets where id = ?`, id).Scan(t.Context(), &number); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			number, phone string
			kept          int64
		}{{"T990101-0001", phone, 0}, {number, "13900139000", 0}, {number, phone, 1}, {number, phone, 1}} {
			if err := b.svc.RateAtKiosk(b.kiosk(), c.number, c.phone, marks, ""); err != nil {
				t.Errorf("%v: %v", c, err)
			}
			if count(id) != c.kept {
				t.Errorf("%v: %d answers are kept", c, count(id))
			}
		}
		if _, err := b.db.NewRaw(`delete from ratings where ticket_id = ?`, id).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{`state = 'in_hand'`, `state = 'closed', expired_at = now(), phone_index = null, place = '', matter = ''`} {
			if _, err := b.db.NewRaw(`update tickets set `+change+` where id = ?`, id).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := b.svc.RateAtKiosk(b.kiosk(), number, phone, marks, ""); err != nil || count(id) != 0 {
				t.Errorf("%s: %v, %d answers", change, err, count(id))
			}
		}
		if err := b.svc.RateAtKiosk(b.as(b.other), number, phone, marks, ""); err != nil || count(id) != 0 {
			t.Errorf("at another site: %v", err)
		}
		if err := b.svc.RateAtKiosk(b.kiosk(), number, "12", marks, ""); kindOf(err) != fault.Invalid {
			t.Errorf("no phone: %v", err)
		}
	})
}
