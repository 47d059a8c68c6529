package ticket_test

import (
	"testing"
	"time"

	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/limit"
)

// copies makes more rows like those of one ticket in a table, of tickets with other numbers.
const copies = `do $$ declare list text; put text; begin
	select string_agg(quote_ident(column_name), ', ' order by ordinal_position),
		string_agg(case when column_name = 'entry_key' then 'gen_random_uuid()'
			when column_name = 'number' then 'number || ''-'' || n' when column_name = 'mark' then 'mark'
			when column_name = 'id' then 'id + n * 1000' when column_name = 'ticket_id' then 'ticket_id + n * 1000' else quote_ident(column_name) end, ', ' order by ordinal_position)
		into list, put from information_schema.columns where table_schema = 'public' and table_name = ?0 and is_generated = 'NEVER';
	execute format('insert into %I (%s) overriding system value select %s from %I, generate_series(1, %s) n where %I = %s',
		?0, list, put, ?0, ?1, case ?0 when 'tickets' then 'id' else 'ticket_id' end, ?2);
end $$`

// BenchmarkPreview is what a supervisor waits for before a policy is saved, on twenty thousand open tickets with their steps and
// an order each, every one of which it moves.
func BenchmarkPreview(b *testing.B) {
	const tickets = 20_000
	d := setup(b)
	guards := d.department("guards", d.people[staff.DepartmentHead].ID)
	in := complaint("minor")
	in.Then, in.Instructions = ticket.Dispatch, []ticket.Instruction{{Department: guards, Text: "请核实"}}
	made := d.register(d.as(staff.Agent), in)
	for _, table := range []string{"tickets", "ticket_steps", "orders"} {
		if _, err := d.db.NewRaw(copies, table, tickets-1, made.ID).Exec(b.Context()); err != nil {
			b.Fatal(table, err)
		}
	}
	if _, err := d.db.NewRaw(`analyze`).Exec(b.Context()); err != nil {
		b.Fatal(err)
	}
	p := *limit.Default()
	p.Rows = append([]limit.Row(nil), p.Rows...)
	for i := range p.Rows {
		p.Rows[i].Result = limit.Span{N: 5, Unit: limit.Hours}
	}
	ctx := d.as(staff.Supervisor)
	for b.Loop() {
		began := time.Now()
		got, err := d.svc.PreviewPolicy(ctx, &p)
		if err != nil || got.Count < tickets*9/10 {
			b.Fatalf("%+v, %v", got, err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/preview")
	}
}
