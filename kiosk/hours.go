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
func deskHours(ctx context.Context, here site.Site, now time.Time) view.Hours {
	desk := here.DeskAt(now)
	h := view.Hours{Told: desk.Told, Open: desk.Open, Until: desk.Until}
	if !desk.Until.IsZero() {
		h.At = moment(ctx, here, now, desk.Until)
	}
	return h
}

// moment says a time within the next days: 18:00, or Monday 08:00 where it is not today any more.
func moment(ctx context.Context, here site.Site, now, at time.Time) string {
	text, at := locale.Clock(ctx, at), at.In(here.Location())
	if here.Day(now).Equal(here.Day(at)) {
		return text
	}
	return locale.T(ctx, "site.weekday_time", "Day", locale.T(ctx, "site.day."+strconv.Itoa(int(at.Weekday()))), "Time", text)
}
