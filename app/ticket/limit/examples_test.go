package limit_test

import (
	"testing"
	"time"

	"lobby/app/ticket/limit"
)

// Ten worked examples, reckoned by hand with the calendar of 2026 on the table. Winter closes at 18:00, summer (from
// 1 May to 30 September) at 18:30.

func TestExampleNewYear(t *testing.T) {
	t.Parallel()
	t.Run("SLA-3 1 a complaint over New Year, with a make-up Sunday", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2025-12-31 15:00 registered complaint/B")
		// Wed 31 December is the day of receipt. Thu 1 to Sat 3 January: holiday. Sun 4 is worked for it: day 1.
		// Mon 5: day 2. Tue 6: day 3, closing at 18:00 in winter.
		b.due(l, limit.Result, "2026-01-06 18:00")
		// The hours run through the holiday: 31 December 15:00 + 24 h, and + 72 h.
		b.due(l, limit.Response, "2026-01-01 15:00")
		b.due(l, limit.Solution, "2026-01-03 15:00")
		same(t, b.why(clock(t, l, limit.Result), "2025-12-31 15:00"), `12-31 15:00–01-01 00:00 -received
01-01 00:00–01-04 00:00 -holiday 元旦
01-04 00:00–01-05 00:00 +makeup 元旦 1
01-05 00:00–01-06 00:00 +workday 2
01-06 00:00–01-06 18:00 +workday 3`)
	})
}

func TestExampleSevenDayHoliday(t *testing.T) {
	t.Parallel()
	t.Run("SLA-3 2 an urgent complaint before the National Day, at whose end the season has changed", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-09-30 18:29 registered complaint/A")
		// Wed 30 September: receipt, a minute before summer's last closing time. Thu 1 to Wed 7 October: holiday.
		// Thu 8: day 1 of 1, closing at 18:00, since winter has begun on the 1st.
		b.due(l, limit.Result, "2026-10-08 18:00")
		b.due(l, limit.Solution, "2026-10-01 18:29") // + 24 h
		// The callback: resolved on Thu 8 at 18:00, so due by closing time of Fri 9.
		l = b.limits("2026-09-30 18:29 registered complaint/A", "2026-10-08 18:00 resolved")
		b.due(l, limit.Callback, "2026-10-09 18:00")
		// Resolved on Fri 9 it is Sat 10, which is worked for the holiday.
		l = b.limits("2026-09-30 18:29 registered complaint/A", "2026-10-09 08:00 resolved")
		b.due(l, limit.Callback, "2026-10-10 18:00")
	})
}

func TestExampleSeasonChange(t *testing.T) {
	t.Parallel()
	t.Run("SLA-3 3 a complaint into summer", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		// Received Mon 27 April: Tue 28, Wed 29, Thu 30: the last day of winter, 18:00.
		b.due(b.limits("2026-04-27 23:59 registered complaint/B"), limit.Result, "2026-04-30 18:00")
		// Received Tue 28, a minute later: Wed 29 (1), Thu 30 (2), 1 to 5 May holiday, Wed 6 May (3): summer, 18:30.
		b.due(b.limits("2026-04-28 00:00 registered complaint/B"), limit.Result, "2026-05-06 18:30")
	})
}

func TestExampleExactlyAtClosingTime(t *testing.T) {
	t.Parallel()
	t.Run("SLA-3 4 resolved at closing time, and a microsecond after", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		h := b.history("2026-04-28 00:00 registered complaint/B", "2026-05-06 18:30 resolved")
		// Due 6 May 18:30 as above. At that very moment it is in time.
		b.is(clock(t, limit.Of(b.policy, b.cal, h), limit.Result), "2026-05-07 00:00", limit.Met, "")
		h[1].At = h[1].At.Add(time.Microsecond)
		b.is(clock(t, limit.Of(b.policy, b.cal, h), limit.Result), "2026-05-07 00:00", limit.Late, "2026-05-06 18:30")
		// Not done at that very moment, it has passed.
		b.is(clock(t, limit.Of(b.policy, b.cal, h[:1]), limit.Result), "2026-05-06 18:30", limit.Overdue, "2026-05-06 18:30")
		b.is(clock(t, limit.Of(b.policy, b.cal, h[:1]), limit.Result), "2026-05-06 18:29:59", limit.IsNear, "")
	})
}

