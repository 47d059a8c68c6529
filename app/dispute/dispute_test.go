package dispute_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/dispute"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii/piitest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// bundle is a site with a zone whose owner is an agent, a colleague in it, and a supervisor.
type bundle struct {
	t                *testing.T
	db               *bun.DB
	svc              *dispute.Service
	site, other      int64
	owner, colleague int64
	chief, household int64
	mu               sync.Mutex
	now              time.Time
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: dbtest.New(t), now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
	b.svc = &dispute.Service{DB: b.db, Sites: site.NewDirectory(b.db), Now: func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }}
	b.site, b.other = b.id(`insert into sites (code, name) values ('one', '一号院') returning id`), b.id(`insert into sites (code, name) values ('two', '二号院') returning id`)
	b.owner, b.colleague, b.chief = b.person("owner", "片区负责人", staff.Agent), b.person("colleague", "同事", staff.Agent), b.person("chief", "主管", staff.Supervisor)
	zone := b.id(`insert into zones (site_id, code, name, owner_id) values (?, '1', '一区', ?) returning id`, b.site, b.owner)
	building := b.id(`insert into buildings (site_id, zone_id, name) values (?, ?, '18#') returning id`, b.site, zone)
	b.household = b.id(`insert into households (site_id, building_id, entrance, room) values (?, ?, '2单元', '201') returning id`, b.site, building)
	return b
}

func (b *bundle) id(query string, args ...any) (id int64) {
	b.t.Helper()
	if err := b.db.NewRaw(query, args...).Scan(b.t.Context(), &id); err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
	return id
}

func (b *bundle) person(login, name string, role staff.Role) int64 {
	b.t.Helper()
	id := b.id(`insert into staff (login, name, password_hash) values (?, ?, '') returning id`, login, name)
	b.id(`insert into staff_roles (staff_id, site_id, role) values (?, ?, ?) returning staff_id`, id, b.site, string(role))
	return id
}

func (b *bundle) as(id, site int64, role staff.Role) context.Context {
	ctx := locale.WithZone(locale.With(b.t.Context(), "zh-CN"), time.UTC)
	return actor.With(ctx, actor.Actor{Kind: actor.Person, ID: id, Site: site, May: staff.May(role)})
}

