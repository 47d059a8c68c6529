package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
	"github.com/valyala/fasthttp"

	"lobby/app/boot/demo"
	"lobby/app/kit/db"
	"lobby/app/site"
)

const (
	fewTickets  = 10_000
	pageLooks   = 1200                   // of each page
	pageWarm    = 200                    // of them not counted
	pageRead    = 100 * time.Millisecond // that a client looks at a page before it asks for the next
	pageMost    = 20 * time.Millisecond
	dueTickets  = 10_000
	tickMost    = 10 * time.Second
	reportMost  = 1.3
	reportTurns = 9
)

// largeSite measures the pages that people work with on a site with a million tickets, beside the same with ten thousand;
// then what time does there, and the reports.
func largeSite(ctx context.Context, h *house) (c chapter, err error) {
	few, small, err := h.town(ctx, "bench_few", fewTickets)
	if err != nil {
		return c, err
	}
	little, err := few.looks(ctx, small)
	if err = errors.Join(err, few.leave(ctx)); err != nil {
		return c, err
	}
	large, made, err := h.town(ctx, "bench_million", million)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, large.leave(ctx)) }()
	much, err := large.looks(ctx, made)
	if err != nil {
		return c, err
	}
	c = chapter{
		Title: "A site with a million tickets",
		How: fmt.Sprintf("`lobby demo load --tickets %d` (two years, %d tickets open, histories, orders, callbacks; made in %s) beside the same with %d. "+
			"Each page %d times, by %d clients, which look at it for %s before they ask again; the time is the server's own, from the request's begin to its answer, and the clients, a process of their own, share its cores. Medians in brackets. "+
			"The lines below have the same with clients that never pause: they fill both cores, and most of the time is what eight in a queue wait for each other.",
			million, made.Open, large.took.Round(time.Second), fewTickets, pageLooks-pageWarm, clients, pageRead),
	}
	for i, l := range much {
		p99, y := percentile(l.took, 99), percentile(little[i].took, 99)
		c.Lines = append(c.Lines, line{What: l.name + ", p99", Ours: ms(p99) + " (" + ms(percentile(l.took, 50)) + ")", Yardstick: ms(y) + " (" + ms(percentile(little[i].took, 50)) + ")",
			Ratio: ratio(p99, y), Target: "≤ 20 ms, ≤ 2", Met: p99 <= pageMost && p99 <= 2*y})
	}
	for i, l := range much {
		p99, y := percentile(l.crowded, 99), percentile(little[i].crowded, 99)
		c.Lines = append(c.Lines, line{What: l.name + ", without a pause, p99", Ours: ms(p99) + " (" + ms(percentile(l.crowded, 50)) + ")",
			Yardstick: ms(y) + " (" + ms(percentile(little[i].crowded, 50)) + ")", Ratio: ratio(p99, y), Target: "≤ 20 ms, ≤ 2", Met: p99 <= pageMost && p99 <= 2*y})
	}
	figures, err := large.reports(ctx)
	if err != nil {
		return c, err
	}
	due, note, err := large.due(ctx)
	if err != nil {
		return c, err
	}
	c.Lines, c.Notes = append(append(c.Lines, due...), figures...), append(c.Notes, note)
	return c, nil
}

// town is a house of its own: a database with very many tickets and a server on it.
type town struct {
	house
	took   time.Duration // that loading took
	staff  string        // cookie of a supervisor
	screen string        // cookie of a wall
	watch  atomic.Pointer[stopwatch]
}

// stopwatch gathers how long the server took for one route.
type stopwatch struct {
	mu    sync.Mutex
	route string
	took  []time.Duration
}

func (h *house) town(ctx context.Context, name string, tickets int) (*town, demo.Crowd, error) {
	direct, err := db.OpenDirect(ctx, h.at("postgres"))
	if err != nil {
		return nil, demo.Crowd{}, err
	}
	_, err = direct.ExecContext(ctx, "create database ? template template0", bun.Ident(name))
	if err = errors.Join(err, direct.Close()); err != nil {
		return nil, demo.Crowd{}, err
	}
	t := &town{house: house{binary: h.binary, dir: h.dir, cluster: h.cluster, key: h.key, database: name}}
	t.observe = t.note
	began := time.Now()
	made, err := t.load(ctx, t.address(), demo.Many{Tickets: tickets})
	if err != nil {
		return nil, made, err
	}
	t.took = time.Since(began)
	if err := written(ctx, h.at("postgres")); err != nil {
		return nil, made, err
	}
	if t.server, err = t.serve(ctx); err != nil {
		return nil, made, err
	}
	if t.site, err = t.server.App.Sites.ByCode(ctx, site.DemoCode); err != nil {
		return nil, made, err
	}
	if t.screen, err = t.house.screen(ctx, "wall"); err != nil {
		return nil, made, err
	}
	t.staff, err = t.signIn("supervisor")
	return t, made, err
}

