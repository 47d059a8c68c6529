package boot

import (
	"context"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
)

// job is something the server does by itself, again and again. Every instance does all of them; each takes care in the
// database that its work is done once.
type job struct {
	name  string
	every time.Duration
	do    func(context.Context) (int, error) // tells how much there was to do
}

func (a *App) jobs() []job {
	return []job{
		{"watch", time.Second, a.Tickets.MarkDue}, // limits that pass, and what follows from that (SLA-4, ESC-2)
		{"day-end", time.Minute, a.endDay},        // visits that nobody signed out (VISIT-4)
		{"retention", 15 * time.Minute, a.expire}, // personal data whose term is over (PRIVACY-5)
		{"sessions", time.Minute, a.Staff.Sweep},
		{"import-drafts", 15 * time.Minute, a.SiteService().DropDrafts}, // spreadsheets that nobody loaded
		{"backup", 10 * time.Minute, a.backUp},                          // the day's copy of everything (PRIVACY-8)
	}
}

func (a *App) endDay(ctx context.Context) (int, error) { return a.Visits.EndDay(ctx, a.Now()) }

func (a *App) expire(ctx context.Context) (int, error) {
	visits, err := a.Visits.Expire(ctx, a.Now())
	if err != nil {
		return visits, err
	}
	tickets, err := a.Tickets.Expire(ctx, a.Now())
	return visits + tickets, err
}

func (i *Instance) runJobs(ctx context.Context) error {
	ctx, i.stopJob = context.WithCancel(context.WithoutCancel(ctx))
	a := i.App
	for _, j := range a.jobs() {
		i.jobs.Go(func() { a.run(ctx, j) })
	}
	i.jobs.Go(func() { audit.Seal(ctx, a.DB, a.Vault.AuditKey(), a.Log) }) // the record's chain (PRIVACY-4)
	if a.Cluster != nil {
		i.jobs.Go(func() { a.Cluster.Keep(ctx, a.Log) }) // an embedded database that dies
	}
	i.jobs.Go(func() { a.followKeys(ctx) }) // a key ring that was changed
	return nil
}

// run does a job until ctx ends; what goes wrong is tried again.
func (a *App) run(ctx context.Context, j job) {
	ctx = actor.AsJob(ctx, j.name, 0)
	tick := time.NewTicker(j.every)
	defer tick.Stop()
	for {
		if _, err := j.do(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("job", "name", j.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
