package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"lobby/app/boot"
)

// namedWrong is how many wrong figures are named one by one.
const namedWrong = 20

// recompute derives every stored limit anew from the history of its ticket (SLA-4).
func (e *env) recompute(ctx context.Context, fix bool) (f finding) {
	f = finding{what: "limits", remedy: "see what stands above, then: lobby doctor --recompute"}
	app, err := boot.Open(ctx, e.cfg, boot.Options{Log: e.logger(slog.LevelWarn)})
	if err != nil {
		f.bad = err.Error()
		return f
	}
	defer func() {
		if err := app.Close(); err != nil && f.bad == "" {
			f.bad = err.Error()
		}
	}()
	done, err := app.Tickets.Recompute(ctx, fix)
	if err != nil {
		f.bad = errors.Join(errors.New("the limits could not be derived"), err).Error()
		return f
	}
	text := fmt.Sprintf("%d tickets derived from their history", done.Tickets)
	if done.Late > 0 {
		text += fmt.Sprintf(", %d of them wait for lobby tick or lobby serve", done.Late)
	}
	var b strings.Builder
	for i, w := range done.Wrong {
		if i == namedWrong {
			fmt.Fprintf(&b, "\n… and %d more", len(done.Wrong)-i)
			break
		}
		fmt.Fprintf(&b, "\n%s %s: stored %s, history says %s", w.Number, w.Figure, stamp(w.Stored), stamp(w.Should))
	}
	switch {
	case len(done.Wrong) == 0:
		f.good = text + ", nothing differs"
	case fix:
		f.note, f.remedy = text+fmt.Sprintf(", %d figures differed and were mended:", len(done.Wrong))+b.String(), ""
	default:
		f.bad, f.remedy = text+fmt.Sprintf(", %d figures differ:", len(done.Wrong))+b.String(), "lobby doctor --recompute --fix writes what history says"
	}
	return f
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "nothing"
	}
	return t.UTC().Format(time.RFC3339)
}
