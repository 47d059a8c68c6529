package limit_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lobby/app/site/calendar"
	"lobby/app/ticket/limit"
)

// cases is how many random cases the engine is held against in the usual run; -rapid.checks takes the place of a
// hundredth of it.
const shards = 100

// TestAgainstBruteForce holds the engine against a clock that steps minute by minute, over random policies, calendars
// and histories.
func TestAgainstBruteForce(t *testing.T) {
	t.Parallel()
	var cases atomic.Int64
	t.Run("SLA-4 the engine and the brute-force clock agree", func(t *testing.T) {
		for i := range shards {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) {
					compare(t)
					cases.Add(1)
				})
			})
		}
	})
	t.Logf("%d cases", cases.Load())
	if n := cases.Load(); n < 10_000 && !t.Failed() && !testing.Short() {
		t.Errorf("%d cases, want 10000", n)
	}
}

func compare(t *rapid.T) {
	w, cal := anyWorld(t)
	p := anyPolicy(t)
	h := anyHistory(t, w, p)
	got := limit.Of(p, cal, h)
	b := newBrute(w, p, h)
	var all []version
	for _, k := range []limit.Kind{limit.Response, limit.Solution, limit.Result, limit.Order, limit.Callback, limit.Update} {
		if b.order == (k == limit.Order) {
			all = append(all, b.same(t, got, k, limit.Span{})...)
		}
	}
	if !b.order {
		for _, rung := range b.rungs() {
			all = append(all, b.same(t, got, limit.Takeover, rung)...)
			all = append(all, b.same(t, got, limit.Major, rung)...)
		}
	}
	if len(all) != len(got) {
		t.Fatalf("%d clocks, want %d: %+v", len(got), len(all), got)
	}
	const farthest = 5000
	said := b.escalations(all, b.last+farthest)
	for range 3 {
		b.sameLater(t, got, all, said, b.last+rapid.IntRange(0, farthest).Draw(t, "later"))
	}
}

// rungs are the spans of all ladders' rungs.
func (b *brute) rungs() []limit.Span {
	var spans []limit.Span
	for _, f := range b.stands {
		for _, l := range f.policy.Ladder {
			if usable(l.After) && !slices.Contains(spans, l.After) {
				spans = append(spans, l.After)
			}
		}
	}
	return spans
}

func (b *brute) moment(m int) time.Time {
	if m == never {
		return time.Time{}
	}
	return b.zero.Add(time.Duration(m) * time.Minute)
}

// same compares the clocks of one kind, and gives them as the brute-force clock sees them.
func (b *brute) same(t *rapid.T, l limit.Limits, k limit.Kind, rung limit.Span) []version {
	var got []limit.Clock
	for _, c := range l {
		if c.Kind == k && (rung == limit.Span{} || c.Span == rung) {
			got = append(got, c)
		}
	}
	want := b.versions(k, rung)
	if len(got) != len(want) {
		t.Fatalf("%d clocks of %s %s, want %d:\n%+v\n%+v", len(got), k, rung, len(want), got, want)
	}
	for i, c := range got {
		v := want[i]
		for _, f := range []struct {
			name string
			got  time.Time
			want int
		}{
			{"start", c.Start, v.start}, {"set", c.Set, v.set}, {"limit", c.Limit, v.limit}, {"due", c.Due, v.due}, {"done", c.Done, v.done},
			{"replaced", c.Replaced, v.replaced}, {"paused", c.Paused, v.paused}, {"promise", c.Promise, v.promise},
		} {
			if !f.got.Equal(b.moment(f.want)) {
				t.Fatalf("%s %s %d: %s is %s, want %s\n%+v\n%+v", k, rung, i, f.name, f.got, b.moment(f.want), c, v)
			}
		}
		if c.Span != v.span || c.Round != v.round || c.OnSpot != v.onSpot || !slices.Equal(c.Levels, v.levels) {
			t.Fatalf("%s %d: %+v, want %+v", k, i, c, v)
		}
		b.sameWhy(t, c, v)
	}
	return want
}

