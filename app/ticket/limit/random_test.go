package limit_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"lobby/app/site/calendar"
	"lobby/app/ticket/limit"
)

var zones = []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"}

// dates on which cases begin: the changes of clocks, the turn of the year and of February among them.
var begins = []string{"2026-03-04", "2026-03-06", "2026-10-29", "2026-10-31", "2026-04-02", "2026-10-01", "2025-12-29", "2026-02-26", "2026-01-30", "2026-06-10"}

// anyWorld makes the same calendar twice: for the brute-force clock, and for the engine.
func anyWorld(t *rapid.T) (*world, *calendar.Calendar) {
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	day, err := time.ParseInLocation(time.DateOnly, rapid.SampledFrom(begins).Draw(t, "day"), zone)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{zone: zone, days: map[string]string{}, zero: day, minutes: make([]minute, 0, 1<<13)}
	var hours calendar.Hours
	for _, n := range rapid.SampledFrom([][]int{{0, 6}, {0, 6}, {0}, {}, {1, 2, 5}}).Draw(t, "weekend") {
		w.free[n] = true
		hours.Weekend = append(hours.Weekend, calendar.Weekday(n))
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "seasons") {
		from := day.AddDate(0, 0, rapid.IntRange(-20, 8).Draw(t, "season from")+i*30)
		closing := rapid.IntRange(5*2, 24*2).Draw(t, "closing") * 30
		if from.Format("01-02") == "02-29" || slices.ContainsFunc(w.seasons, func(s brutalSeason) bool { return s.from == from.Format("01-02") }) {
			continue
		}
		begin := rapid.IntRange(0, closing/30-2).Draw(t, "begin of work") * 30
		middle := rapid.IntRange(begin/30+1, closing/30).Draw(t, "middle") * 30
		again := rapid.IntRange(begin/30, closing/30-1).Draw(t, "begin of the other shift") * 30
		w.seasons = append(w.seasons, brutalSeason{from.Format("01-02"), closing, [2][2]int{{begin, middle}, {again, closing}}})
		hours.Seasons = append(hours.Seasons, calendar.Season{
			Code: fmt.Sprint(i), From: calendar.MonthDay{Month: from.Month(), Day: from.Day()},
			Shifts: []calendar.Shift{{Code: "a", From: calendar.TimeOfDay(again), To: calendar.TimeOfDay(closing)},
				{Code: "b", From: calendar.TimeOfDay(begin), To: calendar.TimeOfDay(middle)}},
		})
	}
	years := map[int]calendar.Year{}
	for _, y := range []int{day.Year(), day.AddDate(0, 0, 10).Year()} {
		if rapid.IntRange(0, 4).Draw(t, "known") > 0 {
			years[y] = calendar.Year{Number: y, Days: map[calendar.Day]calendar.Entry{}}
		}
	}
	for i := range 14 {
		at := day.AddDate(0, 0, i)
		kind := rapid.SampledFrom([]calendar.Kind{"", "", "", calendar.Holiday, calendar.Workday}).Draw(t, "kind of day")
		if y, known := years[at.Year()]; known && kind != "" {
			w.days[at.Format(time.DateOnly)] = string(kind)
			y.Days[calendar.Date(at.Date())] = calendar.Entry{Kind: kind, Name: "节"}
		}
	}
	var all []calendar.Year
	for _, y := range years {
		all = append(all, y)
	}
	cal, err := calendar.New(zone, hours, all...)
	if err != nil {
		t.Fatal(err)
	}
	return w, cal
}

func anySpan(t *rapid.T, units ...limit.Unit) limit.Span {
	unit := rapid.SampledFrom(units).Draw(t, "unit")
	most := map[limit.Unit]int{limit.Minutes: 900, limit.Hours: 60, limit.Days: 3, limit.Months: 1, limit.WorkingDays: 3}
	if rapid.IntRange(0, 20).Draw(t, "none") == 0 {
		return limit.Span{}
	}
	return limit.Span{N: rapid.IntRange(0, most[unit]).Draw(t, "n"), Unit: unit}
}

var units = []limit.Unit{limit.Minutes, limit.Hours, limit.Days, limit.WorkingDays, limit.WorkingDays}

