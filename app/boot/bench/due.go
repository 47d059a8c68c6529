package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/table"
	"lobby/app/report"
)

// dueIn is how long after it is prepared the limit of ten thousand tickets passes: when the walls are watched.
const dueIn = 60 * time.Second

// dueAfter is for how long people make changes before.
const dueAfter = 5 * time.Second

// dueAlone is that part of the large site on a smaller one, which is loaded in seconds.
func dueAlone(ctx context.Context, h *house) (c chapter, err error) {
	t, _, err := h.town(ctx, "bench_due", 10*fewTickets)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, t.leave(ctx)) }()
	c.Title, c.How = "Limits that pass at once", fmt.Sprintf("As on the large site, with %d tickets.", 10*fewTickets)
	lines, note, err := t.due(ctx)
	c.Lines, c.Notes = lines, []string{note}
	return c, err
}

// due lets ten thousand tickets pass their limit in the same second, while people make changes that a thousand walls show.
func (t *town) due(ctx context.Context) ([]line, string, error) {
	at := time.Now().Add(dueIn)
	began := time.Now()
	_, err := t.server.App.DB.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at)
		select ?0, gen_random_uuid(), '', 'D' || n, 'phone', 'inquiry', '大堂', '问路', ?1::timestamptz - interval '24 hours' from generate_series(1, ?2) n`,
		t.site.ID, at, dueTickets).Exec(ctx)
	if err != nil {
		return nil, "", err
	}
	for waits := dueTickets; waits > 0; time.Sleep(100 * time.Millisecond) { // the server's watch reckons them first
		if err := t.server.App.DB.NewRaw(`select count(*) from tickets where next_at = 'epoch'`).Scan(ctx, &waits); err != nil {
			return nil, "", err
		}
		if time.Since(began) > dueIn/2 {
			return nil, "", errors.New("the watch doesn't come to the tickets")
		}
	}
	w, err := watch(ctx, &t.house, false, at.Add(-dueAfter))
	if err != nil {
		return nil, "", err
	}
	var noted struct {
		Count int
		Last  time.Time
	}
	err = t.server.App.DB.NewRaw(`select count(*) as count, coalesce(max(at), now()) as last from events
		where kind = 'ticket.overdue' and at >= ?`, at).Scan(ctx, &noted)
	if err != nil {
		return nil, "", err
	}
	var meanwhile []time.Duration
	for i, when := range w.at {
		if !when.Before(at) && !when.After(noted.Last) {
			meanwhile = append(meanwhile, w.took[i])
		}
	}
	took, p99 := noted.Last.Sub(at), percentile(meanwhile, 99)
	return []line{
			{What: fmt.Sprintf("%d tickets due in the same second, until the last is noted", dueTickets), Ours: fmt.Sprintf("%.2f s", took.Seconds()), Yardstick: "–", Ratio: "–",
				Target: "≤ 10 s", Met: took <= tickMost && noted.Count >= dueTickets},
			{What: "changes by people meanwhile, to the last of 1,000 walls, p99", Ours: ms(p99), Yardstick: ms(percentile(w.raw, 99)), Ratio: ratio(p99, percentile(w.raw, 99)),
				Target: "< 100 ms", Met: p99 < 100*time.Millisecond && w.missed+w.double+w.disorder+w.behind == 0},
		}, fmt.Sprintf("Of the %d changes by people meanwhile half took %s and the slowest %s; of all %d in the %s around it the slowest took %s. Missed, double and out of order, of these and "+
			"of what time did: %d, %d, %d. The walls had %d messages, %d of them snapshots, for %d events each; in the end %d of them didn't stand at the head.",
			len(meanwhile), ms(percentile(meanwhile, 50)), ms(percentile(meanwhile, 100)), len(w.took), watchedFor, ms(percentile(w.took, 100)), w.missed, w.double, w.disorder,
			w.messages, w.snapshots, w.changes, w.behind), nil
}

// reports measures each report over the whole two years beside its bare statements.
func (t *town) reports(ctx context.Context) (lines []line, err error) {
	pool, err := db.OpenDirect(ctx, t.address())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	rec := &recorder{}
	pool.AddQueryHook(rec) //nolint:staticcheck // WithQueryHook gives a copy, and the service holds the original
	app := t.server.App
	s := &report.Service{DB: pool, Vault: app.Vault, Sites: app.Sites, Now: time.Now}
	ctx = actor.With(ctx, actor.Actor{Kind: actor.CLI, Name: "cli:bench", Site: t.site.ID, All: true})
	q := report.Query{From: time.Now().AddDate(-2, 0, 0).Format(time.DateOnly), To: time.Now().Format(time.DateOnly)}
	for _, r := range []struct {
		name string
		run  func(context.Context, report.Query) ([]*table.Table, error)
	}{{"tickets", s.Tickets}, {"sla", s.SLA}, {"complaints", s.Complaints}, {"callbacks", s.Callbacks}, {"reviews", s.Reviews}} {
		var ours, bare []time.Duration
		for turn := range reportTurns {
			rec.text = nil
			rec.start()
			a, err := timed(func() error { _, err := r.run(ctx, q); return err })
			texts := rec.stop()
			if err != nil {
				return nil, fmt.Errorf("report %s: %w", r.name, err)
			}
			b, err := timed(func() error { return bareReport(ctx, app.DB, texts) })
			if err != nil {
				return nil, fmt.Errorf("report %s, bare: %w", r.name, err)
			}
			if turn > 0 { // the first warms up
				ours, bare = append(ours, a), append(bare, b)
			}
		}
		a, b := percentile(ours, 50), percentile(bare, 50)
		lines = append(lines, line{What: "report " + r.name + " over all of it", Ours: fmt.Sprintf("%.2f s", a.Seconds()), Yardstick: fmt.Sprintf("%.2f s", b.Seconds()), Ratio: ratio(a, b),
			Target: "≤ 1.3", Met: float64(a) <= reportMost*float64(b)})
	}
	return lines, nil
}

// bareReport runs the statements of a report that read, in one transaction with its settings.
func bareReport(ctx context.Context, pool *bun.DB, texts []string) error {
	return pool.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, text := range texts {
			var err error
			switch low := strings.ToLower(strings.TrimSpace(text)); {
			case strings.HasPrefix(low, "set local"):
				_, err = tx.ExecContext(ctx, text)
			case strings.HasPrefix(low, "select"), strings.HasPrefix(low, "with"):
				_, err = query(ctx, pool, tx.Tx, text)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
