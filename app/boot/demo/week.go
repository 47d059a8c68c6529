package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lobby/app/ticket"
	"lobby/app/visitor"
)

// The week: whole days before today, visits a day, and how many visitors are in the building now.
const (
	days         = 6
	visitsPerDay = 46
	insideNow    = 16
)

type visitKind struct {
	Purpose   string   `json:"purpose"`
	Weight    int      `json:"weight"`
	Stay      [2]int   `json:"stay"`   // minutes, from and to
	People    int      `json:"people"` // at most
	Plate     int      `json:"plate"`  // percent that come by car
	Companies []string `json:"companies"`
	Notes     []string `json:"notes"`
}

type ticketKind struct {
	Kind       string   `json:"kind"`
	Urgency    string   `json:"urgency"`
	Type       string   `json:"type"`
	Where      string   `json:"where"`      // home or public
	Department string   `json:"department"` // where its orders go; empty: the desk handles it
	Weight     int      `json:"weight"`
	Matters    []string `json:"matters"`
	Done       []string `json:"done"`
	Place      string   `json:"place"`  // only the alarm's
	Matter     string   `json:"matter"` // only the alarm's
}

// week lets seven days pass: each day's entries in their order, the days side by side.
func (w *world) week(ctx context.Context) (visits, tickets int, err error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var all error
	slots := make(chan struct{}, 6)
	side := func(fn func() error) {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := fn(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				all = errors.Join(all, err)
			}
		})
	}
	for ago := days; ago >= 0; ago-- {
		arrivals := w.arrivals(ago)
		visits += len(arrivals)
		side(func() error {
			for _, a := range arrivals {
				if err := w.visit(ctx, a); err != nil {
					return fmt.Errorf("demo visit %d: %w", a.index, err)
				}
			}
			return nil
		})
	}
	for _, day := range w.matters() {
		tickets += len(day)
		side(func() error {
			for _, m := range day {
				if err := w.ticket(ctx, m); err != nil {
					return fmt.Errorf("demo ticket %d: %w", m.index, err)
				}
			}
			return nil
		})
	}
	wg.Wait()
	if all != nil {
		return 0, 0, all
	}
	// Who wasn't signed out on an earlier day, and limits that passed, are marked with their true times.
	if _, err := w.visits(w.now).EndDay(ctx, w.now); err != nil {
		return 0, 0, err
	}
	if _, err = w.tickets(w.now).MarkDue(ctx); err != nil {
		return 0, 0, err
	}
	return visits, tickets, w.afterwards(ctx)
}

// arrival is one visit to come.
type arrival struct {
	index int
	at    time.Time
	stays bool // still in the building now
}

// arrivals of one day, in order: from 07:30 to 21:30, more in the morning and the evening; today up to now, and then
// those who are still inside, at whatever hour the demo is started.
func (w *world) arrivals(ago int) []arrival {
	midnight := w.site.Day(w.now.AddDate(0, 0, -ago))
	opens, closes := midnight.Add(7*time.Hour+30*time.Minute), midnight.Add(21*time.Hour+30*time.Minute)
	var out []arrival
	for k := range visitsPerDay {
		d := throw("arrival", ago*1000+k)
		span := closes.Sub(opens) / visitsPerDay
		at := opens.Add(span*time.Duration(k) + time.Duration(d.Int64N(int64(span))))
		if at.Before(w.now.Add(-6 * time.Hour)) { // long enough ago to have left
			out = append(out, arrival{index: ago*1000 + k, at: at})
		}
	}
	if ago > 0 {
		return out
	}
	// Of today's last hours: short visits that are over, and those inside. Never before midnight: that day has ended.
	since := w.now.Sub(midnight)
	reach := min(5*time.Hour, since)
	for k := range insideNow + 14 {
		d := throw("inside", k)
		back := reach - reach*time.Duration(k)/(insideNow+14) - time.Duration(d.Int64N(int64(reach)/60+1))
		at := w.now.Add(-max(back, time.Second))
		if !at.Before(midnight) {
			out = append(out, arrival{index: 900 + k, at: at, stays: k >= 6 && k%2 == 0 || k >= 20})
		}
	}
	return out
}

// visit lets one visitor come, and leave where they have left.
func (w *world) visit(ctx context.Context, a arrival) error {
	d := throw("visit", a.index)
	kind := weighted(d, data().Visits, func(k visitKind) int { return k.Weight })
	in := visitor.Register{EntryKey: key("visit", a.index), Name: d.name(), Phone: d.phone(), Purpose: kind.Purpose,
		Company: pick(d, kind.Companies), Note: pick(d, kind.Notes), People: 1 + d.IntN(kind.People), Channel: visitor.Kiosk}
	if d.chance(85) {
		in.Place = d.home(w.places)
	}
	if in.Place == "" || d.chance(35) {
		in.Host = d.name()
	}
	if d.chance(kind.Plate) {
		in.Plate = d.plate()
	}
	who := w.kiosk(ctx)
	if d.chance(30) {
		in.Channel, who = visitor.Counter, w.as(ctx, "reception")
	}
	pass, err := w.visits(a.at).Register(who, in)
	if err != nil || a.stays || !pass.Visit.Open() {
		return err
	}
	return w.leave(ctx, d, a, kind, pass)
}

