package report_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/table"
	"lobby/app/report"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// bundle is one site with its reports; another site beside it must never show.
type bundle struct {
	t        *testing.T
	db       *bun.DB
	vault    *pii.Vault
	reports  *report.Service
	ctx      context.Context
	site     int64
	other    int64
	entries  int
	shanghai *time.Location
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: dbtest.New(t), vault: piitest.Vault(t)}
	var err error
	if b.shanghai, err = time.LoadLocation("Asia/Shanghai"); err != nil {
		t.Fatal(err)
	}
	b.reports = &report.Service{DB: b.db, Vault: b.vault, Sites: site.NewDirectory(b.db),
		Now: func() time.Time { return b.at("2026-11-22 12:00") }}
	if err := b.db.NewRaw(`insert into sites (code, name) values ('a', '滨河花园') returning id`).Scan(t.Context(), &b.site); err != nil {
		t.Fatal(err)
	}
	if err := b.db.NewRaw(`insert into sites (code, name) values ('b', '别处') returning id`).Scan(t.Context(), &b.other); err != nil {
		t.Fatal(err)
	}
	b.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:tester", Site: b.site, All: true})
	return b
}

// at is a moment of the site's clock.
func (b *bundle) at(text string) time.Time {
	b.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, b.shanghai)
	if err != nil {
		b.t.Fatal(err)
	}
	return at
}

