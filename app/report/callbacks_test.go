package report_test

import (
	"testing"

	"github.com/google/uuid"

	"lobby/app/report"
)

func TestCallbacks(t *testing.T) {
	t.Parallel()
	fill := func(b *bundle) {
		caller := b.id(`insert into staff (login, name, password_hash) values ('caller', '客服', 'x') returning id`)
		for n, c := range []struct {
			kind, due, at string
			reached       bool
			satisfied     any
			marks         [3]any
		}{
			{"repair", "2026-11-10 18:00", "2026-11-10 17:00", true, true, [3]any{10, 10, nil}},
			{"repair", "2026-11-10 18:00", "2026-11-10 19:00", true, false, [3]any{1, nil, nil}}, // late
			{"complaint", "2026-11-11 18:00", "2026-11-11 09:00", false, nil, [3]any{}},          // tried in time
			{"complaint", "2026-11-21 18:00", "", false, nil, [3]any{}},                          // never called
			{"help", "2026-11-29 18:00", "", false, nil, [3]any{}},                               // not due yet
		} {
			b.ticket(b.site, c.kind, "verified", "2026-11-09 08:00", "", "2026-11-09 18:00", 0)
			id := b.id(`select max(id) from tickets`)
			b.exec(`update tickets set callback_due = ? where id = ?`, b.at(c.due), id)
			if c.at == "" {
				continue
			}
			asked := ""
			if c.reached {
				asked = "欧阳太太"
			}
			b.exec(`insert into callbacks (site_id, ticket_id, round, entry_key, entry_hash, by_id, at, day, reached, asked, satisfied, answer)
				values (?, ?, 0, ?, '', ?, ?, '2026-11-10', ?, ?, ?, ?)`, b.site, id, uuid.New(), caller, b.at(c.at), c.reached, asked, c.satisfied, "回电 13700137000")
			if c.marks != [3]any{} {
				b.exec(`insert into ratings (site_id, ticket_id, person, via, speed, attitude, upkeep, at) values (?, ?, ?, 'callback', ?, ?, ?, ?)`,
					b.site, id, []byte{byte(n)}, c.marks[0], c.marks[1], c.marks[2], b.at(c.at))
			}
		}
		b.ticket(b.other, "repair", "verified", "2026-11-09 08:00", "", "2026-11-09 18:00", 0)
		b.exec(`update tickets set callback_due = ? where site_id = ?`, b.at("2026-11-10 18:00"), b.other)
	}
	q := report.Query{From: "2026-11-01", To: "2026-11-30"}
	t.Run("KPI-2 satisfaction is the mean of all marks over ten, with their number, and no mean of means", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		fill(b)
		got, err := b.reports.Callbacks(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		// Of speed 55 %, of attitude 100 %: their mean would be 77.5 %, the mean of the three marks is 70 %.
		expect(t, got, "marks", "全部类别,三项合计,2,3,70.0%", "全部类别,响应速度,2,2,55.0%", "全部类别,服务态度,1,1,100.0%",
			"报修,三项合计,2,3,70.0%", "报修,响应速度,2,2,55.0%", "报修,服务态度,1,1,100.0%")
	})
	t.Run("CALLBACK-1 what fell due, what was called in time, and what came of the calls", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		fill(b)
		got, err := b.reports.Callbacks(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, "callbacks", "4,50.0%,3,66.7%,50.0%")
		expect(t, got, "callbacks_by_kind", "报修,2,50.0%,2,100.0%,50.0%", "投诉,2,50.0%,1,0.0%,")
	})
	t.Run("an empty period has no share of nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		got, err := b.reports.Callbacks(b.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, "callbacks", "0,,0,,")
	})
}

func (b *bundle) id(query string, args ...any) (id int64) {
	b.t.Helper()
	if err := b.db.NewRaw(query, args...).Scan(b.t.Context(), &id); err != nil {
		b.t.Fatal(err)
	}
	return id
}
