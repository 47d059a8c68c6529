package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// reading is what a process of clients asks for: one page again and again.
type reading struct {
	URL    string // of the server
	Path   string
	Cookie string
	Forms  []string // what is posted, in turn; none: the page is fetched
	Looks  int      // of all clients together
	Pause  time.Duration
}

// read has a process of its own ask for pages, so that the clients' work is not done by the server's own goroutines, and waits
// until it is over.
func read(ctx context.Context, r reading) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	task, err := json.Marshal(r)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVariable+"=readers")
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(task)), os.Stderr
	answer, err := cmd.Output()
	if err == nil && string(answer) != "read" {
		err = errors.New("the clients didn't come to the end")
	}
	return err
}

// readersMain is that process.
func readersMain(in io.Reader, out io.Writer) error {
	var r reading
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return err
	}
	var n atomic.Int64
	var wg sync.WaitGroup
	failures := make(chan error, clients)
	for range clients {
		wg.Go(func() {
			client := &fasthttp.HostClient{Addr: strings.TrimPrefix(r.URL, "http://")}
			defer client.CloseIdleConnections()
			for i := n.Add(1); i <= int64(r.Looks); i = n.Add(1) {
				if err := r.once(client, int(i)); err != nil {
					failures <- err
					return
				}
				if r.Pause > 0 {
					time.Sleep(r.Pause/2 + rand.N(r.Pause)) // not in step with the others
				}
			}
		})
	}
	wg.Wait()
	close(failures)
	if err := <-failures; err != nil {
		return err
	}
	_, err := io.WriteString(out, "read")
	return err
}

func (r *reading) once(client *fasthttp.HostClient, n int) error {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	ask(req, r.URL, r.Path)
	req.Header.Set("Cookie", r.Cookie)
	if len(r.Forms) > 0 {
		post(req, r.URL, r.Forms[n%len(r.Forms)])
	}
	if err := client.Do(req, res); err != nil {
		return err
	}
	if s := res.StatusCode(); s != fasthttp.StatusOK && s != fasthttp.StatusSeeOther {
		return fmt.Errorf("answered with %d", s)
	}
	_, err := io.Discard.Write(res.Body())
	return err
}

// ask makes the request of a page as a browser does.
func ask(req *fasthttp.Request, server, path string) {
	req.SetRequestURI(server + path)
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Encoding", "gzip, deflate, br")
}

// post makes it the sending of a form.
func post(req *fasthttp.Request, server, form string) {
	req.Header.SetMethod("POST")
	req.Header.Set("Origin", server)
	req.Header.SetContentType("application/x-www-form-urlencoded")
	req.SetBodyString(form)
}