// written has everything written to the disk that loading left in memory: what is measured is a site at its daily work.
func written(ctx context.Context, address string) error {
	direct, err := db.OpenDirect(ctx, address)
	if err != nil {
		return err
	}
	_, err = direct.ExecContext(ctx, "checkpoint")
	return errors.Join(err, direct.Close())
}

func (t *town) leave(ctx context.Context) error {
	err := t.server.Stop()
	direct, openErr := db.OpenDirect(ctx, t.at("postgres"))
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	_, dropErr := direct.ExecContext(ctx, "drop database ? with (force)", bun.Ident(t.database))
	return errors.Join(err, dropErr, direct.Close())
}

func (t *town) note(route string, took time.Duration) {
	if w := t.watch.Load(); w != nil && w.route == route {
		w.mu.Lock()
		w.took = append(w.took, took)
		w.mu.Unlock()
	}
}

// signIn gives the cookie of one of the demo's staff.
func (t *town) signIn(login string) (string, error) {
	client := &fasthttp.HostClient{Addr: strings.TrimPrefix(t.server.URL(), "http://")}
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	ask(req, t.server.URL(), "/login")
	post(req, t.server.URL(), url.Values{"login": {login}, "password": {demo.Password}}.Encode())
	if err := client.Do(req, res); err != nil {
		return "", err
	}
	for _, cookie := range res.Header.Cookies() {
		if pair, _, _ := strings.Cut(string(cookie), ";"); strings.HasPrefix(pair, "lobby_session=") {
			return pair, nil
		}
	}
	return "", fmt.Errorf("signing in was answered with %d and no session", res.StatusCode())
}

// view is a page that is asked for again and again.
type view struct {
	name, route, path, cookie string
	forms                     []string // what is posted, in turn; none: it is fetched
	took                      []time.Duration
	crowded                   []time.Duration // with clients that never pause
}

// looks measures the pages.
func (t *town) looks(ctx context.Context, made demo.Crowd) ([]view, error) {
	var numbers []string
	err := t.server.App.DB.NewRaw(`select number from tickets where id % greatest(?, 1) = 0 order by id limit 1000`, made.Tickets/1000).Scan(ctx, &numbers)
	if err != nil {
		return nil, err
	}
	search := func(query func(n int) string) []string {
		forms := make([]string, len(numbers))
		for n := range forms {
			forms[n] = url.Values{"q": {query(n)}}.Encode()
		}
		return forms
	}
	all := []view{
		{name: "wall", route: "/wall", path: "/wall", cookie: t.screen},
		{name: "work list", route: "/desk/tickets", path: "/desk/tickets", cookie: t.staff},
		{name: "search by number", route: "/desk/search", path: "/desk/search", cookie: t.staff, forms: search(func(n int) string { return numbers[n] })},
		{name: "search by phone", route: "/desk/search", path: "/desk/search", cookie: t.staff,
			forms: search(func(n int) string { return fmt.Sprintf("138%08d", n*7919%(made.Tickets/6)) })},
		{name: "ticket with 200 steps", route: "/desk/tickets/:id", path: fmt.Sprintf("/desk/tickets/%d", made.Long), cookie: t.staff},
	}
	for i := range all {
		if all[i].took, err = t.see(ctx, &all[i], pageRead); err == nil {
			all[i].crowded, err = t.see(ctx, &all[i], 0)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].name, err)
		}
	}
	return all, nil
}

// see asks for one page from all clients, each of which pauses before it asks again.
func (t *town) see(ctx context.Context, l *view, pause time.Duration) ([]time.Duration, error) {
	watch := &stopwatch{route: l.route}
	t.watch.Store(watch)
	defer t.watch.Store(nil)
	err := read(ctx, reading{URL: t.server.URL(), Path: l.path, Cookie: l.cookie, Forms: l.forms, Looks: pageLooks, Pause: pause})
	if err == nil && len(watch.took) != pageLooks {
		err = fmt.Errorf("%d answers of %d", len(watch.took), pageLooks)
	}
	if err != nil {
		return nil, err
	}
	return watch.took[pageWarm:], nil
}
