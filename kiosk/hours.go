package kiosk

import (
	"context"
	"strconv"
	"time"

	"lobby/app/site"
	view "lobby/views/kiosk"
	"lobby/views/locale"
)

// deskHours says whether the desk is staffed, and until when that holds. A site that has told no hours says nothing.
func deskHours(ctx context.Context, sites *site.Directory, here site.Site, now time.Time) (view.Hours, error) {
	if !here.Settings.Hours.Told() {
		return view.Hours{}, nil
	}
	days, err := sites.Calendar(ctx, here.ID)
	if err != nil {
		return view.Hours{}, err
	}
	desk := here.DeskAt(now, days)
	h := view.Hours{Told: desk.Told, Open: desk.Open, Until: desk.Until}
	if !desk.Until.IsZero() {
		h.At = moment(ctx, here, now, desk.Until)
	}
	return h, nil
}

// moment says a time within the next days: 18:00, or Monday 08:00 where it is not today any more.
func moment(ctx context.Context, here site.Site, now, at time.Time) string {
	text, at := locale.Clock(ctx, at), at.In(here.Location())
	if here.Day(now).Equal(here.Day(at)) {
		return text
	}
	return locale.T(ctx, "site.weekday_time", "Day", locale.T(ctx, "site.day."+strconv.Itoa(int(at.Weekday()))), "Time", text)
}
