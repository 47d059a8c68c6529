package report_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
	"lobby/app/kit/table"
	"lobby/app/report"
	"lobby/app/staff"
)

// desk is a site with a reviewed repair, a complaint that was called back, help, and a ticket elsewhere.
func desk(b *bundle) {
	b.t.Helper()
	b.ticket(b.site, "repair", "closed", "2026-11-10 08:00", "", "2026-11-10 18:00", 0)
	b.ticket(b.site, "complaint", "closed", "2026-11-11 08:00", "", "2026-11-11 18:00", 0)
	b.ticket(b.site, "help", "in_hand", "2026-11-12 08:00", "", "", 0)
	b.ticket(b.other, "complaint", "closed", "2026-11-11 08:00", "", "2026-11-11 18:00", 0)
	who := b.id(`insert into staff (login, name, password_hash) values ('shen', '沈主管', 'x') returning id`)
	department := b.id(`insert into departments (site_id, code, name) values (?, 'd', '工程部') returning id`, b.site)
	zone := b.id(`insert into zones (site_id, code, name) values (?, '1', '一区') returning id`, b.site)
	house := b.id(`insert into buildings (site_id, zone_id, name) values (?, ?, '18#') returning id`, b.site, zone)
	door := b.id(`insert into households (site_id, building_id, entrance, room) values (?, ?, '2单元', '201') returning id`, b.site, house)
	normal, _ := pii.NormalisePhone(piitest.Canary.Phone)
	b.exec(`update tickets set household_id = ?, owner_id = ?, phone_index = ? where number = 'T1'`, door, who, b.vault.Index(pii.Phone, normal))
	b.exec(`update tickets set validity = 'valid', about = 'property', topic = 'attitude', severity = 'minor', against_id = ? where number = 'T2'`, department)
	b.exec(`update tickets set help_kind = 'medical', urgency = 'A', life_safety = true where number = 'T3'`)
	b.exec(`insert into ticket_steps (site_id, ticket_id, verb, to_state, at, actor_kind, remark) select site_id, id, 'resolve', 'resolved', resolved_at, 'person', ? from tickets
		where site_id = ? and resolved_at is not null`, "=换了阀门 "+piitest.Canary.Phone, b.site)
	b.exec(`insert into orders (site_id, ticket_id, entry_key, number, department_id, state, sent_at) select site_id, id, ?, 'O1', ?, 'fed_back', registered_at from tickets where number = 'T1'`,
		uuid.New(), department)
	b.exec(`insert into reviews (site_id, span, day, section, subject_id, by_id, at) select site_id, 'day', '2026-11-10', 'reception', id, ?, ? from tickets where number = 'T1'`,
		who, b.at("2026-11-10 20:00"))
	b.exec(`insert into callbacks (site_id, ticket_id, round, entry_key, entry_hash, by_id, at, day, reached, asked, satisfied, answer)
		select site_id, id, 0, ?, '', ?, ?, '2026-11-12', true, ?, true, '谢谢' from tickets where number = 'T2' and site_id = ?`,
		uuid.New(), who, b.at("2026-11-12 09:00"), piitest.Canary.Name, b.site)
}

// numbers are the tickets on the lines of a listing.
func numbers(b *bundle, l *report.Listing) (out []string) {
	b.t.Helper()
	at := slices.IndexFunc(l.Table.Columns, func(c table.Column) bool { return c.Key == "number" })
	for _, row := range l.Table.Rows {
		out = append(out, row[at].(string))
	}
	return out
}

var november = report.Query{From: "2026-11-01", To: "2026-11-30"}

