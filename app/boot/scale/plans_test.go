// Package scale_test looks at how the program reads from a database with very many tickets: real pages are called over
// HTTP, the statements that they send are caught on their way and explained by the server.
package scale_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/boot/demo"
	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/live"
	"lobby/app/kit/web/webtest"
	"lobby/app/ticket"
)

const (
	tickets = 100_000
	stories = 2_500
	large   = 3_000 // rows from which a table is never read as a whole
	most    = 6_000 // rows that one statement may touch in one node of its plan
)

var errBack = errors.New("only looked at")

// catcher keeps the statements of requests, without those of jobs.
type catcher struct {
	mu   sync.Mutex
	jobs bool // what jobs send too
	text []string
}

func (c *catcher) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (c *catcher) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	verb, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(e.Query)), " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted := c.jobs || actor.From(ctx).Kind != actor.Job
	if strings.Contains(e.Query, "audit_chain") { // sealed every two seconds, whatever is looked at; what was sealed can't be sealed again
		return
	}
	if wanted && slices.Contains([]string{"select", "with", "update", "insert", "delete"}, verb) && !slices.Contains(c.text, e.Query) {
		c.text = append(c.text, e.Query)
	}
}

func (c *catcher) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.text
	c.text = nil
	return out
}

// node is one step of a plan, as far as it matters here.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Actual Rows"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Loops    float64 `json:"Actual Loops"`
	Plans    []node
}

// all gives the node and those below it.
func (n node) all() []node {
	out := []node{n}
	for _, p := range n.Plans {
		out = append(out, p.all()...)
	}
	return out
}

// place is a site with very many tickets, and a server on it.
type place struct {
	*testing.T
	app   *boot.App
	base  string
	made  demo.Crowd
	site  int64
	large map[string]bool
	catch *catcher
	plain *bun.DB
}

func build(t *testing.T) *place {
	t.Helper()
	h := boottest.New(t)
	h.Clock.Set(time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)) // a Wednesday, eleven in the morning
	i := h.Start(t)
	began := time.Now()
	loader := demo.Loader{DB: i.App.DB, Vault: i.App.Vault, Sites: i.App.Sites, Now: i.App.Now, NoWeek: true}
	got, err := loader.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	direct := demo.Loader{DB: dbtest.Open(t, h.URL+"&statement_timeout=0"), Vault: i.App.Vault, Sites: i.App.Sites, Now: i.App.Now}
	p := &place{T: t, app: i.App, base: i.URL(), site: got.Site.ID, large: map[string]bool{}, catch: &catcher{}, plain: direct.DB}
	if p.made, err = direct.LoadMany(t.Context(), got.Site, demo.Many{Tickets: tickets, Stories: stories, Histories: 24}); err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := p.plain.NewRaw(`select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and reltuples > ?`, large).Scan(t.Context(), &names); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		p.large[n] = true
	}
	t.Logf("%+v in %s; large: %v", p.made, time.Since(began).Round(time.Millisecond), names)
	for _, n := range []string{"tickets", "ticket_steps", "orders", "work_records", "callbacks", "ratings", "notices"} {
		if !p.large[n] {
			t.Errorf("%s is not large", n)
		}
	}
	i.App.DB.AddQueryHook(p.catch) //nolint:staticcheck // WithQueryHook gives a copy, and the services hold the original
	return p
}

// explain looks at the plans of what was caught.
func (p *place) explain(t *testing.T, of string) {
	t.Helper()
	texts := p.catch.take()
	if len(texts) == 0 {
		t.Errorf("%s: nothing was caught", of)
	}
	for _, text := range texts {
		nodes, err := p.plan(t.Context(), text)
		if err != nil {
			t.Errorf("%s: %v\n%s", of, err, text)
			continue
		}
		for _, n := range nodes {
			switch touched := (n.Rows + n.Removed) * max(n.Loops, 1); {
			case !p.large[n.Relation]:
			case n.Type == "Seq Scan":
				t.Errorf("%s reads the whole of %s:\n%s", of, n.Relation, text)
			case touched > most:
				t.Errorf("%s reads %.0f rows of %s by %s:\n%s", of, touched, n.Relation, n.Index, text)
			}
		}
	}
}