func TestExampleWaitingOverClosingTimes(t *testing.T) {
	t.Parallel()
	t.Run("SLA-3 5 a complaint that waits on the customer over closing times", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 09:00 registered complaint/B",
			"2026-03-03 09:00 wait_started customer", "2026-03-03 17:59 wait_ended", // over no closing time
			"2026-03-04 18:00 wait_started customer", "2026-03-05 10:00 wait_ended", // over Wednesday's
			"2026-03-06 12:00 wait_started customer", "2026-03-09 18:00 wait_ended", // over Friday's; over at Monday's
		)
		// Mon 2: receipt. Tue 3: day 1, the wait ended a minute before 18:00. Wed 4: waits from 18:00 sharp, doesn't
		// count. Thu 5: day 2. Fri 6: waits. Sat 7, Sun 8: weekend. Mon 9: the wait ends at 18:00 sharp: day 3.
		b.due(l, limit.Result, "2026-03-09 18:00")
		// The response runs on, whoever waits: + 24 h.
		b.due(l, limit.Response, "2026-03-03 09:00")
		same(t, b.why(clock(t, l, limit.Result), "2026-03-09 18:00"), `03-02 09:00–03-03 00:00 -received
03-03 00:00–03-04 00:00 +workday 1
03-04 00:00–03-05 00:00 -waiting_customer
03-05 00:00–03-06 00:00 +workday 2
03-06 00:00–03-07 00:00 -waiting_customer
03-07 00:00–03-09 00:00 -weekend
03-09 00:00–03-09 18:00 +workday 3`)
	})
}

func TestExampleWaitingInHours(t *testing.T) {
	t.Parallel()
	t.Run("SLA-2 6 a repair that waits on the customer, and on parts", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		lines := []string{"2026-03-07 10:00 registered repair/B",
			"2026-03-07 20:00 wait_started customer", "2026-03-08 12:00 wait_ended", // 16 h
			"2026-03-08 13:00 wait_started parts", "2026-03-09 09:00 wait_ended"}
		l := b.limits(lines...)
		// Sat 7 10:00 + 48 h = Mon 9 10:00; + 16 h = Tue 10 02:00. The weekend counts, parts count.
		b.due(l, limit.Result, "2026-03-10 02:00")
		same(t, b.why(clock(t, l, limit.Result), "2026-03-09 09:00"), `03-07 10:00–03-07 20:00 +ran
03-07 20:00–03-08 12:00 -waiting_customer
03-08 12:00–03-08 13:00 +ran
03-08 13:00–03-09 09:00 +waiting_parts
03-09 09:00–03-10 02:00 +ran`)
		// While it waited on the customer, 10 h had run and 38 h were left, at whatever moment one looked.
		c := clock(t, b.limits(lines[:2]...), limit.Result)
		b.is(c, "2026-03-20 00:00", limit.Waiting, "")
		if left := c.Remaining(b.at("2026-03-20 00:00")); left != (limit.Left{Time: 38 * time.Hour}) || !c.Paused.Equal(b.at("2026-03-07 20:00")) || !c.Due.IsZero() {
			t.Errorf("left %+v since %s, due %s", left, c.Paused, c.Due)
		}
		same(t, b.why(c, "2026-03-08 09:00"), "03-07 10:00–03-07 20:00 +ran\n03-07 20:00–03-08 09:00 -waiting_customer")
	})
}

func TestExampleReopening(t *testing.T) {
	t.Parallel()
	t.Run("SLA-1 7 a repair that is reopened", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 08:00 registered repair/B", "2026-03-02 08:30 answered", "2026-03-03 09:00 resolved",
			"2026-03-04 17:00 called_back", "2026-03-04 17:00 reopened")
		// The first result: 2 March 08:00 + 48 h = 4 March 08:00, done on the 3rd. The second: 4 March 17:00 + 48 h.
		b.due(l, limit.Result, "2026-03-06 17:00")
		b.is(l[1], "2026-03-07 00:00", limit.Met, "")
		b.is(clock(t, l, limit.Result), "2026-03-06 17:00", limit.Overdue, "2026-03-06 17:00")
		// The response isn't asked for again.
		b.is(clock(t, l, limit.Response), "2026-03-07 00:00", limit.Met, "")
		// Two days after the reopening the case passes to the supervisor, at the same moment as its limit: once.
		same(t, b.escalations(l, "2026-03-11 16:59"), "2026-03-06 17:00 supervisor takeover+result")
		same(t, b.escalations(l, "2026-03-11 17:00"), "2026-03-06 17:00 supervisor takeover+result\n2026-03-11 17:00 manager takeover")
	})
}

