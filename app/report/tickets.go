package report

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/pii"
	"lobby/app/kit/table"
	"lobby/views/locale"
)

// ticketCount is one line of figures over the tickets that were registered in the period, but Due and InTime, which
// are over those whose limit fell into it (KPI-1).
type ticketCount struct {
	Kind           string
	Registered     int64
	Open           int64
	Finished       int64 // closed, invalid or unsolvable
	Reopened       int64
	Due            int64
	InTime         int64
	MedianResponse *float64 // seconds from registration to being taken in hand
	MedianResult   *float64 // seconds from registration to the result
	SlowResult     *float64 // the 90th percentile of the same
}

// ticketFigures counts tickets in all, by kind and by state.
func ticketFigures(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	kinds, err := ticketCounts(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	states, err := ticketStates(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	sum := p.titled(ctx, "tickets", locale.T(ctx, "report.tickets.title"), ticketColumns()...)
	sum.Notes = []string{locale.T(ctx, "report.tickets.note_in_time"), locale.T(ctx, "report.tickets.note_median")}
	perKind := p.titled(ctx, "tickets_by_kind", locale.T(ctx, "report.tickets.by_kind"), append([]table.Column{col("kind", table.Text)}, ticketColumns()...)...)
	for _, k := range kinds {
		if k.Kind == "" { // the line over all kinds
			sum.Add(k.cells()...)
			continue
		}
		perKind.Add(append([]any{kindLabel(ctx, k.Kind)}, k.cells()...)...)
	}
	perState := p.titled(ctx, "tickets_by_state", locale.T(ctx, "report.tickets.by_state"), col("kind", table.Text), col("state", table.Text),
		col("tickets", table.Number), col("overdue", table.Number), col("oldest", table.Time))
	for _, st := range states {
		perState.Add(kindLabel(ctx, st.Kind), stateLabel(ctx, st.State), st.Tickets, st.Overdue, st.Oldest)
	}
	return []*table.Table{sum, perKind, perState}, nil
}

func ticketColumns() []table.Column {
	return []table.Column{col("registered", table.Number), col("open", table.Number), col("finished", table.Number), col("reopened", table.Share),
		col("due", table.Number), col("in_time", table.Share), col("median_response", table.Duration), col("median_result", table.Duration),
		col("slow_result", table.Duration)}
}

func (c ticketCount) cells() []any {
	return []any{c.Registered, c.Open, c.Finished, share(c.Reopened, c.Registered), c.Due, share(c.InTime, c.Due),
		seconds(c.MedianResponse), seconds(c.MedianResult), seconds(c.SlowResult)}
}

func kindLabel(ctx context.Context, code string) table.Label {
	return label(code, "ticket.kind."+code, locale.T(ctx, "ticket.kind."+code))
}

func stateLabel(ctx context.Context, code string) table.Label {
	return label(code, "ticket.state."+code, locale.T(ctx, "ticket.state."+code))
}

// ticketCounts counts over all kinds (an empty kind) and by kind. A median over all is its own, never a mean of the
// kinds' (KPI-2). Due is what should have its result by now; a ticket that was found invalid owes none.
func ticketCounts(ctx context.Context, tx bun.IDB, p period) ([]ticketCount, error) {
	var counts []ticketCount
	err := tx.NewRaw(`with mine as (
			select t.*, registered_at >= ?1 and registered_at < ?2 as fresh,
				due_at >= ?1 and due_at < least(?2::timestamptz, ?3::timestamptz) and state <> 'invalid' as due,
				(select min(s.at) from ticket_steps s where s.ticket_id = t.id and s.verb in ('take', 'accept', 'handle', 'dispatch')) as taken_at
			from tickets t where site_id = ?0 and ((registered_at >= ?1 and registered_at < ?2) or (due_at >= ?1 and due_at < ?2)))
		select coalesce(kind, '') as kind, count(*) filter (where fresh) as registered,
			count(*) filter (where fresh and lane is not null) as open,
			count(*) filter (where fresh and lane is null) as finished,
			count(*) filter (where fresh and reopened > 0) as reopened,
			count(*) filter (where due) as due,
			count(*) filter (where due and coalesce(resolved_at, closed_at) <= due_at) as in_time,
			percentile_cont(0.5) within group (order by extract(epoch from taken_at - registered_at)) filter (where fresh) as median_response,
			percentile_cont(0.5) within group (order by extract(epoch from resolved_at - registered_at)) filter (where fresh) as median_result,
			percentile_cont(0.9) within group (order by extract(epoch from resolved_at - registered_at)) filter (where fresh) as slow_result
		from mine group by grouping sets ((), (kind)) order by grouping(kind) desc, registered desc, kind`,
		p.site.ID, p.from, p.to, p.now).Scan(ctx, &counts)
	return counts, err
}

type stateCount struct {
	Kind, State      string
	Tickets, Overdue int64
	Oldest           time.Time
}

// ticketStates counts the period's tickets by kind and the state in which they are now, in the order of the flow.
func ticketStates(ctx context.Context, tx bun.IDB, p period) ([]stateCount, error) {
	var counts []stateCount
	err := tx.NewRaw(`select kind, state, count(*) as tickets, min(registered_at) as oldest,
			count(*) filter (where lane in ('registered', 'in_hand', 'waiting') and due_at <= ?) as overdue
		from tickets where site_id = ? and registered_at >= ? and registered_at < ?
		group by kind, state order by kind, array_position(array['registered', 'classified', 'in_hand', 'waiting', 'resolved', 'verified',
			'called_back', 'closed', 'invalid', 'unsolvable'], state)`, p.now, p.site.ID, p.from, p.to).Scan(ctx, &counts)
	return counts, err
}

// ticketRegister is the register of tickets as a form: a view over tickets (TICKET-9), masked.
func (s *Service) ticketRegister(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	var rows []struct {
		Number, Kind, Urgency, Type, Place, Matter, Reporter, Channel, State, Owner string
		Phone                                                                       []byte
		RegisteredAt                                                                time.Time
		DueAt, ResolvedAt, ClosedAt, ExpiredAt                                      *time.Time
	}
	err := tx.NewRaw(`select t.number, t.kind, t.urgency, t.type, t.place, t.matter, t.reporter, t.channel, t.state,
			coalesce(o.name, '') as owner, t.phone, t.registered_at, t.due_at, t.resolved_at, t.closed_at, t.expired_at
		from tickets t left join staff o on o.id = t.owner_id
		where t.site_id = ? and t.registered_at >= ? and t.registered_at < ? order by t.registered_at, t.id`, p.site.ID, p.from, p.to).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	t := p.titled(ctx, "ticket_register", locale.T(ctx, "report.tickets.register"), col("number", table.Text), col("registered_at", table.Time),
		col("kind", table.Text), col("urgency", table.Text), col("type", table.Text), col("place", table.Text), col("matter", table.Text),
		col("reporter", table.Masked), col("phone", table.Masked), col("channel", table.Text), col("owner", table.Text), col("state", table.Text),
		col("due_at", table.Time), col("resolved_at", table.Time), col("closed_at", table.Time))
	for _, r := range rows {
		phone, err := s.masked(pii.Phone, r.Phone)
		if err != nil {
			return nil, err
		}
		matter := pii.Redact(r.Matter)
		if r.ExpiredAt != nil { // PRIVACY-5
			matter = locale.T(ctx, "ticket.expired")
		}
		t.Add(r.Number, r.RegisteredAt, kindLabel(ctx, r.Kind),
			label(r.Urgency, "ticket.urgency."+r.Urgency, locale.T(ctx, "ticket.urgency."+r.Urgency)),
			label(r.Type, "ticket.type."+r.Type, locale.T(ctx, "ticket.type."+r.Type)),
			pii.Redact(r.Place), matter, pii.MaskName(r.Reporter), phone, channelLabel(ctx, r.Channel), r.Owner,
			stateLabel(ctx, r.State), moment(r.DueAt), moment(r.ResolvedAt), moment(r.ClosedAt))
	}
	t.Notes = []string{locale.T(ctx, "report.rows", "Count", len(rows)), locale.T(ctx, "report.masked")}
	return []*table.Table{t}, nil
}