func TestRegisters(t *testing.T) {
	t.Parallel()
	look := func(b *bundle, k report.RegisterKind, f report.RegisterFilter) *report.Listing {
		b.t.Helper()
		f.Query = november
		l, err := b.reports.Register(b.ctx, k, f)
		if err != nil {
			b.t.Fatal(err)
		}
		return l
	}
	t.Run("TICKET-9 the reception register is a view over tickets: who, what, how handled, the result, and who reviewed it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		desk(b)
		l := look(b, report.Reception, report.RegisterFilter{})
		got := lines(t, []*table.Table{l.Table}, "reception_register")
		want := []string{"T3,2026-11-12 08:00,欧阳**,139****6785,18#2单元201,'=漏水，回电 ****,,处理中,",
			"T2,2026-11-11 08:00,欧阳**,139****6785,18#2单元201,'=漏水，回电 ****,,'=换了阀门 **** · 已关闭,",
			"T1,2026-11-10 08:00,欧阳**,139****6785,18#2单元201,'=漏水，回电 ****,派单：工程部　经办：沈主管,'=换了阀门 **** · 已关闭,沈主管 2026-11-10"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") || l.Name != "接待业主情况记录" {
			t.Errorf("%s\n%s", l.Name, strings.Join(got, "\n"))
		}
	})
	t.Run("TICKET-9 complaints and help are one register, with the department complained of and whether they are satisfied", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		desk(b)
		l := look(b, report.Matters, report.RegisterFilter{})
		got := lines(t, []*table.Table{l.Table}, "matters_register")
		if len(got) != 2 || !strings.Contains(got[0], "求助 · 医疗急救") || !strings.Contains(got[1], "投诉 · 服务态度和质量 · 轻微,'=漏水，回电 ****,工程部,,") ||
			!strings.HasSuffix(got[1], "2026-11-11 18:00,满意,") {
			t.Error(strings.Join(got, "\n"))
		}
	})
	t.Run("FORM-1 the title of the register of complaints and help is a setting of the site", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		if l := look(b, report.Matters, report.RegisterFilter{}); l.Name != "商户投诉、求助登记表" {
			t.Error(l.Name)
		}
		other := setup(t)
		other.exec(`update sites set settings = '{"matters_title": "matters"}' where id = ?`, other.site)
		if l := look(other, report.Matters, report.RegisterFilter{}); l.Name != "商户报事、求助登记表" || !strings.HasPrefix(l.Table.Title, l.Name) {
			t.Error(l.Name)
		}
	})
	t.Run("TICKET-9 registers are narrowed by zone, kind, person, state, review and what is looked for", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		desk(b)
		who, zone := b.id(`select id from staff where login = 'shen'`), b.id(`select id from zones where code = '1'`)
		for name, c := range map[string]struct {
			k    report.RegisterKind
			f    report.RegisterFilter
			want string
		}{
			"zone": {report.Reception, report.RegisterFilter{Zone: zone}, "T1"}, "another zone": {report.Reception, report.RegisterFilter{Zone: zone + 1}, ""},
			"kind": {report.Reception, report.RegisterFilter{Of: "help"}, "T3"}, "a kind it doesn't have": {report.Matters, report.RegisterFilter{Of: "repair"}, "T3 T2"},
			"person": {report.Reception, report.RegisterFilter{Person: who}, "T1"}, "caller": {report.CallbackRegister, report.RegisterFilter{Person: who}, "T2"},
			"another caller": {report.CallbackRegister, report.RegisterFilter{Person: who + 1}, ""},
			"open":           {report.Reception, report.RegisterFilter{State: "open"}, "T3"}, "over": {report.Reception, report.RegisterFilter{State: "over"}, "T2 T1"},
			"late": {report.Reception, report.RegisterFilter{State: "late"}, "T3"}, "satisfied": {report.CallbackRegister, report.RegisterFilter{State: "satisfied"}, "T2"},
			"not satisfied": {report.CallbackRegister, report.RegisterFilter{State: "reopened"}, ""},
			"reviewed":      {report.Reception, report.RegisterFilter{Reviewed: "yes"}, "T1"}, "not reviewed": {report.Reception, report.RegisterFilter{Reviewed: "no"}, "T3 T2"},
			"phone": {report.Reception, report.RegisterFilter{Text: piitest.Canary.Phone}, "T1"}, "number": {report.Reception, report.RegisterFilter{Text: "t2"}, "T2"},
			"household": {report.Reception, report.RegisterFilter{Text: "18-2-201"}, "T1"}, "place": {report.Reception, report.RegisterFilter{Text: "18#2单元201"}, "T3 T2 T1"},
			"a pattern": {report.Reception, report.RegisterFilter{Text: "%"}, ""}, "no state of ours": {report.Reception, report.RegisterFilter{State: "'; drop"}, "T3 T2 T1"},
		} {
			if got := strings.Join(numbers(b, look(b, c.k, c.f)), " "); got != c.want {
				t.Errorf("%s: %q, should be %q", name, got, c.want)
			}
		}
	})
	t.Run("PRIVACY-4 who looks, prints or takes it away is on record, and what was looked for is not", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		desk(b)
		look(b, report.Reception, report.RegisterFilter{Text: piitest.Canary.Phone})
		for _, as := range []string{"print", "xlsx", "csv"} {
			if _, err := b.reports.WholeRegister(b.ctx, report.Matters, report.RegisterFilter{Query: november}, as); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		if err := b.db.NewRaw(`select verb || ' ' || reason from audit_log where site_id = ? and actor_name = 'cli:tester' order by id`, b.site).Scan(t.Context(), &got); err != nil {
			t.Fatal(err)
		}
		days := "2026-11-01/2026-11-30, "
		want := []string{"report.reception.register " + days + "screen, searched", "report.matters.register " + days + "print",
			"report.matters.register " + days + "xlsx", "report.matters.register " + days + "csv"}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
	t.Run("PRIVACY-5 of who is forgotten a register says nothing, and keeps the line", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		desk(b)
		b.exec(`update tickets set expired_at = ?, phone = null, phone_index = null, reporter = '', confirmed_by = '', place = '', matter = '', entry_hash = '' where number = 'T1'`,
			b.at("2026-11-20 00:00"))
		got := lines(t, []*table.Table{look(b, report.Reception, report.RegisterFilter{Of: "repair"}).Table}, "reception_register")
		if len(got) != 1 || !strings.HasPrefix(got[0], "T1,2026-11-10 08:00,,,,") || !strings.Contains(got[0], "内容已到期删除") {
			t.Error(strings.Join(got, "\n"))
		}
	})
	t.Run("registers need their permission, at the site of who asks", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		desk(b)
		guard := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: 1, Site: b.site, May: map[actor.Permission]bool{staff.ViewTickets: true}})
		for _, k := range report.RegisterKinds {
			if _, err := b.reports.Register(guard, k, report.RegisterFilter{}); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v", k, err)
			}
		}
		there := actor.With(t.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:x", All: true, Site: b.other})
		l, err := b.reports.Register(there, report.Matters, report.RegisterFilter{Query: november})
		if err != nil || strings.Join(numbers(b, l), " ") != "T4" {
			t.Errorf("%v %v", l, err)
		}
	})
}

