package ticket

import (
	"time"

	"lobby/app/ticket/limit"
)

// delayed tells whether the customer has yet to be told that it may take longer: the limit is near or has passed, and
// nobody spoke to them since (TICKET-5).
func (t *Ticket) delayed(result limit.Clock, now time.Time) bool {
	if t.State != InHand && t.State != Waiting || !result.Done.IsZero() || result.Near.IsZero() || now.Before(result.Near) {
		return false
	}
	return t.UpdatedAt.Before(result.Near)
}

// moment is a time as the database has it; none stays none.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Microsecond)
}

// sooner is the earlier of two moments, where zero is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// orderDue is when an order that goes out for a ticket of a class is due; zero where it has no limit.
func (r *rules) orderDue(c Class, at time.Time) time.Time {
	policy, _ := r.at(at)
	return dueOf(limit.Of(policy, r.calendar, limit.History{{At: at, What: limit.Sent, Class: c.class()}}), limit.Order)
}

// setFirst is a clock's first limit, for the history.
func setFirst(k limit.Kind, due time.Time) []SetLimit {
	if due.IsZero() {
		return nil
	}
	return []SetLimit{{Clock: string(k), To: maybe(due)}}
}

// maybe is a moment, or nil for none.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
