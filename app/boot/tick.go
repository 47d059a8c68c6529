package boot

import (
	"context"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
)

// Ticked counts what one tick did.
type Ticked struct{ Overdue, Visits, Expired, ExpiredTickets, Sessions, Sealed int }

// Tick does once what the jobs of a server do again and again. Done at any time, and by several at once, it does
// everything once and with its true time (SLA-4).
func (a *App) Tick(ctx context.Context) (done Ticked, err error) {
	ctx = actor.AsJob(ctx, "tick", 0)
	if done.Overdue, err = a.Tickets.MarkDue(ctx); err != nil {
		return done, err
	}
	if done.Visits, err = a.Visits.EndDay(ctx, a.Now()); err != nil {
		return done, err
	}
	if done.Expired, err = a.Visits.Expire(ctx, a.Now()); err != nil {
		return done, err
	}
	if done.ExpiredTickets, err = a.Tickets.Expire(ctx, a.Now()); err != nil {
		return done, err
	}
	if done.Sessions, err = a.Staff.Sweep(ctx); err != nil {
		return done, err
	}
	done.Sealed, err = audit.SealAll(ctx, a.DB, a.Vault.AuditKey())
	return done, err
}
