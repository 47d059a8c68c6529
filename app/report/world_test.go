package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"lobby/app/kit/table"
)

// fact is one ticket as the brute force knows it. Zero times haven't come.
type fact struct {
	id                                          int64
	kind, urgency, severity, validity, topic    string
	help                                        string // kind of help; empty: not classified
	zone, worker, against, state, channel       string // names; empty: none
	reopened                                    int
	repeated                                    bool
	registered, responseDue, responseAt         time.Time
	solutionDue, solutionAt, due, resolved, end time.Time
}

// job is one service order.
type job struct {
	id                        int64
	department, state         string
	sent, due, accepted, done time.Time
	overdue                   bool
}

// look is one review: of a record of a day, or of a section of a week.
type look struct {
	span, day, section, by string
	subject                int64
	at                     time.Time
}

// world is a site full of random tickets, orders and reviews around a turn of the year; much of it lies on the edges of
// days, months and limits.
type world struct {
	b       *bundle
	dice    *rand.Rand
	zone    *time.Location
	tickets []fact
	jobs    []job
	looks   []look

	people, departments map[string]int64
	doors               map[string]int64 // of a zone
}

func newWorld(b *bundle, seed uint64, zone string) *world {
	b.t.Helper()
	at, err := time.LoadLocation(zone)
	if err != nil {
		b.t.Fatal(err)
	}
	b.exec(`update sites set time_zone = ? where id = ?`, zone, b.site)
	w := &world{b: b, dice: rand.New(rand.NewPCG(seed, seed)), zone: at, people: map[string]int64{}, departments: map[string]int64{}, doors: map[string]int64{}}
	for n := range 3 {
		person, department, area := fmt.Sprintf("客服%d", n), fmt.Sprintf("部门%d", n), fmt.Sprintf("%d区", n)
		w.people[person] = b.id(`insert into staff (login, name, password_hash) values (?, ?, 'x') returning id`, fmt.Sprintf("p%d", n), person)
		w.departments[department] = b.id(`insert into departments (site_id, code, name) values (?, ?, ?) returning id`, b.site, fmt.Sprintf("d%d", n), department)
		z := b.id(`insert into zones (site_id, code, name) values (?, ?, ?) returning id`, b.site, fmt.Sprint(n), area)
		house := b.id(`insert into buildings (site_id, zone_id, name) values (?, ?, ?) returning id`, b.site, z, area+"1#")
		w.doors[area] = b.id(`insert into households (site_id, building_id, room) values (?, ?, '201') returning id`, b.site, house)
	}
	for range 160 {
		w.ticket()
	}
	for range 80 {
		w.job()
	}
	for range 150 {
		w.look()
	}
	return w
}

func pick[T any](w *world, of ...T) T { return of[w.dice.IntN(len(of))] }

// near is a moment in the weeks around the turn of the year, often just at midnight.
func (w *world) near() time.Time {
	day := time.Date(2025, 12, 18+w.dice.IntN(26), 0, 0, 0, 0, w.zone)
	return pick(w, day, day.Add(-time.Microsecond), day.Add(time.Duration(w.dice.Int64N(int64(24*time.Hour)))).Truncate(time.Microsecond))
}

// after is a moment after another, or none.
func (w *world) after(t time.Time) time.Time {
	return pick(w, time.Time{}, t, t.Add(time.Duration(w.dice.Int64N(int64(90*time.Hour)))).Truncate(time.Microsecond))
}

// against is just at, before or after a limit; without one somewhere after the beginning.
func (w *world) against(limit, since time.Time) time.Time {
	if limit.IsZero() {
		return w.after(since)
	}
	return pick(w, time.Time{}, limit, limit.Add(-time.Minute), limit.Add(time.Microsecond), limit.Add(40*time.Hour))
}

func (w *world) ticket() {
	f := fact{kind: pick(w, "repair", "complaint", "complaint", "inquiry", "help"), urgency: pick(w, "A", "B", "C"), registered: w.near(),
		zone: pick(w, "", "0区", "1区", "2区"), worker: pick(w, "", "客服0", "客服1", "客服2"), channel: pick(w, "phone", "phone", "patrol"),
		state: pick(w, "registered", "in_hand", "waiting", "resolved", "closed", "closed", "invalid", "unsolvable"), reopened: pick(w, 0, 0, 1, 2)}
	if f.kind == "complaint" {
		f.validity, f.severity = pick(w, "", "valid", "valid", "invalid"), pick(w, "", "minor", "important", "major")
		f.topic, f.against = pick(w, "", "facilities", "fees"), pick(w, "", "部门0", "部门1")
	}
	if f.kind == "help" {
		f.help = pick(w, "", "other", "repair", "consultation")
	}
	f.responseDue, f.solutionDue, f.due = w.after(f.registered), w.after(f.registered), w.after(f.registered)
	f.responseAt, f.solutionAt = w.against(f.responseDue, f.registered), w.against(f.solutionDue, f.registered)
	if slices.Contains([]string{"resolved", "closed"}, f.state) {
		f.resolved = w.against(f.due, f.registered)
		if f.resolved.IsZero() {
			f.resolved = f.registered
		}
	}
	if slices.Contains([]string{"closed", "invalid", "unsolvable"}, f.state) {
		f.end = w.against(f.due, f.registered)
	}
	var repeats any
	for _, earlier := range w.tickets {
		if earlier.kind == "complaint" && f.kind == "complaint" && w.dice.IntN(3) == 0 {
			repeats, f.repeated = earlier.id, true
		}
	}
	w.b.entries++
	owner, handler := or(w.people[f.worker]), any(nil)
	if f.worker != "" && w.dice.IntN(2) == 0 { // who handles it for somebody
		for name, id := range w.people {
			if name != f.worker {
				owner, handler = id, w.people[f.worker]
			}
		}
	}
	f.id = w.b.id(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, urgency, state, place, matter, household_id, owner_id, handler_id,
			against_id, severity, validity, topic, help_kind, reopened, repeats_id, registered_at, response_due, response_at, solution_due, solution_at, due_at, resolved_at, closed_at)
		values (?, ?, '', ?, ?, ?, ?, ?, '大堂', '灯不亮', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
		w.b.site, uuid.New(), fmt.Sprintf("T%d", w.b.entries), f.channel, f.kind, f.urgency, f.state, or(w.doors[f.zone]), owner, handler,
		or(w.departments[f.against]), f.severity, f.validity, f.topic, f.help, f.reopened, repeats, f.registered, maybe(f.responseDue), maybe(f.responseAt),
		maybe(f.solutionDue), maybe(f.solutionAt), maybe(f.due), maybe(f.resolved), maybe(f.end))
	w.tickets = append(w.tickets, f)
	if !f.end.IsZero() && w.dice.IntN(3) == 0 { // its term is over (PRIVACY-5): it keeps counting
		w.b.exec(`update tickets set expired_at = ?, phone = null, phone_index = null, reporter = '', confirmed_by = '', place = '', matter = '', entry_hash = ''
			where id = ?`, f.end.Add(time.Hour), f.id)
	}
}

