package limit_test

import "time"

// The brute-force clock. It steps minute by minute through a world of its own, looks days up in a table of its own, and
// shares no code with the engine: from it come only the types in which policies and histories are written.

// world is a site's calendar as the brute-force clock knows it, and what it has seen of it minute by minute.
type world struct {
	zone    *time.Location
	free    [7]bool           // weekend
	days    map[string]string // "2026-03-02": "holiday" or "workday"
	seasons []brutalSeason

	zero    time.Time // minute 0
	minutes []minute
	dates   []brutalDay
}

type brutalSeason struct {
	from    string // "05-01"
	closing int    // minute of the day
	shifts  [2][2]int
}

// minute is one minute of the world: its day, counted from 0, what the clock on the wall shows, the day that closes just
// then (none: -1), and whether somebody is at work in it.
type minute struct {
	day, shown, closes int16
	busy               bool
}

type brutalDay struct {
	y, m, d int
	works   bool
	closing int // minute of the day; -1 when it has closed
	shifts  [2]brutalShift
}

type brutalShift struct {
	from, to    int
	begun, over bool
}

// busy tells whether a minute of the day lies in the shift, which begins and ends once.
func (s *brutalShift) busy(shown int) bool {
	s.begun = s.begun || shown >= s.from
	s.over = s.over || shown >= s.to
	return s.begun && !s.over
}

// at gives a minute, having lived until it.
func (w *world) at(m int) minute {
	for len(w.minutes) <= m {
		w.live()
	}
	return w.minutes[m]
}

// live lives until the next full quarter of an hour: no zone changes its clocks or its day within one.
func (w *world) live() {
	at := w.zero.Add(time.Duration(len(w.minutes)) * time.Minute).In(w.zone)
	shown := at.Hour()*60 + at.Minute()
	if n := len(w.dates); n == 0 || w.dates[n-1].d != at.Day() {
		w.dates = append(w.dates, w.day(at))
	}
	today := len(w.dates) - 1
	for i := range 15 - shown%15 {
		now := minute{int16(today), int16(shown + i), -1, false}
		for n := range w.dates[today].shifts {
			if w.dates[today].shifts[n].busy(shown+i) && w.dates[today].works {
				now.busy = true
			}
		}
		if yesterday := today - 1; yesterday >= 0 && w.dates[yesterday].closing >= 0 { // it closes at midnight
			now.closes, w.dates[yesterday].closing = int16(yesterday), -1
		}
		if c := w.dates[today].closing; c >= 0 && shown+i >= c {
			now.closes, w.dates[today].closing = int16(today), -1
		}
		w.minutes = append(w.minutes, now)
	}
}

func (w *world) day(at time.Time) brutalDay {
	d := brutalDay{y: at.Year(), m: int(at.Month()), d: at.Day(), works: !w.free[at.Weekday()]}
	switch w.days[at.Format(time.DateOnly)] {
	case "holiday":
		d.works = false
	case "workday":
		d.works = true
	}
	best := ""
	for _, s := range w.seasons { // the latest that has begun this year, or else the latest of all
		begun, bestBegun := s.from <= at.Format("01-02"), best != "" && best <= at.Format("01-02")
		if best == "" || begun && !bestBegun || begun == bestBegun && s.from > best {
			best, d.closing = s.from, s.closing
			for n, shift := range s.shifts {
				d.shifts[n] = brutalShift{from: shift[0], to: shift[1]}
			}
		}
	}
	return d
}

// number is the minute of a moment.
func (w *world) number(t time.Time) int { return int(t.Sub(w.zero) / time.Minute) }
