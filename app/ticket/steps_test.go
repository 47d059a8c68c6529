package ticket_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lobby/app/staff"
	"lobby/app/ticket"
	page "lobby/views/ticket"
)

// TestSteps reads a history with everything that a step can have, and with nothing of it, beside bun's own reading.
func TestSteps(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ctx := d.as(staff.Agent)
	made := d.register(ctx, entry())
	gone := d.addPerson("gone", staff.Agent)
	if _, err := d.db.NewRaw(`insert into ticket_steps (site_id, ticket_id, verb, from_state, to_state, at, noted_at, actor_kind, actor_id, actor_name, remark, detail)
		select ?, ?, 'remark', f, 'registered', timestamptz '2026-11-23 03:00Z' + g * interval '1 second', timestamptz '2026-11-23 03:00Z' + (g + late) * interval '1 second',
			kind, case kind when 'person' then ? else 0 end, case kind when 'cli' then 'root' else '' end, text, detail::jsonb
		from unnest(array['', 'registered', 'in_hand']) f, unnest(array['person', 'device', 'customer', 'job', 'cli']) kind, unnest(array[0, 1, 3600]) late,
			unnest(array['', '业主：“明天 9 点”']) text, unnest(array['{}', '{"took": true, "waiting_on": "parts"}']) detail, generate_series(1, 2) g`,
		d.site, made.ID, gone.ID).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.NewRaw(`update staff set disabled_at = now() where id = ?`, gone.ID).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	var want []ticket.Step
	if err := d.db.NewRaw(`select s.*, coalesce(p.name, '') as person_name from ticket_steps s left join staff p on p.id = s.actor_id and s.actor_kind = 'person'
		where s.ticket_id = ? order by s.id`, made.ID).Scan(ctx, &want); err != nil {
		t.Fatal(err)
	}
	t.Run("TICKET-4 every step is read as it was written", func(t *testing.T) {
		got, err := d.svc.Steps(ctx, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < 300 {
			t.Fatalf("%d steps", len(got))
		}
		unread := cmpopts.IgnoreFields(ticket.Step{}, "ID", "SiteID", "TicketID", "Mark", "Detail") // Detail is compared as what it sets
		if diff := cmp.Diff(want, got, unread, cmpopts.IgnoreUnexported(ticket.Step{})); diff != "" {
			t.Error(diff)
		}
		for i := range got {
			if diff := cmp.Diff(want[i].Set(), got[i].Set()); diff != "" {
				t.Errorf("step %d: %s", i, diff)
			}
		}
	})
	t.Run("TICKET-4 who has left keeps their name in the history", func(t *testing.T) {
		v, err := d.svc.PageOf(ctx, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Steps) != len(want) {
			t.Errorf("%d steps on the page, want %d", len(v.Steps), len(want))
		}
		for _, name := range []string{gone.Name, d.people[staff.Agent].Name} {
			if !slices.ContainsFunc(v.Steps, func(s page.Step) bool { return s.Who == name }) {
				t.Errorf("nobody is called %q", name)
			}
		}
	})
	t.Run("a history that can't be read isn't shown as none", func(t *testing.T) {
		if _, err := d.db.NewRaw(`alter table ticket_steps rename column remark to gone`).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if v, err := d.svc.PageOf(ctx, made.ID); err == nil {
			t.Errorf("a page with %d steps", len(v.Steps))
		}
	})
}
