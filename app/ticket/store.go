package ticket

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/site"
)

// rows selects tickets of a site with the names of owner and first asked. The names are looked up for the rows that come
// out, one by one: joins would be planned anew with every statement, which takes longer than all the rest.
func rows(tx bun.IDB, model any, site int64) *bun.SelectQuery {
	return tx.NewSelect().Model(model).
		ColumnExpr("?TableColumns").
		ColumnExpr("(select name from staff where id = t.owner_id) as owner_name").
		ColumnExpr("(select name from staff where id = t.handler_id) as handler_name").
		ColumnExpr("(select name from staff where id = t.first_asked_id) as first_asked_name").
		ColumnExpr("(select name from departments where id = t.against_id) as against_name").
		ColumnExpr("(select number from tickets earlier where earlier.id = t.repeats_id) as repeats_number").
		Where("t.site_id = ?", db.Value(site))
}

// lines selects of the tickets of a site what one line of a list shows; the rest of a Ticket stays zero.
func lines(tx bun.IDB, model any, site int64) *bun.SelectQuery {
	return tx.NewSelect().Model(model).
		Column("id", "site_id", "number", "kind", "urgency", "type", "life_safety", "state", "place", "matter", "owner_id", "handler_id", "registered_at",
			"due_at", "solution_due", "solution_at", "overdue_at", "reopened", "afterwards", "accepted_at", "urged", "repeats_id", "update_due",
			"expired_at", "escalated").
		ColumnExpr("(select name from staff where id = t.owner_id) as owner_name").
		ColumnExpr("(select name from staff where id = t.handler_id) as handler_name").
		Where("t.site_id = ?", db.Value(site))
}

// onPage is a ticket with what its page shows beside its history.
type onPage struct {
	bun.BaseModel `bun:"table:tickets,alias:t"`
	Ticket
	Kept

	Departments []Department   `bun:"departments,scanonly,type:jsonb"`
	Holdings    holdings       `bun:"holdings,scanonly,type:jsonb"`
	Grades      site.GradeRows `bun:"grades,scanonly,type:jsonb"`
	Stamp       int64          `bun:"stamp,scanonly"` // of the site's rules
}

// readPage reads a ticket for its page, in one statement: what a page waits for most is its turn at the database.
func readPage(ctx context.Context, tx bun.IDB, siteID, id int64) (*onPage, error) {
	p := new(onPage)
	list := "(select coalesce(json_agg(x), '[]') from (?) x) as ?"
	err := db.Prepared(tx, rows(tx, p, siteID).
		ColumnExpr("exists (select from orders where ticket_id = t.id) as has_orders").
		ColumnExpr("exists (select from work_records where ticket_id = t.id) as has_records").
		ColumnExpr("exists (select from pictures where ticket_id = t.id) as has_pictures").
		ColumnExpr("exists (select from callbacks where ticket_id = t.id) as has_calls").
		ColumnExpr("exists (select from ratings where ticket_id = t.id) as has_ratings").
		ColumnExpr("exists (select from disputes where ticket_id = t.id) as has_dispute").
		ColumnExpr("exists (select from disputes where ticket_id = t.id and ended_at is null) as disputed").
		ColumnExpr(list, departmentNames(tx, siteID), bun.Ident("departments")).
		ColumnExpr(list, selectHoldings(tx, siteID, 0), bun.Ident("holdings")).
		ColumnExpr(list, site.SelectGrades(tx, siteID), bun.Ident("grades")).
		ColumnExpr("(?) as stamp", site.SelectStamp(tx, siteID)).
		Where("t.id = ?", db.Value(id))).Scan(ctx)
	return p, err
}

func get(ctx context.Context, tx bun.IDB, site, id int64) (*Ticket, error) {
	t := new(Ticket)
	return t, db.Prepared(tx, rows(tx, t, site).Where("t.id = ?", db.Value(id))).Scan(ctx)
}

// lock reads a ticket and holds it until the transaction ends, so that of two people who press the same button one
// waits and then sees what the other did.
func lock(ctx context.Context, tx bun.Tx, site, id int64) (*Ticket, error) {
	t := new(Ticket)
	return t, rows(tx, t, site).Where("t.id = ?", id).For("update of t").Scan(ctx)
}

