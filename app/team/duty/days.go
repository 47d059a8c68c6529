package duty

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"lobby/app/staff"
	"lobby/views/locale"
	view "lobby/views/team"
)

// rank is where a line stands in a list: who is there, who can be reached, who is away.
func rank(k staff.DutyKind) int { return slices.Index(staff.DutyKinds, k) }

// byKind puts lines in the order in which a supervisor reads them: by what they say, then by their beginning.
func byKind(list []staff.Duty) []staff.Duty {
	return slices.SortedStableFunc(slices.Values(list), func(a, b staff.Duty) int {
		return cmp.Or(cmp.Compare(rank(a.Kind), rank(b.Kind)), a.From.Compare(b.From))
	})
}

// current are the lines of this moment.
func current(ctx context.Context, list []staff.Duty, now time.Time) (out []view.DutyLine) {
	for _, d := range byKind(list) {
		l := line(d, now)
		switch from, until := d.From.In(locale.Zone(ctx)), d.Until.In(locale.Zone(ctx)); {
		case startOfDay(from).Equal(startOfDay(until)):
			l.When = locale.Clock(ctx, from) + "–" + locale.Clock(ctx, until)
		default:
			l.When = locale.Moment(ctx, from) + " – " + locale.Moment(ctx, until)
		}
		out = append(out, l)
	}
	return out
}

// days are the lines of each day from a day on, whichever day they began; open is the day that is unfolded.
func days(ctx context.Context, list []staff.Duty, first time.Time, n int, open, now time.Time) []view.DutyDay {
	list = byKind(list)
	out := make([]view.DutyDay, n)
	for i := range out {
		from, until := first.AddDate(0, 0, i), first.AddDate(0, 0, i+1)
		weekday := strconv.Itoa(int(from.Weekday()))
		day := view.DutyDay{ID: from.Format(time.DateOnly), Title: locale.Date(ctx, from) + " " + locale.T(ctx, "site.day."+weekday), Open: from.Equal(open)}
		for _, d := range list {
			if !d.From.Before(until) || !d.Until.After(from) {
				continue
			}
			l := line(d, now)
			l.When = within(ctx, d, from, until)
			day.Add(l)
		}
		out[i] = day
	}
	return out
}

func line(d staff.Duty, now time.Time) view.DutyLine {
	return view.DutyLine{ID: d.ID, Name: d.Name, Kind: string(d.Kind), StandIn: d.StandInName, Begun: !d.From.After(now), Over: !d.Until.After(now)}
}

// within is which part of a day a line takes.
func within(ctx context.Context, d staff.Duty, from, until time.Time) string {
	before, after := !d.From.After(from), !d.Until.Before(until)
	switch {
	case before && after:
		return locale.T(ctx, "duty.all_day")
	case before:
		return locale.T(ctx, "duty.up_to", "At", locale.Clock(ctx, d.Until))
	case after:
		return locale.T(ctx, "duty.from_on", "At", locale.Clock(ctx, d.From))
	}
	return locale.Clock(ctx, d.From) + "–" + locale.Clock(ctx, d.Until)
}

// dayOf reads which day the address or a form names; the zero time for none.
func dayOf(ctx context.Context, raw string) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, raw, locale.Zone(ctx))
	if err != nil {
		return time.Time{}
	}
	return day
}

// back leads to the table with the day unfolded at which somebody was at work.
func back(done string, day time.Time) string {
	if day.IsZero() {
		return "/duty?done=" + done
	}
	text := day.Format(time.DateOnly)
	return "/duty?" + url.Values{"done": {done}, "day": {text}}.Encode() + "#day-" + text
}
