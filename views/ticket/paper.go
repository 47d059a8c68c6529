package ticket

import (
	"context"
	"strings"
	"time"

	"lobby/views/locale"
)

// when is a moment on paper; a line to write on where it hasn't come yet.
func when(ctx context.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return locale.Moment(ctx, at)
}

// lines puts something of each record on a line of its own.
func lines(list []Record, of func(Record) string) string {
	var out []string
	for _, r := range list {
		if text := of(r); text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, "\n")
}