func (b *bundle) exec(query string, args ...any) {
	b.t.Helper()
	if _, err := b.db.NewRaw(query, args...).Exec(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) seal(k pii.Kind, text string) []byte {
	b.t.Helper()
	sealed, err := b.vault.Seal(k, text)
	if err != nil {
		b.t.Fatal(err)
	}
	return sealed
}

// visit records an arrival; left empty means still inside.
func (b *bundle) visit(at int64, arrived, left, how, purpose, channel string, people int) {
	b.t.Helper()
	b.entries++
	var ended, endedBy any
	if left != "" {
		ended, endedBy = b.at(left), how
	}
	who := piitest.Canary
	b.exec(`insert into visits (site_id, entry_key, entry_hash, number, name, phone, phone_index, host, place, purpose, people, plate, plate_index,
			channel, pass_code, pass_token, pass_index, arrived_at, ended_at, ended_by)
		values (?, ?, '', ?, ?, ?, '', '李四', '18#2单元201', ?, ?, ?, '', ?, ?, '', ?, ?, ?, ?)`,
		at, uuid.New(), fmt.Sprintf("V%d", b.entries), who.Name, b.seal(pii.Phone, who.E164), purpose, people, b.seal(pii.Plate, who.Plate), channel,
		fmt.Sprintf("%06d", b.entries), fmt.Appendf(nil, "%d", b.entries), b.at(arrived), ended, endedBy)
}

// ticket records a matter with the repair row's limit of 48 hours; empty times haven't come.
func (b *bundle) ticket(at int64, kind, state, registered, taken, resolved string, reopened int) {
	b.t.Helper()
	b.entries++
	var done any
	if resolved != "" {
		done = b.at(resolved)
	}
	var id int64
	err := b.db.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, state, place, matter, reporter, phone, phone_index,
			registered_at, due_at, resolved_at, reopened)
		values (?, ?, '', ?, 'phone', ?, ?, '18#2单元201', ?, ?, ?, '', ?, ?, ?, ?) returning id`,
		at, uuid.New(), fmt.Sprintf("T%d", b.entries), kind, state, "=漏水，回电 "+piitest.Canary.Phone, piitest.Canary.Name,
		b.seal(pii.Phone, piitest.Canary.E164), b.at(registered), b.at(registered).Add(48*time.Hour), done, reopened).Scan(b.t.Context(), &id)
	if err != nil {
		b.t.Fatal(err)
	}
	if taken != "" {
		b.exec(`insert into ticket_steps (site_id, ticket_id, verb, to_state, at, actor_kind) values (?, ?, 'take', 'in_hand', ?, 'person')`, at, id, b.at(taken))
	}
}

func text(t *testing.T, tables []*table.Table) string {
	t.Helper()
	var b bytes.Buffer
	if err := table.Write(&b, table.CSV, tables...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lines are a table's rows as CSV lines.
func lines(t *testing.T, tables []*table.Table, key string) []string {
	t.Helper()
	for _, tab := range tables {
		if tab.Key == key {
			all := strings.Split(strings.TrimSpace(text(t, []*table.Table{tab})), "\r\n")
			return all[1:]
		}
	}
	t.Fatalf("no table %s", key)
	return nil
}

func expect(t *testing.T, tables []*table.Table, key string, want ...string) {
	t.Helper()
	if got := lines(t, tables, key); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", key, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (b *bundle) visits() {
	b.visit(b.site, "2026-10-31 23:59", "2026-11-01 00:30", "code", "visit", "kiosk", 1) // the day before
	b.visit(b.site, "2026-11-01 00:00", "2026-11-01 00:30", "code", "visit", "kiosk", 1)
	b.visit(b.site, "2026-11-01 09:00", "2026-11-01 10:30", "desk", "delivery", "counter", 2)
	b.visit(b.site, "2026-11-01 10:00", "2026-11-01 23:59", "day_end", "visit", "kiosk", 3)
	b.visit(b.site, "2026-11-03 23:59", "", "", "tea", "kiosk", 1)
	b.visit(b.site, "2026-11-04 00:00", "", "", "visit", "kiosk", 1) // the day after
	b.visit(b.other, "2026-11-02 10:00", "", "", "visit", "kiosk", 9)
}

func TestVisitors(t *testing.T) {
	t.Parallel()
	q := report.Query{From: "2026-11-01", To: "2026-11-03"}
	t.Run("VISIT-1 visits are counted by the site's own days, purposes and channels, and of no other site", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.visits()
		got, err := b.reports.Visitors(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, "visitors", "4,7,1:00,1,1")
		expect(t, got, "visitors_by_day", "2026-11-01,3,6,1:00,1", "2026-11-02,0,0,,0", "2026-11-03,1,1,,0")
		expect(t, got, "visitors_by_purpose", "拜访,2,4,50.0%,0:30", "送货、快递、外卖,1,2,25.0%,1:30", "tea,1,1,25.0%,")
		expect(t, got, "visitors_by_channel", "自助机,3,5,75.0%,1", "前台当面,1,2,25.0%,0")
		if want := "访客统计 · 滨河花园 · 2026-11-01 – 2026-11-03"; got[0].Title != want {
			t.Errorf("%q", got[0].Title)
		}
	})
	t.Run("VISIT-4 a visit that ended with the day is counted as not signed out, and its stay is not", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.visit(b.site, "2026-11-01 10:00", "2026-11-01 23:59", "day_end", "visit", "kiosk", 1)
		got, err := b.reports.Visitors(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, "visitors", "1,1,,1,0")
	})
	t.Run("VISIT-1 the visitor register lists every arrival under the form's own name", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.visits()
		got, err := b.reports.Visitors(b.ctx, report.Query{From: q.From, To: q.To, Register: true})
		if err != nil {
			t.Fatal(err)
		}
		rows := lines(t, got, "visitor_register")
		if len(rows) != 4 || !strings.HasPrefix(got[0].Title, "访客登记表") ||
			rows[1] != "V3,2026-11-01 09:00,欧阳**,139****6785,2,李**,18#2单元201,送货、快递、外卖,,粤B·****2,前台当面,2026-11-01 10:30,前台签退" ||
			!strings.HasSuffix(rows[3], ",尚未离开") {
			t.Fatalf("%s\n%s", got[0].Title, strings.Join(rows, "\n"))
		}
	})
	t.Run("an empty period has its days and no share of nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		got, err := b.reports.Visitors(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, "visitors", "0,0,,0,0")
		if n := len(lines(t, got, "visitors_by_day")); n != 3 {
			t.Errorf("%d days", n)
		}
	})
}

func TestTickets(t *testing.T) {
	t.Parallel()
	fill := func(b *bundle) {
		b.ticket(b.site, "repair", "closed", "2026-11-10 08:00", "2026-11-10 09:00", "2026-11-10 18:00", 0)
		b.ticket(b.site, "repair", "resolved", "2026-11-10 08:00", "2026-11-10 11:00", "2026-11-13 08:00", 1) // late
		b.ticket(b.site, "repair", "in_hand", "2026-11-11 08:00", "2026-11-11 10:00", "", 0)                  // late and open
		b.ticket(b.site, "inquiry", "registered", "2026-11-21 20:00", "", "", 0)                              // limit not come
		b.ticket(b.site, "inquiry", "invalid", "2026-11-12 08:00", "", "", 0)                                 // owes no result
		b.ticket(b.site, "repair", "closed", "2026-10-31 08:00", "2026-10-31 09:00", "2026-10-31 10:00", 0)   // due in the period, registered before
		b.ticket(b.other, "repair", "registered", "2026-11-10 08:00", "", "", 0)
	}
	q := report.Query{From: "2026-11-01", To: "2026-11-30"}
	t.Run("KPI-1 in time is what was done within its limit of what was due in the period", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		fill(b)
		got, err := b.reports.Tickets(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		// registered, open, finished, reopened, due, in time, median response, median result, 90th percentile
		expect(t, got, "tickets", "5,3,2,20.0%,4,50.0%,2:00,41:00,65:48")
		expect(t, got, "tickets_by_kind", "报修,3,2,1,33.3%,4,50.0%,2:00,41:00,65:48", "咨询,2,1,1,0.0%,0,,,,")
	})
	t.Run("the median over all kinds is its own, not a mean of the kinds' medians", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, taken := range []string{"09:00", "09:00", "09:00"} {
			b.ticket(b.site, "repair", "closed", "2026-11-10 08:00", "2026-11-10 "+taken, "2026-11-10 10:00", 0)
		}
		b.ticket(b.site, "help", "closed", "2026-11-10 08:00", "2026-11-10 20:00", "2026-11-10 22:00", 0)
		got, err := b.reports.Tickets(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		if row := lines(t, got, "tickets")[0]; !strings.Contains(row, ",1:00,2:00,") {
			t.Fatal(row)
		}
	})
	t.Run("tickets are counted by kind and state, with what is overdue", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		fill(b)
		got, err := b.reports.Tickets(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, "tickets_by_state", "咨询,已登记,1,0,2026-11-21 20:00", "咨询,无效,1,0,2026-11-12 08:00",
			"报修,处理中,1,1,2026-11-11 08:00", "报修,已处理,1,0,2026-11-10 08:00", "报修,已关闭,1,0,2026-11-10 08:00")
	})
	t.Run("TICKET-9 the register is a view over tickets", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		fill(b)
		got, err := b.reports.Tickets(b.ctx, report.Query{From: q.From, To: q.To, Register: true})
		if err != nil {
			t.Fatal(err)
		}
		rows := lines(t, got, "ticket_register")
		if len(rows) != 5 || rows[0] != "T1,2026-11-10 08:00,报修,B 尽快,B2 服务改进,18#2单元201,'=漏水，回电 ****,欧阳**,139****6785,电话,,已关闭,2026-11-12 08:00,2026-11-10 18:00," {
			t.Fatal(strings.Join(rows, "\n"))
		}
	})
}

// all are the reports by name.
var all = map[string]func(*report.Service, context.Context, report.Query) ([]*table.Table, error){
	"visitors": (*report.Service).Visitors, "tickets": (*report.Service).Tickets, "callbacks": (*report.Service).Callbacks,
	"sla": (*report.Service).SLA, "complaints": (*report.Service).Complaints, "reviews": (*report.Service).Reviews,
}

// registers are those of them that list every entry.
var registers = []string{"visitors", "tickets", "callbacks"}

func TestReportsAreClosed(t *testing.T) {
	t.Parallel()
	for name, run := range all {
		for _, register := range []bool{false, true} {
			if register && !slices.Contains(registers, name) {
				continue
			}
			t.Run(fmt.Sprintf("PRIVACY-2 no report shows a value whole, in any language: %s %v", name, register), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.visits()
				b.ticket(b.site, "repair", "closed", "2026-11-10 08:00", "2026-11-10 09:00", "2026-11-10 18:00", 0)
				for _, lang := range locale.Languages {
					got, err := run(b.reports, locale.With(b.ctx, lang), report.Query{From: "2026-11-01", Register: register})
					if err != nil {
						t.Fatal(err)
					}
					for _, f := range []table.Format{table.CSV, table.JSON, table.Terminal} {
						var out bytes.Buffer
						if err := table.Write(&out, f, got...); err != nil {
							t.Fatal(err)
						}
						if found := piitest.Found(out.String(), piitest.Canary.Values()...); len(found) > 0 {
							t.Errorf("%s shows %q", f, found)
						}
						if strings.Contains(out.String(), "report.") || strings.Contains(out.String(), "{{") {
							t.Errorf("%s in %s has a text without words: %s", f, lang, out.String())
						}
					}
				}
				piitest.AssertAbsent(t, b.db, piitest.Canary.Name)
			})
			t.Run(fmt.Sprintf("PRIVACY-4 who looks is on record: %s %v", name, register), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				if _, err := run(b.reports, b.ctx, report.Query{From: "2026-11-01", To: "2026-11-03", Register: register}); err != nil {
					t.Fatal(err)
				}
				var who, verb, days string
				err := b.db.NewRaw(`select actor_name, verb, reason from audit_log where site_id = ?`, b.site).Scan(t.Context(), &who, &verb, &days)
				if err != nil || who != "cli:tester" || !strings.HasPrefix(verb, "report."+name) || strings.HasSuffix(verb, "register") != register || !strings.HasPrefix(days, "2026-11-01/2026-11-03") {
					t.Fatalf("%s %s %s, %v", who, verb, days, err)
				}
			})
		}
		t.Run("reports need their permission: "+name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			guard := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: 1, Site: b.site, May: map[actor.Permission]bool{staff.ViewTickets: true}})
			if _, err := run(b.reports, guard, report.Query{}); !fault.Is(err, fault.Forbidden) {
				t.Fatal(err)
			}
			if _, err := run(b.reports, t.Context(), report.Query{}); !fault.Is(err, fault.SignIn) {
				t.Fatal(err)
			}
			nowhere := actor.With(t.Context(), actor.Actor{Kind: actor.CLI, All: true, Site: 99})
			if _, err := run(b.reports, nowhere, report.Query{}); !fault.Is(err, fault.NotFound) {
				t.Fatal(err)
			}
		})
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		from, to string
		title    string
		wrong    string
	}{
		"nothing said: the month so far": {"", "", "2026-11-01 – 2026-11-22", ""},
		"the month of the last day":      {"", "2026-10-15", "2026-10-01 – 2026-10-15", ""},
		"one day":                        {"2026-11-05", "2026-11-05", "2026-11-05 – 2026-11-05", ""},
		"turned round":                   {"2026-11-06", "2026-11-05", "", "from=report.error.order"},
		"no date":                        {"yesterday", "2026-13-01", "", "to=report.error.day from=report.error.day"},
		"sql":                            {"2026-11-01'; drop table visits; --", "", "", "from=report.error.day"},
		"too long":                       {"2001-01-01", "2026-11-05", "", "from=report.error.long"},
		"year 1":                         {"0001-01-01", "", "", "from=report.error.day"},
	} {
		got, err := b.reports.Visitors(b.ctx, report.Query{From: c.from, To: c.to})
		if c.wrong != "" {
			if err == nil || !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || !strings.HasSuffix(got[0].Title, c.title) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
