package staff

import (
	"context"
	"slices"
	"time"

	"lobby/app/kit/actor"
)

// Gap is a time at which the duty table names nobody who can be reached for urgency A (SHIFT-6).
type Gap struct{ From, Until time.Time }

// DutyGaps are those of a span of time. Who is at work or on the duty list can be reached, unless they are away.
func (s *Service) DutyGaps(ctx context.Context, from, until time.Time) ([]Gap, error) {
	a, err := actor.Require(ctx, ManageDuty)
	if err != nil {
		return nil, err
	}
	list, err := duties(ctx, s.DB, a.Site, from, until)
	if err != nil {
		return nil, err
	}
	return gaps(list, from, until), nil
}

// gaps looks at every moment at which the table changes: between two of them nothing does.
func gaps(list []Duty, from, until time.Time) []Gap {
	moments := []time.Time{from}
	for _, d := range list {
		for _, at := range []time.Time{d.From, d.Until} {
			if at.After(from) && at.Before(until) {
				moments = append(moments, at)
			}
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	moments = slices.CompactFunc(moments, time.Time.Equal)
	var out []Gap
	for i, at := range moments {
		end := until
		if i+1 < len(moments) {
			end = moments[i+1]
		}
		switch last := len(out) - 1; {
		case reached(list, at):
		case last >= 0 && out[last].Until.Equal(at):
			out[last].Until = end
		default:
			out = append(out, Gap{at, end})
		}
	}
	return out
}

// reached tells whether somebody can be reached at a moment.
func reached(list []Duty, at time.Time) bool {
	runs := func(d Duty) bool { return !d.From.After(at) && d.Until.After(at) }
	return slices.ContainsFunc(list, func(d Duty) bool {
		return runs(d) && d.Kind != Away && !slices.ContainsFunc(list, func(o Duty) bool {
			return runs(o) && o.Kind == Away && o.StaffID == d.StaffID
		})
	})
}
