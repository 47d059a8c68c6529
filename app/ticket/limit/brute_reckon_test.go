package limit_test

import (
	"slices"

	"lobby/app/ticket/limit"
)

// reckon steps minute by minute from the clock's start to its limit.
func (b *brute) reckon(v *version) {
	v.finished = v.done
	if v.finished == never || v.replaced != never && v.replaced < v.finished {
		v.finished = v.replaced
	}
	v.limit, v.due, v.paused = never, never, never
	stands := func(m int) bool { // the clock stands still
		return (v.kind == limit.Result || v.kind == limit.Order) && b.waiting(m) && (v.finished == never || m < v.finished)
	}
	forever := func(m int) bool { return v.finished == never && m >= b.last && stands(b.last) }
	since := func() int {
		m := b.last
		for m > 0 && b.waiting(m-1) && !b.waitBegins(m) {
			m--
		}
		return m
	}
	switch {
	case v.span == limit.Span{}:
	case v.span.Unit == limit.WorkingDays:
		received := b.at(v.start).day
		for m, left := v.start, v.span.N; ; m++ {
			day := b.at(m).closes
			closes := day > received && b.dates[day].works
			if closes && !stands(m) {
				left--
			}
			if left == 0 {
				v.limit = m
				break
			}
			if closes && forever(m) {
				v.paused, v.leftDays = since(), left
				break
			}
		}
		v.length = v.span.N * 24 * 60
	default:
		v.length = b.length(v.span, v.start)
		for m, ran := v.start, 0; ; m++ {
			if ran == v.length && !stands(m) {
				v.limit = m
				break
			}
			if forever(m) {
				v.paused, v.left = since(), v.length-ran
				break
			}
			if !stands(m) {
				ran++
			}
		}
	}
	v.due = v.limit
	if p := v.promise; p != never {
		switch {
		case stands(p) && forever(max(p, b.last)) && p >= since():
			if v.limit == never && v.paused == never {
				v.paused = since()
			}
		case stands(p):
		case v.due == never || p < v.due:
			v.due = p
		}
	}
	if v.due != never {
		v.paused, v.left, v.leftDays = never, 0, 0
	}
}

// waitBegins tells whether a wait on the customer was entered at a minute, ending another one.
func (b *brute) waitBegins(m int) bool {
	return slices.ContainsFunc(b.events, func(e limit.Event) bool { return e.What == limit.WaitStarted && b.number(e.At) == m })
}

// length is how many minutes a span has from a minute on.
func (b *brute) length(s limit.Span, start int) int {
	switch s.Unit {
	case limit.Minutes:
		return s.N
	case limit.Hours:
		return s.N * 60
	}
	began := b.at(start)
	date := b.dates[began.day]
	wanted := func(day int16) bool { return int(day) == int(began.day)+s.N }
	if s.Unit == limit.Months {
		y, m := date.y, date.m+s.N
		for m > 12 {
			y, m = y+1, m-12
		}
		long := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
		if m == 2 && y%4 == 0 {
			long = 29
		}
		d := min(date.d, long)
		wanted = func(day int16) bool { return b.dates[day].y == y && b.dates[day].m == m && b.dates[day].d == d }
	}
	for m := start; ; m++ {
		if now := b.at(m); now.shown >= began.shown && wanted(now.day) {
			return m - start
		}
	}
}