func (w *world) job() {
	j := job{department: pick(w, "部门0", "部门1", "部门2"), state: pick(w, "sent", "in_progress", "done", "fed_back", "rejected", "withdrawn"), sent: w.near()}
	j.due = w.after(j.sent)
	if j.state != "sent" {
		j.accepted = w.after(j.sent)
	}
	if j.state == "done" || j.state == "fed_back" {
		j.done = w.against(j.due, j.sent)
		if j.done.IsZero() {
			j.done = j.sent
		}
	}
	j.overdue = !j.due.IsZero() && w.dice.IntN(2) == 0
	var overdue any
	if j.overdue {
		overdue = j.due
	}
	w.b.entries++
	j.id = w.b.id(`insert into orders (site_id, ticket_id, entry_key, number, department_id, state, sent_at, due_at, accepted_at, done_at, overdue_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`, w.b.site, w.tickets[w.dice.IntN(len(w.tickets))].id, uuid.New(), fmt.Sprintf("O%d", w.b.entries),
		w.departments[j.department], j.state, j.sent, maybe(j.due), maybe(j.accepted), maybe(j.done), overdue)
	w.jobs = append(w.jobs, j)
}

// section is the section of reviews that a ticket is in.
func (f fact) section() string {
	switch {
	case f.channel == "patrol":
		return "patrol"
	case f.kind == "complaint":
		return "complaint"
	}
	return "reception"
}

// record is one record of a day as reviews see it.
type record struct {
	section string
	subject int64
	at      time.Time
}

func (w *world) records() (out []record) {
	for _, f := range w.tickets {
		out = append(out, record{f.section(), f.id, f.registered})
	}
	for _, j := range w.jobs {
		out = append(out, record{"dispatch", j.id, j.sent})
	}
	return out
}

func (w *world) look() {
	records := w.records()
	r := records[w.dice.IntN(len(records))]
	day := midnight(r.at.In(w.zone))
	l := look{span: "day", day: day.Format(time.DateOnly), section: r.section, subject: r.subject, by: pick(w, "客服0", "客服1")}
	over := day.AddDate(0, 0, 1)
	if w.dice.IntN(4) == 0 {
		day = monday(day)
		l.span, l.day, l.subject, over = "week", day.Format(time.DateOnly), 0, day.AddDate(0, 0, 8)
	}
	l.at = pick(w, over, over.Add(-time.Microsecond), over.Add(-2*time.Hour), over.Add(30*time.Hour))
	if slices.ContainsFunc(w.looks, func(o look) bool {
		return o.span == l.span && o.day == l.day && o.section == l.section && o.subject == l.subject
	}) {
		return
	}
	w.b.exec(`insert into reviews (site_id, span, day, section, subject_id, by_id, at) values (?, ?, ?, ?, ?, ?, ?)`,
		w.b.site, l.span, l.day, l.section, l.subject, w.people[l.by], l.at)
	w.looks = append(w.looks, l)
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func monday(t time.Time) time.Time {
	for t.Weekday() != time.Monday {
		t = t.AddDate(0, 0, -1)
	}
	return t
}

func or(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func maybe(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// rows are the lines of a table by their first cell; of a table of one line by nothing.
func rows(b *bundle, tables []*table.Table, key string) map[string][]any {
	b.t.Helper()
	for _, t := range tables {
		if t.Key != key {
			continue
		}
		out := map[string][]any{}
		for _, row := range t.Rows {
			name := ""
			if len(t.Rows) > 1 || strings.Contains(key, "_by_") {
				switch cell := row[0].(type) {
				case table.Label:
					name = cell.Code
				case string:
					name = cell
				case time.Time:
					name = cell.Format(time.DateOnly)
				}
				row = row[1:]
			}
			if _, twice := out[name]; twice {
				b.t.Errorf("%s has %q twice", key, name)
			}
			out[name] = row
		}
		return out
	}
	b.t.Fatalf("no table %s", key)
	return nil
}