// TestRegisterPages turns the pages of a register there and back: every line once, in order, also those of one moment.
func TestRegisterPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dice := rand.New(rand.NewPCG(3, 5))
	for n := range 130 {
		b.exec(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, registered_at, due_at) values (?, ?, '', ?, 'phone', 'help', '大堂', '灯不亮', ?, null)`,
			b.site, uuid.New(), fmt.Sprintf("T%d", n), b.at(fmt.Sprintf("2026-11-10 %02d:00", dice.IntN(20))))
	}
	var want []string
	if err := b.db.NewRaw(`select number from tickets order by registered_at desc, id desc`).Scan(t.Context(), &want); err != nil {
		t.Fatal(err)
	}
	f := report.RegisterFilter{Query: november}
	var pages []*report.Listing
	var got []string
	for {
		l, err := b.reports.Register(b.ctx, report.Matters, f)
		if err != nil {
			t.Fatal(err)
		}
		pages, got = append(pages, l), append(got, numbers(b, l)...)
		if l.Older == "" {
			break
		}
		f.Older = l.Older
	}
	if !slices.Equal(got, want) || len(pages) != 3 || pages[0].Newer != "" {
		t.Fatalf("%d pages with %d lines", len(pages), len(got))
	}
	back := report.RegisterFilter{Query: november, Newer: pages[2].Newer}
	l, err := b.reports.Register(b.ctx, report.Matters, back)
	if err != nil || !slices.Equal(numbers(b, l), numbers(b, pages[1])) || l.Older != pages[1].Older || l.Newer == "" {
		t.Fatalf("back: %v", err)
	}
	back.Newer = l.Newer
	if l, err = b.reports.Register(b.ctx, report.Matters, back); err != nil || !slices.Equal(numbers(b, l), numbers(b, pages[0])) || l.Newer != "" {
		t.Fatalf("back to the first: %v", err)
	}
	t.Run("FORM-1 on paper the lines stand in the order in which they came in, and a file opens as a workbook", func(t *testing.T) {
		whole, err := b.reports.WholeRegister(b.ctx, report.Matters, f, "xlsx")
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(want)
		if !slices.Equal(numbers(b, whole), want) {
			t.Error(numbers(b, whole))
		}
		var out bytes.Buffer
		if err := table.Write(&out, table.XLSX, whole.Table); err != nil {
			t.Fatal(err)
		}
		book, err := excelize.OpenReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		if title, err := book.GetCellValue(book.GetSheetName(0), "A1"); err != nil || !strings.HasPrefix(title, "商户投诉、求助登记表 · 滨河花园 · 2026-11-01") {
			t.Errorf("%q %v", title, err)
		}
	})
	t.Run("FORM-1 more lines than paper or a file holds are refused at the field of the days, not cut off", func(t *testing.T) {
		whole := report.RegisterFilter{Query: november}
		for _, as := range []string{"print", "xlsx"} {
			if l, err := b.reports.WholeUpTo(b.ctx, report.Matters, whole, as, len(want)); err != nil || len(l.Tickets) != len(want) {
				t.Errorf("%s of just as many: %v", as, err)
			}
			_, err := b.reports.WholeUpTo(b.ctx, report.Matters, whole, as, len(want)-1)
			if f, is := fault.As(err); !is || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "from" || f.Fields[0].Key != "report.error.lines" {
				t.Errorf("%s of one more: %v", as, err)
			}
		}
	})
	t.Run("a place that is none begins at the first page", func(t *testing.T) {
		for _, place := range []string{"x", "1-", "-1-1", "99999999999999999999-1", "1-1;"} {
			if l, err := b.reports.Register(b.ctx, report.Matters, report.RegisterFilter{Query: november, Older: place}); err != nil || len(l.Tickets) != 50 {
				t.Errorf("%s: %v", place, err)
			}
		}
	})
}

// TestRegisterPlans holds the registers' pages to their indexes on a site of 100,000 tickets: none reads a large table whole.
func TestRegisterPlans(t *testing.T) {
	t.Parallel()
	b := setup(t)
	who := b.id(`insert into staff (login, name, password_hash) values ('few', '某', 'x') returning id`)
	b.exec(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, state, place, matter, owner_id, registered_at, due_at)
		select ?, gen_random_uuid(), '', 'T' || n, 'phone', (array['repair','inquiry','help','complaint','other'])[1 + n % 5], 'closed', '大堂', '灯不亮', case when n % 5000 = 0 then ?::bigint end,
			timestamptz '2026-11-01' + n * interval '10 seconds', null from generate_series(1, 100000) n`, b.site, who)
	b.exec(`analyze tickets`)
	for name, f := range map[string]struct {
		k report.RegisterKind
		f report.RegisterFilter
	}{
		"first page": {report.Reception, report.RegisterFilter{}}, "a later page": {report.Reception, report.RegisterFilter{Older: "1794000000000000-50000"}},
		"back": {report.Matters, report.RegisterFilter{Newer: "1794000000000000-50000"}}, "complaints": {report.Matters, report.RegisterFilter{Of: "complaint"}},
		"somebody with few": {report.Reception, report.RegisterFilter{Person: who}}, "not reviewed": {report.Reception, report.RegisterFilter{Reviewed: "no"}},
	} {
		f.f.Query = report.Query{From: "2026-11-01", To: "2026-11-30"}
		plan, err := b.reports.Plan(b.ctx, f.k, f.f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plan, "Seq Scan on tickets") || strings.Contains(plan, "Seq Scan on ticket_steps") {
			t.Errorf("%s reads everything:\n%s", name, plan)
		}
	}
}
