package ticket_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"lobby/app/staff"
	"lobby/app/ticket"
)

// anyOrder draws a ticket's place in the order of work; few limits, so that equals happen.
func anyOrder(t *rapid.T) ticket.Order {
	o := ticket.Order{
		Urgency: rapid.SampledFrom(ticket.Urgencies).Draw(t, "urgency"),
		Type:    rapid.SampledFrom(ticket.Types).Draw(t, "type"),
		Due:     time.Unix(rapid.Int64Range(-3, 3).Draw(t, "due")*86400, 0).Add(time.Duration(rapid.Int64Range(-1, 1).Draw(t, "µs")) * time.Microsecond),
		ID:      rapid.Int64Range(1, 1<<40).Draw(t, "id"),
	}
	o.LifeSafety = rapid.Bool().Draw(t, "life") && o.Urgency == "A"
	return o
}

// before is the order of work written out as the handbook says it, sentence by sentence, sharing nothing with the code.
func before(a, b ticket.Order) bool {
	if a.LifeSafety != b.LifeSafety {
		return a.LifeSafety
	}
	if a.Urgency != b.Urgency {
		return a.Urgency < b.Urgency
	}
	scale := "A1C2 A2 B1 B2 C1"
	group := func(s string) int { return len(strings.Fields(scale[:strings.Index(scale, s)+2])) }
	if group(a.Type) != group(b.Type) {
		return group(a.Type) < group(b.Type)
	}
	if !a.Due.Equal(b.Due) {
		return a.Due.Before(b.Due)
	}
	return a.ID < b.ID
}

func TestOrderOfWork(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-3 life safety, urgency, type, then the nearer limit, against the sentence itself", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			a, b := anyOrder(t), anyOrder(t)
			want := 0
			if before(a, b) {
				want = -1
			} else if before(b, a) {
				want = 1
			}
			if got := cmp.Compare(ticket.Compare(a, b), 0); got != want {
				t.Fatalf("Compare(%+v, %+v) = %d, want %d", a, b, got, want)
			}
			if got := strings.Compare(a.Key(), b.Key()); got != want {
				t.Fatalf("keys %s and %s compare as %d, want %d", a.Key(), b.Key(), got, want)
			}
		})
	})
	t.Run("TICKET-3 A1 and C2 are alike", func(t *testing.T) {
		t.Parallel()
		soon := ticket.Order{Urgency: "B", Type: "C2", Due: monday, ID: 2}
		late := ticket.Order{Urgency: "B", Type: "A1", Due: monday.Add(time.Second), ID: 1}
		if ticket.Compare(soon, late) >= 0 {
			t.Error("of A1 and C2 the nearer limit goes first")
		}
	})
	t.Run("TICKET-3 database, wall and code have one order", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		for i, u := range ticket.Urgencies {
			for n, typ := range ticket.Types {
				for _, life := range []bool{false, true} {
					if life && u != "A" {
						continue
					}
					in := entry()
					in.Urgency, in.Type, in.LifeSafety = u, typ, life
					d.clock.Set(monday.Add(-time.Duration(i*7+n*3%5) * time.Hour))
					d.register(ctx, in)
				}
			}
		}
		columns, err := ticket.Cards(ctx, d.db, d.site, 1000)
		if err != nil {
			t.Fatal(err)
		}
		cards := columns[0].Cards
		if len(cards) != 24 {
			t.Fatalf("%d cards, want 24", len(cards))
		}
		if !slices.IsSortedFunc(cards, func(a, b ticket.Card) int { return strings.Compare(a.Sort(), b.Sort()) }) {
			t.Error("the database's order is not that of the keys")
		}
		listing, err := d.svc.List(ctx, ticket.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range cards {
			if listing.Tickets[i].ID != cards[i].ID {
				t.Fatalf("list and wall differ at %d", i)
			}
		}
	})
}