// sameWhy holds the working of a limit against the days and minutes that count.
func (b *brute) sameWhy(t *rapid.T, c limit.Clock, v version) {
	now := b.moment(b.last)
	parts := c.Why(now)
	if v.span == (limit.Span{}) || v.span.Unit != limit.WorkingDays && v.length == 0 {
		return
	}
	at, counted, days := c.Start, time.Duration(0), 0
	for _, p := range parts {
		if !p.From.Equal(at) || !p.From.Before(p.Until) {
			t.Fatalf("%s: a gap at %s in %+v", c.Kind, at, parts)
		}
		at = p.Until
		if p.Counted {
			counted += p.Until.Sub(p.From)
			days++
		}
		m := b.number(p.From)
		if stood := p.Code == limit.WaitingCode(limit.Customer); stood && v.span.Unit != limit.WorkingDays && !b.waiting(m) {
			t.Fatalf("%s: it didn't wait at %s: %+v", c.Kind, p.From, parts)
		}
		if v.span.Unit == limit.WorkingDays && p.Counted && !b.dates[b.at(m).day].works {
			t.Fatalf("%s: %s isn't worked: %+v", c.Kind, p.From, parts)
		}
	}
	switch {
	case v.limit == never:
	case !at.Equal(b.moment(v.limit)):
		t.Fatalf("%s ends %s, want %s", c.Kind, at, b.moment(v.limit))
	case v.span.Unit == limit.WorkingDays && days != v.span.N:
		t.Fatalf("%s counts %d days of %s: %+v", c.Kind, days, v.span, parts)
	case v.span.Unit != limit.WorkingDays && counted != time.Duration(v.length)*time.Minute:
		t.Fatalf("%s counts %s of %s: %+v", c.Kind, counted, v.span, parts)
	}
}

// near is when the clock becomes near, in seconds after minute 0.
func (b *brute) near(v version) int {
	p := b.stands[len(b.stands)-1].policy.Near
	if v.due == never || p.Share == 0 || v.kind == limit.Takeover || v.kind == limit.Major {
		return never
	}
	length := v.length
	if v.limit == never || v.due < v.limit {
		length = max(0, v.promise-v.promised)
	}
	last := length * 60 * p.Share / 100
	if usable(p.Most) {
		last = min(last, p.Most.N*60)
	}
	return v.due*60 - last
}

func (v version) passed(now int) bool {
	return v.due != never && v.due <= now && (v.finished == never || v.finished > v.due)
}

func (b *brute) state(v version, now int) limit.State {
	switch near := b.near(v); {
	case v.replaced != never:
		return limit.Replaced
	case v.done != never && v.passed(now):
		return limit.Late
	case v.done != never:
		return limit.Met
	case v.passed(now):
		return limit.Overdue
	case v.paused != never:
		return limit.Waiting
	case near != never && near <= now*60:
		return limit.IsNear
	}
	return limit.Running
}

// sameLater compares everything that depends on the time at which one looks.
func (b *brute) sameLater(t *rapid.T, l limit.Limits, all []version, said []told, now int) {
	at := b.moment(now)
	for i := range l {
		c := &l[i]
		n := 0
		for !matches(b, &all[n], c) {
			n++
		}
		v := all[n]
		if got, want := c.State(at), b.state(v, now); got != want {
			t.Fatalf("%s at %s is %s, want %s\n%+v\n%+v", c.Kind, at, got, want, c, v)
		}
		var passed time.Time
		if v.passed(now) {
			passed = b.moment(v.due)
		}
		if got := c.Breached(at); !got.Equal(passed) {
			t.Fatalf("%s passed at %s, want %s", c.Kind, got, passed)
		}
		if got, want := c.Remaining(at), b.remaining(v, now); got != want {
			t.Fatalf("%s at %s has %+v left, want %+v\n%+v", c.Kind, at, got, want, c)
		}
	}
	var next int64 = never
	for _, v := range all {
		for _, s := range []int{b.near(v), v.due * 60} {
			if v.finished == never && v.due != never && s > now*60 && (next == never || int64(s) < next) {
				next = int64(s)
			}
		}
	}
	var want time.Time
	if next != never {
		want = b.zero.Add(time.Duration(next) * time.Second)
	}
	if got := l.Next(at); !got.Equal(want) {
		t.Fatalf("next after %s is %s, want %s", at, got, want)
	}
	if got, want := saidOf(l.Escalations(at), b), saidUntil(said, now); got != want {
		t.Fatalf("escalations until %s:\n%s\nwant\n%s", at, got, want)
	}
}