// plan runs a statement, and takes back what it did.
func (p *place) plan(ctx context.Context, text string) (nodes []node, err error) {
	err = p.plain.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if nodes, err = planOf(ctx, tx, "explain (analyze, timing off, format json) "+text); err != nil {
			return err
		}
		return errBack
	})
	if errors.Is(err, errBack) {
		err = nil
	}
	return nodes, err
}

func (p *place) browser(login string) *webtest.Client {
	c := boottest.Browser(p.T, p.base)
	c.SignIn(login, demo.Password)
	return c
}

func (p *place) one(query string, args ...any) (text string) {
	p.Helper()
	if err := p.plain.NewRaw(query, args...).Scan(p.Context(), &text); err != nil {
		p.Fatalf("%s: %v", query, err)
	}
	return text
}

// TestPlans looks at every statement behind the pages that people work with all day, and behind what a server does by
// itself: none reads a large table as a whole, or much more of one than it shows.
func TestPlans(t *testing.T) {
	t.Parallel()
	p := build(t)
	for _, login := range []string{"manager", "supervisor", "desk", "head", "technician"} {
		browser := p.browser(login)
		p.catch.take()
		pages := p.pages(login)
		for _, path := range slices.Sorted(maps.Keys(pages)) {
			name := login + " " + path
			t.Run(name, func(t *testing.T) {
				var page *webtest.Page
				if form := pages[path]; form != nil {
					page = browser.Post(strings.Fields(path)[0], form)
				} else {
					page = browser.Get(path)
				}
				if page.Status != http.StatusOK && page.Status != http.StatusSeeOther {
					t.Errorf("status %d", page.Status)
				}
				p.explain(t, name)
			})
		}
	}
	t.Run("what time does", func(t *testing.T) { p.scans(t) })
	t.Run("what is prepared", func(t *testing.T) { p.prepared(t) })
}

// prepared looks at the plans that PostgreSQL may keep for what is asked again and again: they are made for any values.
func (p *place) prepared(t *testing.T) {
	all := p.preparedTexts(t)
	if len(all) < 10 {
		t.Errorf("only %d statements are prepared", len(all))
	}
	for text, values := range all {
		nodes, err := p.generic(t.Context(), text, values)
		if err != nil {
			t.Errorf("%v\n%s", err, text)
		}
		for _, n := range nodes {
			if n.Type == "Seq Scan" && p.large[n.Relation] {
				t.Errorf("whatever its values are, it reads the whole of %s:\n%s", n.Relation, text)
			}
		}
	}
}

// preparedTexts are the statements that the server's connections have prepared, with how many values each takes.
func (p *place) preparedTexts(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{}
	for range p.app.DB.Stats().OpenConnections {
		conn, err := p.app.DB.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }() // all at once, so that none is looked at twice
		var rows []struct {
			Statement string
			Values    int
		}
		if err := conn.NewRaw(`select statement, cardinality(parameter_types) as values from pg_prepared_statements`).Scan(t.Context(), &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			all[r.Statement] = r.Values
		}
	}
	return all
}

// generic is the plan of a statement that is the same for all values.
func (p *place) generic(ctx context.Context, text string, values int) (nodes []node, err error) {
	call := "kept"
	if values > 0 {
		call += "(null" + strings.Repeat(", null", values-1) + ")"
	}
	err = p.plain.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, s := range []string{"set local plan_cache_mode = force_generic_plan", "prepare kept as " + text} {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		nodes, err = planOf(ctx, tx, "explain (format json) execute "+call)
		_, dropErr := tx.ExecContext(ctx, "deallocate kept")
		return errors.Join(err, dropErr)
	})
	return nodes, err
}

// planOf asks for a plan.
func planOf(ctx context.Context, tx bun.Tx, query string) ([]node, error) {
	var raw string
	if err := tx.QueryRowContext(ctx, query).Scan(&raw); err != nil {
		return nil, err
	}
	var out []struct{ Plan node }
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		return nil, err
	}
	return out[0].Plan.all(), nil
}

