package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/valyala/fasthttp"
)

const (
	clients      = 8
	roundLength  = 4 * time.Second
	roundsOfBoth = 5
)

// registrations measures kiosk registrations over HTTP against a bare loop that runs the very same statements.
func registrations(ctx context.Context, h *house) (chapter, error) {
	cookie, err := h.screen(ctx, "kiosk")
	if err != nil {
		return chapter{}, err
	}
	statements, err := capture(ctx, h, cookie)
	if err != nil {
		return chapter{}, err
	}
	var ours, bare, ratios []float64
	for range roundsOfBoth {
		a, err := round(ctx, func(client *fasthttp.HostClient) error { return register(client, h, cookie) }, h)
		if err != nil {
			return chapter{}, err
		}
		b, err := round(ctx, func(*fasthttp.HostClient) error { return statements.run(ctx, h.server.App.DB) }, h)
		if err != nil {
			return chapter{}, err
		}
		ours, bare, ratios = append(ours, a), append(bare, b), append(ratios, a/b)
	}
	ratio := median(ratios)
	return chapter{
		Title: "Kiosk registrations",
		How: fmt.Sprintf(`The last screen of the kiosk's visit, posted by %d clients over HTTP (new pass, QR code and page each time), beside a bare
Go loop: eight workers, the same driver, pool and durability (fsync on), running the %d statements captured from one such request, each with
fresh keys. %d rounds of %s of each in turn; medians. Clients, server and PostgreSQL share the machine's cores.`,
			clients, len(statements), roundsOfBoth, roundLength),
		Lines: []line{{
			What: "registrations per second", Ours: fmt.Sprintf("%.0f", median(ours)), Yardstick: fmt.Sprintf("%.0f", median(bare)),
			Ratio: fmt.Sprintf("%.2f", ratio), Target: "≥ 0.6", Met: ratio >= 0.6,
		}},
	}, nil
}

