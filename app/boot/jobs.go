package boot

import (
	"context"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
)

// job is something the server does by itself until its context ends. Every instance runs all of them; each takes care
// in the database that its work is done once.
type job struct {
	name string
	run  func(ctx context.Context, report func(error)) error
}

func (a *App) jobs() []job {
	return []job{
		{"due", a.Tickets.RunDue},         // limits that pass (SLA-4)
		{"day-end", a.Visits.RunDayEnd},   // visits that nobody signed out (VISIT-4)
		{"retention", a.Visits.RunExpire}, // personal data whose term is over (PRIVACY-5)
		{"sessions", a.sweep},             // sessions that ran out
		{"keys", a.followKeys},            // a key ring that was changed
		{"seal", func(ctx context.Context, _ func(error)) error { // the record's chain (PRIVACY-4)
			audit.Seal(ctx, a.DB, a.Vault.AuditKey(), a.Log)
			return nil
		}},
	}
}

// sweep ends sessions that ran out, once a minute.
func (a *App) sweep(ctx context.Context, report func(error)) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if _, err := a.Staff.Sweep(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (i *Instance) runJobs(ctx context.Context) error {
	ctx, i.stopJob = context.WithCancel(context.WithoutCancel(ctx))
	for _, j := range i.App.jobs() {
		i.jobs.Go(func() { i.App.keep(ctx, j) })
	}
	return nil
}

// keep runs a job, and again where it ended though it shouldn't have.
func (a *App) keep(ctx context.Context, j job) {
	ctx = actor.AsJob(ctx, j.name, 0)
	report := func(err error) { a.Log.Warn("job", "name", j.name, "error", err) }
	for ctx.Err() == nil {
		if err := j.run(ctx, report); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}