// matches tells whether a clock is the version.
func matches(b *brute, v *version, c *limit.Clock) bool {
	return v.kind == c.Kind && v.span == c.Span && v.onSpot == c.OnSpot && slices.Equal(v.levels, c.Levels) &&
		b.moment(v.set).Equal(c.Set) && b.moment(v.start).Equal(c.Start) && b.moment(v.promise).Equal(c.Promise) &&
		b.moment(v.replaced).Equal(c.Replaced) && b.moment(v.done).Equal(c.Done)
}

func (b *brute) remaining(v version, now int) limit.Left {
	switch {
	case v.finished != never || v.due == never && v.paused == never:
		return limit.Left{}
	case v.due == never:
		return limit.Left{Time: time.Duration(v.left) * time.Minute, Days: v.leftDays}
	}
	left := limit.Left{Time: time.Duration(v.due-now) * time.Minute}
	if v.span.Unit == limit.WorkingDays {
		for m := now + 1; m <= v.due; m++ {
			if day := b.at(m).closes; day > b.at(v.start).day && b.dates[day].works {
				left.Days++
			}
		}
	}
	return left
}

// told is that a level is told of something, at a minute.
type told struct {
	minute   int
	sentence string
}

// escalations steps through time and tells each level once.
func (b *brute) escalations(all []version, until int) []told {
	var said []told
	heard := map[string]bool{}
	tell := func(m int) {
		levels := map[string][]string{}
		for _, v := range all {
			if v.fires(m) {
				for _, level := range v.levels {
					levels[level] = append(levels[level], string(v.kind))
				}
			}
		}
		for level, kinds := range levels {
			for _, v := range all {
				if v.due == m && v.set <= m && v.passed(m) && slices.Contains([]limit.Kind{limit.Response, limit.Solution, limit.Result, limit.Order}, v.kind) {
					kinds = append(kinds, string(v.kind))
				}
			}
			if !heard[level] {
				heard[level] = true
				said = append(said, told{m, sentence(m, level, kinds)})
			}
		}
	}
	fires := make([]bool, until+1)
	for i := range all {
		if m := max(all[i].due, all[i].set); 0 <= m && m <= until && all[i].fires(m) {
			fires[m] = true
		}
	}
	for m, some := range fires {
		if some {
			tell(m)
		}
	}
	return said
}

// fires tells whether the clock tells somebody at a minute: it passes then, or had passed when it was set then.
func (v *version) fires(m int) bool {
	return v.due != never && max(v.due, v.set) == m && (v.finished == never || v.finished > m)
}

func saidUntil(all []told, now int) string {
	var said []string
	for _, s := range all {
		if s.minute <= now {
			said = append(said, s.sentence)
		}
	}
	slices.Sort(said)
	return strings.Join(said, "\n")
}

func sentence(m int, level string, kinds []string) string {
	slices.Sort(kinds)
	return fmt.Sprintf("%07d %s %s", m, level, strings.Join(slices.Compact(kinds), "+"))
}

func saidOf(all []limit.Escalation, b *brute) string {
	var said []string
	for _, e := range all {
		var kinds []string
		for _, k := range e.From {
			kinds = append(kinds, string(k))
		}
		said = append(said, sentence(b.number(e.At), e.Level, kinds))
	}
	slices.Sort(said)
	return strings.Join(said, "\n")
}

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
		w.seasons = append(w.seasons, brutalSeason{from.Format("01-02"), closing})
		hours.Seasons = append(hours.Seasons, calendar.Season{
			Code: fmt.Sprint(i), From: calendar.MonthDay{Month: from.Month(), Day: from.Day()},
			Shifts: []calendar.Shift{{Code: "a", From: 0, To: calendar.TimeOfDay(closing)}, {Code: "b", From: 0, To: calendar.TimeOfDay(closing / 2)}},
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
		limit.Reopened, limit.PolicyChanged, limit.Done, limit.Rejected, "verified",
	}
	ofOrders = []limit.What{
		limit.Classified, limit.Promised, limit.WaitStarted, limit.WaitStarted, limit.WaitEnded, limit.WaitEnded, limit.Done, limit.Rejected, limit.Closed,
		limit.PolicyChanged, limit.Resolved, limit.Reopened, limit.Told, "accepted",
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