func anyPolicy(t *rapid.T) *limit.Policy {
	p := &limit.Policy{}
	for range rapid.IntRange(1, 4).Draw(t, "rows") {
		p.Rows = append(p.Rows, limit.Row{
			Kind: rapid.SampledFrom([]string{"", "repair", "complaint"}).Draw(t, "kind"), LifeSafety: rapid.IntRange(0, 5).Draw(t, "life") == 0,
			Help: rapid.SampledFrom([]string{"", "", "", "medical"}).Draw(t, "help"), Severity: rapid.SampledFrom([]string{"", "", "minor"}).Draw(t, "severity"),
			Urgency:  rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "urgency"),
			Response: anySpan(t, units...), OnSpot: rapid.Bool().Draw(t, "spot"), Solution: anySpan(t, units...), Result: anySpan(t, units...),
			Order: anySpan(t, units...), Update: anySpan(t, units...),
		})
	}
	if rapid.IntRange(0, 3).Draw(t, "repeated") == 0 {
		p.Rows = append(p.Rows, p.Rows[0])
	}
	for range rapid.IntRange(0, 4).Draw(t, "rungs") {
		r := limit.Rung{On: rapid.SampledFrom([]string{"case", "case", "complaint", "order", "response", "result", "callback"}).Draw(t, "on")}
		if r.On == limit.OnCase || r.On == limit.OnComplaint {
			ladder := []limit.Unit{limit.Days}
			if rapid.IntRange(0, 30).Draw(t, "months") == 0 {
				ladder = []limit.Unit{limit.Months}
			}
			r.After = anySpan(t, ladder...)
		}
		r.Levels = rapid.SampledFrom([][]string{{"supervisor"}, {"manager"}, {"supervisor", "operations_manager"}}).Draw(t, "levels")
		r.Next = anySpan(t, limit.Minutes, limit.Hours, limit.Hours, limit.Days)
		p.Ladder = append(p.Ladder, r)
	}
	p.Callbacks = limit.Callbacks{Within: anySpan(t, units...), Sampled: []string{"repair"}}
	p.Near = limit.Near{Share: rapid.SampledFrom([]int{0, 25, 40}).Draw(t, "share"), Most: anySpan(t, limit.Minutes)}
	return p
}

func anyClass(t *rapid.T) limit.Class {
	return limit.Class{
		Kind:    rapid.SampledFrom([]string{"", "repair", "repair", "complaint", "complaint"}).Draw(t, "class"),
		Urgency: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "urgency"), Severity: rapid.SampledFrom([]string{"", "minor"}).Draw(t, "severity"),
		Help: rapid.SampledFrom([]string{"", "medical"}).Draw(t, "help"), LifeSafety: rapid.IntRange(0, 5).Draw(t, "life") == 0,
	}
}

var (
	ofTickets = []limit.What{
		limit.Classified, limit.Answered, limit.Arrived, limit.Offered, limit.Told, limit.Promised, limit.WaitStarted, limit.WaitStarted, limit.WaitEnded,
		limit.WaitEnded, limit.Resolved, limit.Resolved, limit.Invalid, limit.Unsolvable, limit.Sampled, limit.CalledBack, limit.Closed, limit.Reopened,
		limit.Reopened, limit.PolicyChanged, limit.Done, limit.Rejected, "verified", limit.Taken, limit.Taken,
	}
	ofOrders = []limit.What{
		limit.Classified, limit.Promised, limit.WaitStarted, limit.WaitStarted, limit.WaitEnded, limit.WaitEnded, limit.Done, limit.Rejected, limit.Closed,
		limit.PolicyChanged, limit.Resolved, limit.Reopened, limit.Told, "accepted", limit.Taken,
	}
)

// anyHistory is any sequence of events, most of which no flow would let through.
func anyHistory(t *rapid.T, w *world, p *limit.Policy) limit.History {
	at := w.zero.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "begin")) * time.Minute)
	h := limit.History{{At: at, What: limit.Registered, Class: anyClass(t)}}
	whats := ofTickets
	if rapid.IntRange(0, 4).Draw(t, "order") == 0 {
		h[0].What, whats = limit.Sent, ofOrders
	}
	w.zero = at
	for range rapid.IntRange(0, 12).Draw(t, "events") {
		at = at.Add(time.Duration(anyGap(t, w, p, at)) * time.Minute)
		e := limit.Event{At: at, What: rapid.SampledFrom(whats).Draw(t, "what")}
		switch e.What {
		case limit.Classified:
			e.Class = anyClass(t)
		case limit.Promised:
			e.Until = at.Add(time.Duration(rapid.IntRange(-4, 100).Draw(t, "until")) * 30 * time.Minute)
		case limit.WaitStarted:
			e.On = rapid.SampledFrom([]limit.Party{limit.Customer, limit.Customer, limit.Customer, limit.Parts}).Draw(t, "on")
		case limit.PolicyChanged:
			e.Policy = anyPolicy(t)
		}
		h = append(h, e)
	}
	return h
}

// anyGap is how many minutes pass until the next event: none, any, or until just then when something falls due.
func anyGap(t *rapid.T, w *world, p *limit.Policy, at time.Time) int {
	switch rapid.IntRange(0, 5).Draw(t, "gap") {
	case 0:
		return 0
	case 1:
		return rapid.IntRange(1, 90).Draw(t, "minutes")
	case 2:
		return 30 * rapid.IntRange(1, 60).Draw(t, "half hours")
	case 3: // until closing time
		closing := rapid.SampledFrom(w.seasons).Draw(t, "season").closing
		shown := at.In(w.zone)
		return (closing-shown.Hour()*60-shown.Minute()+24*60)%(24*60) + 24*60*rapid.IntRange(0, 1).Draw(t, "days")
	}
	row := rapid.SampledFrom(p.Rows).Draw(t, "row")
	span := rapid.SampledFrom([]limit.Span{row.Response, row.Solution, row.Result, row.Result, row.Order, row.Update}).Draw(t, "span")
	due := map[limit.Unit]int{limit.Minutes: span.N, limit.Hours: span.N * 60, limit.Days: span.N * 24 * 60}[span.Unit]
	return max(0, due-w.number(at)*rapid.IntRange(0, 1).Draw(t, "from the beginning"))
}