// leave signs a visitor out by one of the ways there are; some forget, and their day's end does it (VISIT-4).
func (w *world) leave(ctx context.Context, d dice, a arrival, kind visitKind, pass *visitor.Pass) error {
	at := a.at.Add(d.between(kind.Stay[0], kind.Stay[1]))
	if at.After(w.now) {
		at = a.at.Add(w.now.Sub(a.at) / 2)
	}
	today := !a.at.Before(w.site.Day(w.now))
	if !today && (d.chance(8) || w.site.Day(at).After(w.site.Day(a.at))) {
		return nil
	}
	var err error
	switch s := w.visits(at); d.IntN(10) {
	case 0, 1, 2, 3, 4:
		_, err = s.Leave(w.kiosk(ctx), pass.Code)
	case 5, 6:
		_, err = s.LeaveByPass(ctx, pass.Token)
	default:
		_, err = s.End(w.as(ctx, "reception"), pass.Visit.ID)
	}
	return err
}

// matter is one ticket to come: when it was registered and how far it has come.
type matter struct {
	index int
	at    time.Time
	goal  ticket.State
	alarm bool
	hot   bool   // urgency A
	only  string // of this kind only; empty: of any
	stage int    // of a repair whose order has come so far; 0: any kind of matter
}

// open are the tickets that are open now, by age: some just in, some near their limit, some past it.
var open = []struct {
	age  time.Duration
	goal ticket.State
	hot  bool
}{
	{70 * time.Hour, ticket.InHand, false}, {61 * time.Hour, ticket.InHand, false}, {52 * time.Hour, ticket.Registered, false},
	{49 * time.Hour, ticket.InHand, false}, {47*time.Hour + 25*time.Minute, ticket.InHand, false},
	{46*time.Hour + 10*time.Minute, ticket.Registered, false}, {44 * time.Hour, ticket.InHand, false},
	{39 * time.Hour, ticket.Resolved, false}, {33 * time.Hour, ticket.InHand, false}, {29 * time.Hour, ticket.Resolved, false},
	{27 * time.Hour, ticket.InHand, false}, {24 * time.Hour, ticket.Resolved, false}, {21 * time.Hour, ticket.InHand, false},
	{18 * time.Hour, ticket.Registered, false}, {15 * time.Hour, ticket.InHand, false}, {13 * time.Hour, ticket.Resolved, false},
	{11 * time.Hour, ticket.InHand, false}, {9 * time.Hour, ticket.Registered, false}, {7 * time.Hour, ticket.Resolved, false},
	{6 * time.Hour, ticket.InHand, false}, {4 * time.Hour, ticket.Registered, false}, {3 * time.Hour, ticket.InHand, true},
	{150 * time.Minute, ticket.Resolved, false}, {95 * time.Minute, ticket.Registered, false}, {70 * time.Minute, ticket.InHand, false},
	{40 * time.Minute, ticket.Registered, false}, {22 * time.Minute, ticket.Registered, false}, {9 * time.Minute, ticket.Registered, true},
}

// repairs are repairs in hand, by age: their orders stand at one stage each.
var repairs = []time.Duration{35 * time.Minute, 80 * time.Minute, 3 * time.Hour, 5 * time.Hour, 8 * time.Hour, 20 * time.Hour, 26 * time.Hour}

const closedTickets = 72

// matters lists the week's tickets by day of registration, each day in its order.
func (w *world) matters() map[time.Time][]matter {
	var all []matter
	for k := range closedTickets { // from a week ago to a day ago, at hours of the day
		d := throw("closed", k)
		at := w.now.Add(-days*24*time.Hour + time.Duration(k)*(days-1)*24*time.Hour/closedTickets)
		at = w.site.Day(at).Add(8*time.Hour + d.between(0, 13*60))
		if at.Before(w.now.Add(-20 * time.Hour)) {
			all = append(all, matter{index: k, at: at, goal: ticket.Closed, hot: d.chance(6)})
		}
	}
	for k, o := range open {
		all = append(all, matter{index: 1000 + k, at: w.now.Add(-o.age), goal: o.goal, hot: o.hot})
	}
	for k, age := range repairs {
		all = append(all, matter{index: 1500 + k, at: w.now.Add(-age), goal: ticket.InHand, stage: k + 1})
	}
	all = append(all, w.earlier()...)
	all = append(all, matter{index: 2000, at: w.now.Add(-2 * time.Minute), goal: ticket.Registered, alarm: true})
	byDay := map[time.Time][]matter{}
	for _, m := range sorted(all) {
		day := w.site.Day(m.at)
		byDay[day] = append(byDay[day], m)
	}
	return byDay
}
