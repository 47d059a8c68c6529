package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/valyala/fasthttp"

	"lobby/app/kit/actor"
	"lobby/app/ticket"
)

// wallTickets is how many open tickets the wall has.
const wallTickets = 500

// wallPage measures the page of a wall with many open tickets, beside the bare queries behind it.
func wallPage(ctx context.Context, h *house) (chapter, error) {
	if err := fillWall(ctx, h); err != nil {
		return chapter{}, err
	}
	cookie, err := h.screen(ctx, "wall")
	if err != nil {
		return chapter{}, err
	}
	texts, err := wallStatements(ctx, h, cookie)
	if err != nil {
		return chapter{}, err
	}
	client := &fasthttp.HostClient{Addr: strings.TrimPrefix(h.server.URL(), "http://")}
	var ours, bare []time.Duration
	size := 0
	for n := range 1100 {
		began := time.Now()
		body, _, err := get(client, h.server.URL()+"/wall", cookie)
		if err != nil {
			return chapter{}, err
		}
		page := time.Since(began)
		began = time.Now()
		for _, text := range texts {
			if _, err := query(ctx, h.server.App.DB, nil, text); err != nil {
				return chapter{}, err
			}
		}
		if sql := time.Since(began); n >= 100 { // the first hundred warm both up
			ours, bare = append(ours, page), append(bare, sql)
		}
		size = len(body)
	}
	p99, y := percentile(ours, 99), percentile(bare, 99)
	return chapter{
		Title: "The wall's page",
		How: fmt.Sprintf("`GET /wall` with %d open tickets, compressed as for a browser (%d KiB over the wire), 1,000 times after 100 to warm up, one at a time over loopback, from the first byte sent to the last received; "+
			"beside it the %d statements of that page run bare.", wallTickets, size/1024, len(texts)),
		Lines: []line{
			{What: "p99", Ours: ms(p99), Yardstick: ms(y), Ratio: fmt.Sprintf("%.1f", float64(p99)/float64(y)), Target: "≤ 10 ms", Met: p99 <= 10*time.Millisecond},
			{What: "median", Ours: ms(percentile(ours, 50)), Yardstick: ms(percentile(bare, 50))},
		},
	}, nil
}

// fillWall registers tickets until the wall has as many as it should.
func fillWall(ctx context.Context, h *house) error {
	a := h.server.App
	var open int
	err := a.DB.NewRaw(`select count(*) from tickets where site_id = ? and state not in ('closed', 'invalid', 'unsolvable')`, h.site.ID).Scan(ctx, &open)
	if err != nil {
		return err
	}
	as := actor.With(ctx, actor.Actor{Kind: actor.CLI, Name: "cli:bench", Site: h.site.ID, All: true})
	for n := open; n < wallTickets; n++ {
		_, err := a.Tickets.Register(as, ticket.Register{
			EntryKey: uuid.Must(uuid.NewV7()), Kind: ticket.Kinds[n%len(ticket.Kinds)], Urgency: "BC"[n%2 : n%2+1],
			Place: fmt.Sprintf("%d#%d单元%d01", 18+n%8, 1+n%2, 1+n%20), Matter: "厨房下水管漏水，请尽快派人来看", Channel: "phone",
		})
		if err != nil {
			return err
		}
	}
	_, err = a.DB.ExecContext(ctx, "analyze")
	return err
}

func wallStatements(ctx context.Context, h *house, cookie string) (texts []string, err error) {
	other, err := h.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, other.Stop()) }()
	rec := &recorder{}
	other.App.DB.AddQueryHook(rec) //nolint:staticcheck // WithQueryHook gives a copy, and the services hold the original
	client := &fasthttp.HostClient{Addr: strings.TrimPrefix(other.URL(), "http://")}
	if _, _, err := get(client, other.URL()+"/wall", cookie); err != nil {
		return nil, err
	}
	rec.start()
	_, _, err = get(client, other.URL()+"/wall", cookie)
	for _, text := range rec.stop() {
		if u := strings.ToUpper(text); !strings.HasPrefix(u, "BEGIN") && u != "COMMIT" && u != "ROLLBACK" {
			texts = append(texts, text)
		}
	}
	return texts, err
}

// get fetches one address as a browser would, and gives the body as it came over the wire and the head's size.
func get(client *fasthttp.HostClient, url, cookie string) (body []byte, head int, err error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(url)
	req.Header.Set("Accept-Encoding", "gzip, deflate, br")
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	if err := client.Do(req, res); err != nil {
		return nil, 0, err
	}
	if res.StatusCode() != fasthttp.StatusOK {
		return nil, 0, fmt.Errorf("%s was answered with %d", url, res.StatusCode())
	}
	return append([]byte(nil), res.Body()...), len(res.Header.Header()), nil
}

var linked = regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`)

// weight measures what the first load of the kiosk brings over the wire, beside the same uncompressed.
func weight(ctx context.Context, h *house) (chapter, error) {
	cookie, err := h.screen(ctx, "kiosk")
	if err != nil {
		return chapter{}, err
	}
	client := &fasthttp.HostClient{Addr: strings.TrimPrefix(h.server.URL(), "http://"), Dial: func(addr string) (net.Conn, error) { return fasthttp.Dial(addr) }}
	page, head, err := get(client, h.server.URL()+"/kiosk", cookie)
	if err != nil {
		return chapter{}, err
	}
	plain, err := plainPage(client, h.server.URL()+"/kiosk", cookie)
	if err != nil {
		return chapter{}, err
	}
	total, files, bare := len(page)+head, 1, len(plain)
	for _, m := range linked.FindAllStringSubmatch(string(plain), -1) {
		address := h.server.URL() + strings.ReplaceAll(m[1], "&amp;", "&")
		body, head, err := get(client, address, "")
		if err != nil {
			return chapter{}, err
		}
		whole, err := plainPage(client, address, "")
		if err != nil {
			return chapter{}, err
		}
		total, files, bare = total+len(body)+head, files+1, bare+len(whole)
	}
	const limit = 80 << 10
	return chapter{
		Title: "First load of the kiosk",
		How:   fmt.Sprintf("The page and everything it links to (%d answers), heads and bodies, as a browser that takes Brotli and gzip gets them; beside it the same uncompressed.", files),
		Lines: []line{{What: "bytes over the wire", Ours: kib(total), Yardstick: kib(bare), Ratio: fmt.Sprintf("%.2f", float64(total)/float64(bare)), Target: "≤ 80 KiB", Met: total <= limit}},
	}, ctx.Err()
}

func plainPage(client *fasthttp.HostClient, url, cookie string) ([]byte, error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(url)
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("Cookie", cookie)
	if err := client.Do(req, res); err != nil {
		return nil, err
	}
	return append([]byte(nil), res.Body()...), nil
}

func kib(n int) string { return fmt.Sprintf("%.1f KiB", float64(n)/1024) }

var _ bun.QueryHook = (*recorder)(nil)
