package limit_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lobby/app/ticket/limit"
)

// TestAgainstBruteForce holds the engine against a clock that steps minute by minute, over random policies, calendars
// and histories: a hundred cases in each shard, or as many as -rapid.checks says.
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
	if n := cases.Load(); n < 100*shards && !t.Failed() && !testing.Short() {
		t.Errorf("%d cases, want %d", n, 100*shards)
	}
}

// farthest is how many minutes after the last event the two are compared.
const farthest = 5000

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
	said := b.escalations(all, b.last+2*farthest)
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
		if c.Span != v.span || c.Round != v.round || c.OnSpot != v.onSpot || !slices.Equal(c.Levels, v.levels) || c.Next != v.next {
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
	for _, s := range said {
		if s.minute > now && (next == never || int64(s.minute*60) < next) {
			next = int64(s.minute * 60)
		}
	}
	var want time.Time
	if next != never {
		want = b.zero.Add(time.Duration(next) * time.Second)
	}
	farOff := func(got time.Time) bool { // the brute-force clock has not lived that long
		return !got.Before(b.moment(b.last+2*farthest)) && (want.IsZero() || want.After(got))
	}
	if got := l.Next(at); !got.Equal(want) && !farOff(got) {
		t.Fatalf("next after %s is %s, want %s", at, got, want)
	}
	if got, want := saidOf(l.Escalations(at), b), saidUntil(said, now); got != want {
		t.Fatalf("escalations until %s:\n%s\nwant\n%s", at, got, want)
	}
}

// matches tells whether a clock is the version.
func matches(b *brute, v *version, c *limit.Clock) bool {
	return v.kind == c.Kind && v.span == c.Span && v.onSpot == c.OnSpot && slices.Equal(v.levels, c.Levels) && v.next == c.Next &&
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