func TestAnswersLimitInTheOrderOfWork(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ctx := d.as(staff.Agent)
	// of makes a ticket whose result is due after so many minutes, and whose answer (0: no such limit) after others.
	of := func(kind string, result, answer int) int64 {
		in := entry()
		in.Kind, in.Urgency, in.Type = kind, "B", "B2"
		made := d.register(ctx, in)
		d.scan(&made.ID, `update tickets set due_at = ?1::timestamptz + ?2 * interval '1 minute', solution_at = null,
			solution_due = case when ?3 > 0 then ?1::timestamptz + ?3 * interval '1 minute' end where id = ?0 returning id`, made.ID, monday, result, answer)
		return made.ID
	}
	repair, waits, other, complaint := of("repair", 60, 0), of("help", 2880, 10), of("help", 30, 0), of("complaint", 120, 5)
	check := func(want ...int64) {
		t.Helper()
		columns, err := ticket.Cards(ctx, d.db, d.site, 10)
		if err != nil {
			t.Fatal(err)
		}
		var cards, list, keys []int64
		sorted := slices.SortedFunc(slices.Values(columns[0].Cards), func(a, b ticket.Card) int { return strings.Compare(a.Sort(), b.Sort()) })
		for i := range columns[0].Cards {
			cards, keys = append(cards, columns[0].Cards[i].ID), append(keys, sorted[i].ID)
		}
		listing, err := d.svc.List(ctx, ticket.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		byOrder := slices.Clone(listing.Tickets)
		slices.SortFunc(byOrder, func(a, b ticket.Ticket) int { return ticket.Compare(a.Order(), b.Order()) })
		for i := range listing.Tickets {
			if list = append(list, listing.Tickets[i].ID); byOrder[i].ID != list[i] {
				t.Errorf("the list and the order of tickets differ at %d", i)
			}
		}
		for what, got := range map[string][]int64{"the wall": cards, "its keys": keys, "the list": list} {
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
	}
	t.Run("TICKET-3 a request for help stands by the limit of its answer while that isn't given (HELP-2), others by their result's", func(t *testing.T) {
		check(waits, other, repair, complaint)
	})
	t.Run("TICKET-3 the minute of a first response doesn't decide: the result of help is its answer in ten, and that clock is on the screen (HELP-2)", func(t *testing.T) {
		d.scan(&other, `update tickets set response_at = null, response_due = case when id = ?0 then ?1::timestamptz + interval '1 minute' end
			where site_id = ?2 returning (select ?0::bigint)`, other, monday, d.site)
		check(waits, other, repair, complaint)
	})
	t.Run("TICKET-3 once the answer is given, the result's limit decides", func(t *testing.T) {
		d.scan(&waits, `update tickets set solution_at = ? where id = ? returning id`, monday, waits)
		check(other, repair, complaint, waits)
	})
}

// TestLanes holds the column tickets.lane against State.Lane, for every state.
func TestLanes(t *testing.T) {
	t.Parallel()
	d := setup(t)
	made := d.register(d.as(staff.Agent), entry())
	for _, s := range ticket.States {
		var lane string
		d.scan(&lane, `update tickets set state = ? where id = ? returning coalesce(lane, '')`, string(s), made.ID)
		if lane != string(s.Lane()) {
			t.Errorf("%s: the database says lane %q, the code %q", s, lane, s.Lane())
		}
	}
}

func TestCards(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-2 a phone in the matter or the place never reaches a screen", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		in := entry()
		in.Place, in.Matter = "大堂 13987654321", "请回电 139-8765-4321 或 440301199001011234"
		made := d.register(d.as(staff.Agent), in)
		cards, err := ticket.CardsByID(t.Context(), d.db, d.site, []int64{made.ID})
		if err != nil {
			t.Fatal(err)
		}
		shown := cards[made.ID].Place + cards[made.ID].Matter
		for _, part := range []string{"8765", "4321", "19900101"} {
			if strings.Contains(shown, part) {
				t.Errorf("%q shows %s", shown, part)
			}
		}
	})
	t.Run("lanes are capped, and counted whole", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		for range 7 {
			d.register(ctx, entry())
		}
		taken := d.register(ctx, entry())
		d.bring(taken.ID, ticket.InHand)
		columns, err := ticket.Cards(context.Background(), d.db, d.site, 5)
		if err != nil {
			t.Fatal(err)
		}
		if c := columns[0]; c.Count != 7 || len(c.Cards) != 5 {
			t.Errorf("%d of %d, want 5 of 7", len(c.Cards), c.Count)
		}
		if c := columns[1]; c.Count != 1 || len(c.Cards) != 1 || c.Cards[0].Owner == "" || c.Cards[0].Alarm() {
			t.Errorf("in hand: %+v", c)
		}
	})
	t.Run("another site's card is missing", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		made := d.register(d.as(staff.Agent), entry())
		cards, err := ticket.CardsByID(t.Context(), d.db, d.other, []int64{made.ID, 999})
		if err != nil || len(cards) != 0 {
			t.Errorf("%v, %v", cards, err)
		}
	})
	t.Run("HELP-3 urgency A alarms until somebody accepts it", func(t *testing.T) {
		t.Parallel()
		d := setup(t)
		ctx := d.as(staff.Agent)
		in := entry()
		in.LifeSafety, in.Kind, in.EntryKey = true, "help", uuid.Must(uuid.NewV7())
		made := d.register(ctx, in)
		alarm := func() bool {
			cards, err := ticket.CardsByID(ctx, d.db, d.site, []int64{made.ID})
			if err != nil {
				t.Fatal(err)
			}
			return cards[made.ID].Alarm()
		}
		if made.Urgency != "A" || !alarm() {
			t.Error("help where life is at stake is urgency A and alarms")
		}
		d.do(ctx, made.ID, ticket.Accept, "")
		if alarm() {
			t.Error("it still alarms though somebody accepted it")
		}
	})
}