// pages are what somebody looks at: addresses, and forms that are sent.
func (p *place) pages(login string) map[string]url.Values {
	out := map[string]url.Values{"/inbox": nil, "/inbox/count": nil, "/desk": nil}
	long := fmt.Sprintf("/desk/tickets/%d", p.made.Long)
	if login == "technician" || login == "head" {
		for _, scope := range []string{"department", "mine", "over"} {
			out["/orders?scope="+scope] = nil
		}
		out[long] = nil
		return out
	}
	for _, state := range append([]string{"open", "over", "all"}, states()...) {
		out["/desk/tickets?state="+state] = nil
		for _, kind := range ticket.Kinds {
			out["/desk/tickets?state="+state+"&kind="+kind] = nil
		}
		for _, filter := range []string{"mine=1", "asked=1", "overdue=1", "told=1", "rejected=1", "page=9", "owner=" + p.one("select id from staff where login = 'agent2'")} {
			out["/desk/tickets?state="+state+"&"+filter] = nil
		}
	}
	complaint := p.one("select max(id) from tickets where kind = 'complaint' and lane is not null and household_id is not null")
	phone := "13800000123"
	for name, q := range map[string]string{"number": p.one("select number from tickets where id = ?", p.made.Long-4000), "none": "T991231-0001", "phone": phone, "place": "18#2单元201室", "prefix": "18#", "text": "漏水"} {
		out["/desk/search "+name] = url.Values{"q": {q}}
	}
	out["/desk/tickets/similar place"] = url.Values{"place": {"18#2单元201"}}
	out["/desk/tickets/similar phone"] = url.Values{"phone": {phone}}
	for _, path := range []string{"/wall", long, "/desk/tickets/" + complaint, "/callbacks", "/disputes", "/disputes?page=2", "/orders", "/orders?scope=done", "/orders?scope=over", "/orders?scope=mine", "/knowledge"} {
		out[path] = nil
	}
	out["/orders/"+p.one("select max(id) from orders where open")] = nil
	if login != "desk" {
		for _, path := range []string{"/supervisor", "/reviews", "/reviews/unsolved", "/reviews/day/2026-11-20"} {
			out[path] = nil
		}
	}
	return out
}

func states() (out []string) {
	for _, s := range ticket.States {
		out = append(out, string(s))
	}
	return out
}

// screens is what screens read after a change by people and something that time did.
func (p *place) screens(ctx context.Context) (int, error) {
	var ids []int64
	if err := p.plain.NewRaw(`select id from tickets where lane is not null limit 2`).Scan(ctx, &ids); err != nil {
		return 0, err
	}
	head, err := live.Head(ctx, p.plain, live.Site(p.site))
	if err != nil {
		return 0, err
	}
	events := []live.Event{{Seq: head.Seq, Kind: "ticket.changed", ID: ids[0]}, {Seq: head.Seq, Kind: "ticket.overdue", ID: ids[1]}}
	shown, err := ticket.ShowAfter(ctx, p.app.DB, p.site, ticket.LaneCap, events)
	if err != nil {
		return 0, err
	}
	risen, _, err := ticket.Risen(ctx, p.app.DB, p.site, 50, 8, events)
	return len(shown.Cards) + len(risen), err
}

// scans are what every server asks again and again by itself.
func (p *place) scans(t *testing.T) {
	ctx := actor.AsJob(t.Context(), "plans", 0)
	p.catch.take()
	p.catch.jobs = true
	for name, do := range map[string]func(context.Context) (int, error){
		"the watch":            p.app.Tickets.MarkDue,
		"the term of tickets":  func(ctx context.Context) (int, error) { return p.app.Tickets.Expire(ctx, p.app.Now()) },
		"the term of visitors": func(ctx context.Context) (int, error) { return p.app.Visits.Expire(ctx, p.app.Now()) },
		"screens after events": p.screens,
		"the end of the day":   func(ctx context.Context) (int, error) { return p.app.Visits.EndDay(ctx, p.app.Now()) },
	} {
		if _, err := do(ctx); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p.explain(t, name)
	}
}
