// Package audit keeps the append-only record of who did what (PRIVACY-4), sealed in a hash chain.
package audit

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
)

// Entry is one act: ids and names of changed fields, never personal values.
type Entry struct {
	Verb    string   // noun.verb: "visit.register", "ticket.take", "pii.reveal"
	Subject string   // table of the row: "visits"
	ID      int64    // its id
	Fields  []string // names of the changed or opened fields
	Reason  string   // what the person gave as reason; only for reveals and the like
	Site    int64    // 0: the actor's site
}

// Append writes the entry for the actor of ctx, in the transaction of the act itself: no act without its record.
func Append(ctx context.Context, tx bun.IDB, e Entry) error {
	a := actor.From(ctx)
	site := e.Site
	if site == 0 {
		site = a.Site
	}
	fields := e.Fields
	if fields == nil {
		fields = []string{}
	}
	_, err := tx.NewRaw(`insert into audit_log (site_id, actor_kind, actor_id, actor_name, verb, subject, subject_id, fields, reason)
		values (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?)`,
		site, string(a.Kind), a.ID, auditName(a), e.Verb, e.Subject, e.ID, pgdialect.Array(fields), e.Reason).Exec(ctx)
	return db.Translate(err)
}

// auditName keeps names of people out of the record: a person is known by id, a job or command line by its name.
func auditName(a actor.Actor) string {
	if a.Kind == actor.Job || a.Kind == actor.CLI {
		return a.Name
	}
	return ""
}