func TestExampleReclassifiedAfterBreach(t *testing.T) {
	t.Parallel()
	t.Run("SLA-1 8 a suggestion that turns out to be a complaint after its limit", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		l := b.limits("2026-03-02 10:00 registered suggestion/B", "2026-03-02 11:00 answered",
			"2026-03-04 12:00 classified complaint/B", "2026-03-05 18:00 resolved")
		// As a suggestion: 2 March 10:00 + 48 h = 4 March 10:00, which passed two hours before the change.
		var old limit.Clock
		for _, c := range l {
			if c.Kind == limit.Result && !c.Replaced.IsZero() {
				old = c
			}
		}
		b.is(old, "2026-03-10 00:00", limit.Replaced, "2026-03-04 10:00")
		// As a complaint, from the same registration: Tue 3 (1), Wed 4 (2), Thu 5 (3) 18:00. Resolved then: in time.
		b.due(l, limit.Result, "2026-03-05 18:00")
		b.is(clock(t, l, limit.Result), "2026-03-10 00:00", limit.Met, "")
		// The supervisor had it from 4 March 10:00 on, when it was no complaint yet. The month's clock runs from
		// registration.
		same(t, b.escalations(l, "2026-03-10 00:00"), "2026-03-04 10:00 supervisor takeover+result")
		b.due(l, limit.Major, "2026-04-02 10:00")
	})
}

func TestExamplePromise(t *testing.T) {
	t.Parallel()
	t.Run("TICKET-11 9 a promise before the limit", func(t *testing.T) {
		b := setup(t, "Asia/Shanghai")
		lines := []string{"2026-03-02 10:00 registered repair/B", "2026-03-02 11:00 promised 2026-03-03 16:00"}
		l := b.limits(append(lines, "2026-03-03 16:30 resolved")...)
		// 2 March 10:00 + 48 h = 4 March 10:00; promised for the 3rd at 16:00, which counts. Half an hour late.
		b.due(l, limit.Result, "2026-03-03 16:00")
		b.is(clock(t, l, limit.Result), "2026-03-05 00:00", limit.Late, "2026-03-03 16:00")
		// 29 h of promise: the last quarter begins 7 h 15 min before: 3 March 08:45.
		c := clock(t, b.limits(lines...), limit.Result)
		if !c.Near.Equal(b.at("2026-03-03 08:45")) {
			t.Errorf("near from %s", c.Near)
		}
		// A promise after the limit moves nothing.
		b.due(b.limits(lines[0], "2026-03-02 11:00 promised 2026-03-05 16:00"), limit.Result, "2026-03-04 10:00")
	})
}

func TestExampleClocksPutForward(t *testing.T) {
	t.Parallel()
	t.Run("SLA-3 10 a weekend that is an hour short", func(t *testing.T) {
		b := setup(t, "America/New_York") // 8 March 2026, 02:00: the clocks are put forward
		l := b.limits("2026-03-07 12:00 registered repair/B")
		// 48 h from Sat 7 12:00 are over on Mon 9 at 13:00; two calendar days on Mon 9 at 12:00, after 47 h.
		b.due(l, limit.Result, "2026-03-09 13:00")
		b.due(l, limit.Takeover, "2026-03-14 12:00") // the later of the two: a week
		same(t, b.escalations(l, "2026-03-09 13:00"), "2026-03-09 12:00 supervisor takeover")
		// A complaint of Fri 6: Sat, Sun weekend, Mon 9: day 1, 18:00 by summer time, which is 22:00 UTC.
		l = b.limits("2026-03-06 08:00 registered complaint/A")
		if c := clock(t, l, limit.Result); !c.Due.Equal(time.Date(2026, time.March, 9, 22, 0, 0, 0, time.UTC)) {
			t.Errorf("due %s", c.Due)
		}
	})
}