// byEntry finds the ticket of an entry key; nil where there is none.
func byEntry(ctx context.Context, db bun.IDB, site int64, key uuid.UUID) (*Ticket, error) {
	t := new(Ticket)
	err := rows(db, t, site).Where("t.entry_key = ?", key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return t, err
}

// insert writes a new ticket, and tells whether it did: not where the entry key is taken.
func insert(ctx context.Context, tx bun.Tx, t *Ticket) (bool, error) {
	_, err := tx.NewInsert().Model(t).On("conflict (site_id, entry_key) do nothing").Returning("id").Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return t.ID != 0, err
}

// update writes what a step can change, and nothing else: first asked has no way to change (ORG-3).
func update(ctx context.Context, tx bun.Tx, t *Ticket) error {
	_, err := tx.NewUpdate().Model(t).WherePK().
		Column("state", "kind", "urgency", "type", "life_safety", "help_kind", "validity", "about", "topic", "severity", "against_id", "grade",
			"owner_id", "handler_id", "resolved_at", "closed_at", "reopened", "version", "afterwards", "accepted_at",
			"classified_at", "waiting_on", "promised_at", "updated_at", "urged", "urged_at",
			"repeats_id", "confirmed_by").
		Column(clockColumns...).
		Exec(ctx)
	return err
}

func insertStep(ctx context.Context, tx bun.IDB, step *Step) error {
	_, err := tx.NewInsert().Model(step).Returning("id").Exec(ctx)
	return err
}

// steps reads a ticket's history, which may be hundreds of rows, without the names of people. What is usual comes as null:
// nothing is written for it, and nothing read.
func steps(ctx context.Context, tx bun.IDB, site, ticket int64) ([]Step, error) {
	rows, err := db.Prepared(tx, tx.NewSelect().Table("ticket_steps").
		ColumnExpr("verb, nullif(from_state, to_state), to_state, at, nullif(noted_at, at), nullif(actor_kind, ?)", string(actor.Person)).
		ColumnExpr("actor_id, actor_name, remark, nullif(detail, '{}'), order_id").
		Where("site_id = ?", db.Value(site)).Where("ticket_id = ?", db.Value(ticket)).OrderExpr("id")).Rows(ctx)
	if err != nil {
		return nil, err
	}
	return scanSteps(rows)
}

// scanSteps reads the rows that steps asks for. It does without bun's model, which takes twice as long for each.
func scanSteps(rows *sql.Rows) (out []Step, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s Step
		var from, kind sql.NullString
		var noted sql.NullTime
		var order sql.NullInt64
		if err := rows.Scan((*string)(&s.Verb), &from, (*string)(&s.To), &s.At, &noted, &kind,
			&s.ActorID, &s.ActorName, &s.Remark, (*[]byte)(&s.Detail), &order); err != nil {
			return nil, err
		}
		s.From, s.NotedAt, s.ActorKind, s.OrderID = s.To, s.At, string(actor.Person), order.Int64
		if from.Valid {
			s.From = State(from.String)
		}
		if noted.Valid {
			s.NotedAt = noted.Time
		}
		if kind.Valid {
			s.ActorKind = kind.String
		}
		s.read()
		out = append(out, s)
	}
	return out, rows.Err()
}

// nameSteps says which people took the steps; known are those whose names need not be looked up.
func nameSteps(ctx context.Context, tx bun.IDB, steps []Step, known []person) error {
	names := map[int64]string{}
	for _, p := range known {
		names[p.ID] = p.Name
	}
	var unknown []int64
	for i := range steps {
		s := &steps[i]
		if _, found := names[s.ActorID]; !found && s.byPerson() {
			unknown, names[s.ActorID] = append(unknown, s.ActorID), ""
		}
	}
	if len(unknown) > 0 {
		var found []Colleague
		if err := db.Prepared(tx, tx.NewRaw(`select id, name from staff where id = any(?)`, db.Values(unknown))).Scan(ctx, &found); err != nil {
			return err
		}
		for _, p := range found {
			names[p.ID] = p.Name
		}
	}
	for i := range steps {
		if s := &steps[i]; s.byPerson() {
			s.PersonName = names[s.ActorID]
		}
	}
	return nil
}

// latest reads the last steps of a ticket: what the next one follows, and whom a refusal names. What time does by
// itself (a limit that passed) is no step that another follows.
func latest(ctx context.Context, db bun.IDB, ticket int64) (recent, error) {
	var r recent
	for _, q := range []struct {
		into  *Step
		where string
	}{
		{&r.last, "s.order_id is null and s.mark = '' and s.verb not in ('overdue', 'limit')"},
		{&r.moved, "s.from_state <> s.to_state and s.order_id is null"},
		{&r.accepted, "s.verb in ('accept', 'take', 'handle', 'dispatch') and s.order_id is null"},
		{&r.taken, "(s.detail->>'took')::boolean and s.order_id is null"},
	} {
		err := db.NewSelect().Model(q.into).ColumnExpr("?TableColumns").ColumnExpr("p.name as person_name").
			Join("left join staff as p on p.id = s.actor_id and s.actor_kind = 'person'").
			Where("s.ticket_id = ?", ticket).Where(q.where).OrderExpr("s.id desc").Limit(1).Scan(ctx)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return r, err
		}
	}
	return r, nil
}