// ticket is one of a kind in a state, of the household.
func (b *bundle) ticket(kind, state string) int64 {
	b.t.Helper()
	return b.id(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, state, registered_at, due_at, household_id)
		values (?, gen_random_uuid(), '', 'T261123-' || lpad((select count(*) + 1 from tickets)::text, 4, '0'), 'phone', ?, '18#2单元201', '楼上吵闹', ?, now(), now(), ?) returning id`,
		b.site, kind, state, b.household)
}

func entry(ticket int64) dispute.Open {
	return dispute.Open{EntryKey: uuid.Must(uuid.NewV7()), Ticket: ticket, Parties: []dispute.Party{{Name: "欧阳太太", Place: "18#2单元201"}, {Place: "18#2单元301"}, {}}}
}

func want(t *testing.T, err error, kind fault.Kind, key string) {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Kind != kind || key != "" && f.Key != key {
		t.Errorf("%v, want %s", err, key)
	}
}

func TestDispute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	desk, mine, chief := b.as(b.colleague, b.site, staff.Agent), b.as(b.owner, b.site, staff.Agent), b.as(b.chief, b.site, staff.Supervisor)
	complaint := b.ticket("complaint", "in_hand")
	in := entry(complaint)
	made, err := b.svc.Open(desk, in)
	if err != nil {
		t.Fatal(err)
	}
	first, second := made.Parties[0], made.Parties[1]
	t.Run("COMPLAINT-8 the parties are two or more, by household or name, and the zone's owner mediates and is told", func(t *testing.T) {
		if made.MediatorID != b.owner || len(made.Parties) != 2 || first.HouseholdID != b.household || second.HouseholdID != 0 {
			t.Errorf("%+v", made)
		}
		if n := b.id(`select count(*) from notices where staff_id = ? and kind = 'mediate' and ticket_id = ?`, b.owner, complaint); n != 1 {
			t.Errorf("%d notices", n)
		}
		one := entry(b.ticket("complaint", "in_hand"))
		one.Parties = one.Parties[:1]
		_, err := b.svc.Open(desk, one)
		want(t, err, fault.Invalid, "")
		one.Parties = append(one.Parties, dispute.Party{Name: "a\x00"}, dispute.Party{Name: "b"})
		_, err = b.svc.Open(desk, one)
		want(t, err, fault.Invalid, "")
		one.Parties = make([]dispute.Party, dispute.Most+1)
		for i := range one.Parties {
			one.Parties[i].Name = "甲"
		}
		_, err = b.svc.Open(desk, one)
		want(t, err, fault.Invalid, "")
	})
	t.Run("COMPLAINT-8 where the zone's owner is off, who stands in mediates", func(t *testing.T) {
		b.id(`insert into duties (site_id, staff_id, kind, from_at, until_at, stand_in_id) values (?, ?, 'away', ?, ?, ?) returning id`,
			b.site, b.owner, b.now.Add(-time.Hour), b.now.Add(time.Hour), b.colleague)
		other, err := b.svc.Open(desk, entry(b.ticket("complaint", "registered")))
		if err != nil || other.MediatorID != b.colleague {
			t.Errorf("%+v, %v", other, err)
		}
		b.mu.Lock()
		b.now = b.now.Add(2 * time.Hour)
		b.mu.Unlock()
	})
	t.Run("COMPLAINT-8 the entry sent twice is one dispute; another one is told of the first", func(t *testing.T) {
		again, err := b.svc.Open(desk, in)
		if err != nil || again.ID != made.ID {
			t.Errorf("%+v, %v", again, err)
		}
		_, err = b.svc.Open(desk, entry(complaint))
		want(t, err, fault.Conflict, "dispute.stands")
		changed := in
		changed.Parties = []dispute.Party{{Name: "甲"}, {Name: "乙"}}
		_, err = b.svc.Open(desk, changed)
		want(t, err, fault.Conflict, "dispute.stands")
	})
	t.Run("COMPLAINT-8 only in a complaint that still runs, at one's own site, by who classifies", func(t *testing.T) {
		_, err := b.svc.Open(desk, entry(b.ticket("repair", "in_hand")))
		want(t, err, fault.Conflict, "dispute.no_complaint")
		_, err = b.svc.Open(desk, entry(b.ticket("complaint", "closed")))
		want(t, err, fault.Conflict, "dispute.over")
		_, err = b.svc.Open(b.as(b.colleague, b.other, staff.Agent), entry(b.ticket("complaint", "in_hand")))
		want(t, err, fault.NotFound, "")
		_, err = b.svc.Open(b.as(b.colleague, b.site, staff.Guard), entry(b.ticket("complaint", "in_hand")))
		want(t, err, fault.Forbidden, "")
		_, _, err = b.svc.Running(b.as(b.colleague, b.site, staff.Guard), 1)
		want(t, err, fault.Forbidden, "")
	})
	t.Run("COMPLAINT-8 the list of those that run: one's own first, then the oldest; nothing of another site, nothing that is over", func(t *testing.T) {
		ends := entry(b.ticket("complaint", "in_hand"))
		if _, err := b.svc.Open(desk, ends); err != nil {
			t.Fatal(err)
		}
		if err := b.svc.End(chief, ends.Ticket, dispute.Withdrawn, "算了"); err != nil {
			t.Fatal(err)
		}
		list, more, err := b.svc.Running(mine, 1)
		if err != nil || more || len(list) != 2 || !list[0].Mine || list[0].TicketID != complaint || list[1].Mine {
			t.Errorf("%+v, more %t, %v", list, more, err)
		}
		theirs, _, err := b.svc.Running(desk, 1)
		if err != nil || len(theirs) != 2 || theirs[1].TicketID != complaint || len(theirs[1].Parties) != 2 || theirs[1].Parties[0] != "欧阳太太 · 18#2单元201" {
			t.Errorf("%+v, %v", theirs, err)
		}
		if away, _, err := b.svc.Running(b.as(b.owner, b.other, staff.Agent), 1); err != nil || len(away) != 0 {
			t.Errorf("of another site: %+v, %v", away, err)
		}
	})
	key := uuid.Must(uuid.NewV7())
	t.Run("COMPLAINT-8 what was said to each is written by the mediator or a supervisor, once each", func(t *testing.T) {
		want(t, b.svc.Say(desk, complaint, first.ID, "说过了", key), fault.Forbidden, "dispute.mediates")
		for range 2 {
			if err := b.svc.Say(mine, complaint, first.ID, "欧阳太太说半夜很吵", key); err != nil {
				t.Fatal(err)
			}
		}
		want(t, b.svc.Say(mine, complaint, second.ID, "别的话", key), fault.Conflict, "dispute.entry_differs")
		want(t, b.svc.Say(mine, complaint, 999, "谁？", uuid.Must(uuid.NewV7())), fault.Invalid, "")
		want(t, b.svc.Say(mine, complaint, 0, " \n", uuid.Must(uuid.NewV7())), fault.Invalid, "")
		want(t, b.svc.Say(chief, b.ticket("complaint", "in_hand"), 0, "没有纠纷", uuid.Must(uuid.NewV7())), fault.NotFound, "")
		if n := b.id(`select count(*) from dispute_talks`); n != 1 {
			t.Errorf("%d are kept", n)
		}
	})
	t.Run("COMPLAINT-8 nothing is settled before each party was spoken with, and what came of it is written once", func(t *testing.T) {
		err := b.svc.End(mine, complaint, dispute.Settled, "约定晚上十点后安静")
		want(t, err, fault.Conflict, "dispute.unheard")
		if f, ok := fault.As(err); ok && !strings.Contains(locale.Say(mine, f.Key, f.Args), "18#2单元301") {
			t.Error("it isn't said with whom nobody has spoken")
		}
		if err := b.svc.Say(chief, complaint, second.ID, "愿意买地垫", uuid.Must(uuid.NewV7())); err != nil {
			t.Fatal(err)
		}
		want(t, b.svc.End(mine, complaint, "won", "x"), fault.Invalid, "")
		want(t, b.svc.End(mine, complaint, dispute.Settled, ""), fault.Invalid, "")
		want(t, b.svc.End(desk, complaint, dispute.Settled, "抢先"), fault.Forbidden, "")
		for range 2 {
			if err := b.svc.End(mine, complaint, dispute.Settled, "欧阳太太同意，十点后安静"); err != nil {
				t.Fatal(err)
			}
		}
		want(t, b.svc.End(chief, complaint, dispute.Failed, "没谈成"), fault.Conflict, "dispute.ended")
		want(t, b.svc.Say(mine, complaint, 0, "还有一句", uuid.Must(uuid.NewV7())), fault.Conflict, "dispute.ended")
		d, may, err := b.svc.Of(desk, complaint)
		if err != nil || may || d.Outcome != dispute.Settled || len(d.Talks) != 2 || d.Mediator != "片区负责人" {
			t.Errorf("%+v, %t, %v", d, may, err)
		}
	})
	t.Run("COMPLAINT-8 a mediation with all of them hears each; a complaint withdrawn ends before", func(t *testing.T) {
		for out, talk := range map[dispute.Outcome]bool{dispute.Failed: true, dispute.Withdrawn: false, dispute.Referred: false} {
			id := b.ticket("complaint", "in_hand")
			if _, err := b.svc.Open(desk, entry(id)); err != nil {
				t.Fatal(err)
			}
			if talk {
				if err := b.svc.Say(mine, id, 0, "一起谈了", uuid.Must(uuid.NewV7())); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.svc.End(mine, id, out, "说明"); err != nil {
				t.Errorf("%s: %v", out, err)
			}
		}
	})
	t.Run("PRIVACY-5 who they were and what was said goes with the ticket; the outcome stays", func(t *testing.T) {
		err := b.db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error { return b.svc.Forget(ctx, tx, []int64{complaint}) })
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := b.svc.Of(desk, complaint)
		if err != nil || d.Outcome != dispute.Settled || len(d.Talks) != 2 || d.Parties[0].HouseholdID != 0 {
			t.Errorf("%+v, %v", d, err)
		}
		if n := b.id(`select count(*) from disputes d left join dispute_parties y on y.dispute_id = d.id left join dispute_talks k on k.dispute_id = d.id
			where d.ticket_id = ? and (d.ending || y.name || y.place || k.said) ~ '欧阳|201|301|安静|地垫'`, complaint); n != 0 {
			t.Errorf("%d rows say who it was", n)
		}
		piitest.AssertAbsent(t, b.db, "愿意买地垫", "半夜很吵")
	})
}