// round runs one() from all clients for a while and gives how often per second it succeeded.
func round(ctx context.Context, one func(*fasthttp.HostClient) error, h *house) (float64, error) {
	var done atomic.Int64
	var wg sync.WaitGroup
	failures := make(chan error, clients)
	began := time.Now()
	for range clients {
		wg.Go(func() {
			client := &fasthttp.HostClient{Addr: strings.TrimPrefix(h.server.URL(), "http://")}
			defer client.CloseIdleConnections()
			for time.Since(began) < roundLength && ctx.Err() == nil {
				if err := one(client); err != nil {
					failures <- err
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	close(failures)
	return float64(done.Load()) / took.Seconds(), errors.Join(<-failures, ctx.Err())
}

func register(client *fasthttp.HostClient, h *house, cookie string) error {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(h.server.URL() + "/kiosk/visit")
	req.Header.SetMethod("POST")
	req.Header.Set("Origin", h.server.URL())
	req.Header.Set("Cookie", cookie)
	req.Header.SetContentType("application/x-www-form-urlencoded")
	for k, v := range entry(uuid.Must(uuid.NewV7())) {
		req.PostArgs().Set(k, v)
	}
	if err := client.Do(req, res); err != nil {
		return err
	}
	if res.StatusCode() != fasthttp.StatusOK {
		return fmt.Errorf("registration was answered with %d", res.StatusCode())
	}
	return nil
}

// entry is what the kiosk's last screen posts.
func entry(key uuid.UUID) map[string]string {
	return map[string]string{
		"entry": key.String(), "lang": "zh-CN", "step": "4", "go": "next", "place": "18#2单元201", "host": "王先生",
		"name": "李小明", "phone": "13800138000", "purpose": "visit", "people": "2", "plate": "粤B12345", "company": "",
	}
}

// script is the statements of one registration, with the values in them that must differ each time.
type script []statement

type statement struct {
	text  string
	fresh []fresh // the values that are unique to one registration
	bumps bool    // it answers the topic's new head
	seq   string  // the head as it was captured, in the statement that writes the event
}

type fresh struct {
	old  string
	make func() string
}

// recorder keeps the statements that pass while it is on.
type recorder struct {
	mu   sync.Mutex
	on   bool
	text []string
}

func (r *recorder) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (r *recorder) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on {
		r.text = append(r.text, e.Query)
	}
}

func (r *recorder) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on = true
}

func (r *recorder) stop() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on = false
	return r.text
}

// capture runs one registration on a server of its own and keeps the statements.
func capture(ctx context.Context, h *house, cookie string) (script, error) {
	other, err := h.serve(ctx)
	if err != nil {
		return nil, err
	}
	rec := &recorder{}
	other.App.DB.AddQueryHook(rec) //nolint:staticcheck // WithQueryHook gives a copy, and the services hold the original
	defer func() { _ = other.Stop() }()
	client := &fasthttp.HostClient{Addr: strings.TrimPrefix(other.URL(), "http://")}
	asOther := &house{server: other, site: h.site}
	if err := register(client, asOther, cookie); err != nil { // fills caches, as on a server that has run for a while
		return nil, err
	}
	rec.start()
	err = register(client, asOther, cookie)
	texts := rec.stop()
	if err != nil {
		return nil, err
	}
	return scriptOf(ctx, h, texts)
}

// scriptOf finds the values of the last registration in its statements.
func scriptOf(ctx context.Context, h *house, texts []string) (script, error) {
	var key, number, code, pass string
	var seq int64
	err := h.server.App.DB.NewRaw(`select entry_key::text, number, pass_code, encode(pass_index, 'hex'),
			(select seq from events where kind = 'visit.arrived' and ref = visits.id)
		from visits where site_id = ? order by id desc limit 1`, h.site.ID).Scan(ctx, &key, &number, &code, &pass, &seq)
	if err != nil {
		return nil, err
	}
	values := []fresh{
		{key, func() string { return uuid.Must(uuid.NewV7()).String() }},
		{number, func() string { return "B" + random(8) }},
		{"'" + code + "'", func() string { return "'" + digits() + "'" }},
		{pass, func() string { return random(len(pass) / 2) }},
	}
	var s script
	inserts := false
	for _, text := range texts {
		st := statement{text: text, bumps: strings.HasPrefix(text, "insert into topics")}
		if captured := fmt.Sprintf(", %d, 'visit.arrived'", seq); strings.Contains(text, captured) {
			st.seq = captured
		}
		for _, v := range values {
			if strings.Contains(text, v.old) {
				st.fresh = append(st.fresh, v)
			}
		}
		inserts = inserts || len(st.fresh) == len(values)
		s = append(s, st)
	}
	if !inserts {
		return nil, fmt.Errorf("the statement that enters the visit was not among the %d captured", len(texts))
	}
	return s, nil
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func digits() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%06d", n)
}

// run runs the statements once, with fresh values, in transactions where the registration had them.
func (s script) run(ctx context.Context, pool *bun.DB) error {
	var tx *sql.Tx
	var head int64
	for _, st := range s {
		switch strings.ToUpper(strings.TrimSpace(st.text)) {
		case "BEGIN":
			opened, err := pool.DB.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			tx = opened
			continue
		case "COMMIT":
			if err := tx.Commit(); err != nil {
				return err
			}
			tx = nil
			continue
		}
		text := st.text
		for _, f := range st.fresh {
			text = strings.ReplaceAll(text, f.old, f.make())
		}
		if st.seq != "" {
			text = strings.Replace(text, st.seq, fmt.Sprintf(", %d, 'visit.arrived'", head), 1)
		}
		answer, err := query(ctx, pool, tx, text)
		if err != nil {
			return fmt.Errorf("%w in %.60s", err, text)
		}
		if st.bumps {
			head = answer
		}
	}
	return nil
}

// query reads whatever the statement answers, as the program would, and gives the first number of it.
func query(ctx context.Context, pool *bun.DB, tx *sql.Tx, text string) (number int64, err error) {
	run := pool.DB.QueryContext
	if tx != nil {
		run = tx.QueryContext
	}
	rows, err := run(ctx, text)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var first any
		columns, err := rows.Columns()
		if err != nil {
			return 0, err
		}
		rest := make([]any, len(columns))
		for i := range rest {
			rest[i] = new(sql.RawBytes)
		}
		rest[0] = &first
		if err := rows.Scan(rest...); err != nil {
			return 0, err
		}
		number, _ = first.(int64)
	}
	return number, rows.Err()
}

func median(xs []float64) float64 {
	sorted := slices.Clone(xs)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