// doers are the people who did the work on a ticket, by themselves or on an order (TICKET-5).
func doers(ctx context.Context, db bun.IDB, ticket int64) (ids []int64, err error) {
	err = db.NewRaw(`select distinct actor_id from ticket_steps where ticket_id = ? and actor_kind = 'person' and verb in ('resolve', 'done')`,
		ticket).Scan(ctx, &ids)
	return ids, err
}

// earlierComplaints are the complaints that the same customer, by household or phone, brought before this one.
func earlierComplaints(ctx context.Context, db bun.IDB, t *Ticket) ([]Ticket, error) {
	var out []Ticket
	if t.Kind != "complaint" || t.HouseholdID == 0 && t.PhoneIndex == nil {
		return out, nil
	}
	q := rows(db, &out, t.SiteID).Where("t.kind = 'complaint'").Where("t.id < ?", t.ID).WhereGroup(" and ", func(q *bun.SelectQuery) *bun.SelectQuery {
		if t.HouseholdID != 0 {
			q = q.WhereOr("t.household_id = ?", t.HouseholdID)
		}
		if t.PhoneIndex != nil {
			q = q.WhereOr("t.phone_index = ?", t.PhoneIndex)
		}
		return q
	})
	return out, q.OrderExpr("t.id desc").Limit(10).Scan(ctx)
}

// zoneOwner is who handles what comes from a household by default (ZONE-1); 0 where the zone has nobody, or somebody
// who has left.
func zoneOwner(ctx context.Context, db bun.IDB, site, household int64) (id int64, name string, err error) {
	err = db.NewRaw(`select p.id, p.name from households h
		join buildings b on b.id = h.building_id
		join zones z on z.id = b.zone_id
		join staff p on p.id = z.owner_id and p.disabled_at is null
		where h.site_id = ? and h.id = ?`, site, household).Scan(ctx, &id, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return id, name, err
}

// Colleague is somebody who can be named as first asked.
type Colleague struct {
	ID   int64  `bun:"id"`
	Name string `bun:"name"`
}

// colleague finds a person with a role at the site.
func colleague(ctx context.Context, db bun.IDB, site, id int64) (name string, found bool, err error) {
	err = db.NewRaw(`select p.name from staff p where p.id = ? and p.disabled_at is null
		and exists (select from staff_roles r where r.staff_id = p.id and r.site_id = ?)`, id, site).Scan(ctx, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return name, err == nil, err
}

func colleagues(ctx context.Context, tx bun.IDB, site int64) ([]Colleague, error) {
	var out []Colleague
	err := db.Prepared(tx, tx.NewRaw(`select p.id, p.name from staff p where p.disabled_at is null
		and exists (select from staff_roles r where r.staff_id = p.id and r.site_id = ?) order by p.name, p.id`, db.Value(site))).Scan(ctx, &out)
	return out, err
}

// similar finds open tickets of one household, one place as typed, or one phone.
func similar(ctx context.Context, db bun.IDB, site, household int64, place string, phone []byte) ([]Ticket, error) {
	var out []Ticket
	if household == 0 && place == "" && phone == nil {
		return out, nil
	}
	q := rows(db, &out, site).Where("t.lane is not null").WhereGroup(" and ", func(q *bun.SelectQuery) *bun.SelectQuery {
		if household != 0 {
			q = q.WhereOr("t.household_id = ?", household)
		}
		if phone != nil {
			q = q.WhereOr("t.phone_index = ?", phone)
		}
		if place != "" {
			q = q.WhereOr("t.place = ?", place)
		}
		return q
	})
	return out, q.OrderExpr(workOrder).Limit(10).Scan(ctx)
}

// dueRows takes tickets for which time alone has changed something. Rows that another instance or a person is working on
// are left for the next pass.
func dueRows(ctx context.Context, tx bun.Tx, now time.Time, limit int) ([]*Ticket, error) {
	var out []*Ticket
	err := tx.NewSelect().Model(&out).ColumnExpr("?TableColumns").Where("next_at <= ?", now).OrderExpr("next_at, id").Limit(int64(limit)).
		For("update skip locked").Scan(ctx)
	return out, err
}

// CallTries is on how many days nobody has to answer before a ticket counts as called back all the same (CALLBACK-1).
const CallTries = 3

// answered tells whether the callback of a round is on record: somebody was asked and is satisfied, or nobody answered on
// CallTries days.
func answered(ctx context.Context, tx bun.IDB, ticket int64, round int) (yes bool, err error) {
	err = tx.NewRaw(`select coalesce(bool_or(satisfied), false) or count(distinct day) filter (where not reached) >= ?
		from callbacks where ticket_id = ? and round = ?`, CallTries, ticket, round).Scan(ctx, &yes)
	return yes, err
}
