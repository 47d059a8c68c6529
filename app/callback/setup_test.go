package callback_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/callback"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/views/locale"
)

// flow does to a ticket's row what the ticket's own flow would: these tests are about what comes before it.
type flow struct{}

func (flow) set(ctx context.Context, tx bun.Tx, ticket int64, change string) error {
	_, err := tx.NewRaw(`update tickets set version = version + 1, `+change+` where id = ?`, ticket).Exec(ctx)
	return err
}

func (f flow) CalledBack(ctx context.Context, tx bun.Tx, ticket int64, _ string) error {
	return f.set(ctx, tx, ticket, `state = 'called_back'`)
}

func (f flow) Reopen(ctx context.Context, tx bun.Tx, ticket int64, _ string) error {
	return f.set(ctx, tx, ticket, `state = 'in_hand', resolved_at = null, reopened = reopened + 1`)
}

func (f flow) Close(ctx context.Context, tx bun.Tx, ticket int64, _ string) error {
	return f.set(ctx, tx, ticket, `state = 'closed', closed_at = now()`)
}

type bundle struct {
	t           *testing.T
	db          *bun.DB
	svc         *callback.Service
	vault       *pii.Vault
	site, other int64
	agent       int64

	mu  sync.Mutex
	now time.Time
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, db: dbtest.New(t), vault: piitest.Vault(t), now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
	b.svc = &callback.Service{DB: b.db, Vault: b.vault, Sites: site.NewDirectory(b.db), Flow: flow{}, Now: b.clock}
	b.site, b.other = b.id(`insert into sites (code, name) values ('one', '一号院') returning id`), b.id(`insert into sites (code, name) values ('two', '二号院') returning id`)
	b.agent = b.id(`insert into staff (login, name, password_hash) values ('agent', '客服', '') returning id`)
	return b
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bundle) id(query string, args ...any) (id int64) {
	b.t.Helper()
	if err := b.db.NewRaw(query, args...).Scan(b.t.Context(), &id); err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bundle) as(site int64) context.Context {
	ctx := locale.WithZone(locale.With(b.t.Context(), "zh-CN"), time.UTC)
	return actor.With(ctx, actor.Actor{Kind: actor.Person, ID: b.agent, Site: site, Name: "客服", May: staff.May(staff.Agent)})
}

func (b *bundle) kiosk() context.Context {
	return actor.With(b.t.Context(), actor.Actor{Kind: actor.Device, ID: 1, Site: b.site, May: map[actor.Permission]bool{staff.RegisterTicket: true}})
}

const phone = "13800138000"

// ticket is one that stands in a state, of a customer with a phone.
func (b *bundle) ticket(kind, state string) int64 {
	b.t.Helper()
	normal, _ := pii.NormalisePhone(phone)
	return b.id(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, place, matter, state, registered_at, due_at, resolved_at, phone_index)
		values (?, gen_random_uuid(), '', 'T261123-' || lpad((select count(*) + 1 from tickets)::text, 4, '0'), 'phone', ?, '1#101', '漏水', ?, ?, ?, ?, ?) returning id`,
		b.site, kind, state, b.clock(), b.clock().Add(48*time.Hour), b.clock(), b.vault.Index(pii.Phone, normal))
}

func (b *bundle) state(ticket int64) (state string) {
	b.t.Helper()
	if err := b.db.NewRaw(`select state from tickets where id = ?`, ticket).Scan(b.t.Context(), &state); err != nil {
		b.t.Fatal(err)
	}
	return state
}

func (b *bundle) record(in callback.Call) (callback.Outcome, error) {
	b.t.Helper()
	if in.EntryKey == uuid.Nil {
		in.EntryKey = uuid.Must(uuid.NewV7())
	}
	return b.svc.Record(b.as(b.site), in)
}

func kindOf(err error) fault.Kind {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return -1
}
