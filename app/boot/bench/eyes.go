package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fasthttp/websocket"
)

// childVariable tells this program, started once more, which part it plays.
const childVariable = "LOBBY_BENCH_CHILD"

// child plays the part of another process, if that is what this one was started for.
func child() bool {
	part := os.Getenv(childVariable)
	if part == "" {
		return false
	}
	raiseLimit()
	var err error
	switch part {
	case "eyes":
		err = eyesMain(os.Stdin, os.Stdout)
	default:
		err = serveMemory(part)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench "+part+":", err) // the parent sees that nothing more comes
	}
	return true
}

// raiseLimit allows as many open files as the machine lets us have.
func raiseLimit() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
		l.Cur = l.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
	}
}

// order is what the process of the walls is to open.
type order struct {
	URL     string // of the server
	Cookie  string
	Raw     string // address of the raw broadcast; empty: none
	Sockets int
	Epoch   int64
	Seq     int64
}

// arrival tells when the last of the sockets had a message, and how many had it.
type arrival struct {
	Last  int64 // UnixNano
	Count int
}

// sight is what all the walls saw together.
type sight struct {
	Frames   map[int64]arrival
	Raw      map[int64]arrival
	Double   int
	Disorder int
	Error    string
}

// eyes is that process, seen from here.
type eyes struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// open starts it and waits until all sockets are open.
func open(ctx context.Context, o order) (*eyes, error) {
	raiseLimit()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childVariable+"=eyes")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	e := &eyes{cmd: cmd, in: in, out: json.NewDecoder(out)}
	if err := json.NewEncoder(in).Encode(o); err != nil {
		return nil, errors.Join(err, e.close())
	}
	var ready sight
	if err := e.out.Decode(&ready); err != nil || ready.Error != "" {
		return nil, errors.Join(fmt.Errorf("opening %d sockets: %w %s", o.Sockets, err, ready.Error), e.close())
	}
	return e, nil
}

// report asks what was seen, once everybody has seen the last number or patience is over.
func (e *eyes) report(last int64, sockets int, patience time.Duration) (s sight, err error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Second) {
		s = sight{}
		if _, err := io.WriteString(e.in, "report\n"); err != nil {
			return s, err
		}
		if err := e.out.Decode(&s); err != nil {
			return s, err
		}
		if s.Frames[last].Count >= sockets || time.Now().After(deadline) {
			return s, nil
		}
	}
}

func (e *eyes) close() error {
	_ = e.in.Close()
	return e.cmd.Wait()
}

// eyesMain is the other process: it opens the sockets, notes what comes, and reports when asked.
func eyesMain(in io.Reader, out io.Writer) error {
	dec, enc := json.NewDecoder(in), json.NewEncoder(out)
	var o order
	if err := dec.Decode(&o); err != nil {
		return err
	}
	var frames, raws notes
	defer frames.close()
	defer raws.close()
	if err := look(o, &frames, &raws); err != nil {
		return enc.Encode(sight{Error: err.Error()})
	}
	if err := enc.Encode(sight{}); err != nil {
		return err
	}
	rest := io.MultiReader(dec.Buffered(), in)
	for buf := make([]byte, 64); ; {
		n, err := rest.Read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if bytes.Contains(buf[:n], []byte("report")) {
			s := frames.sight()
			s.Raw = raws.sight().Frames
			if err := enc.Encode(s); err != nil {
				return err
			}
		}
	}
}

// notes are one socket's messages, many times.
type notes struct {
	mu    sync.Mutex
	all   []*note
	conns []io.Closer
}

type note struct {
	mu       sync.Mutex
	last     int64
	times    map[int64]int64
	double   int
	disorder int
}

func (n *notes) add(c io.Closer, last int64) *note {
	n.mu.Lock()
	defer n.mu.Unlock()
	one := &note{last: last, times: map[int64]int64{}}
	n.all, n.conns = append(n.all, one), append(n.conns, c)
	return one
}

func (o *note) saw(seq, at int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.times[seq]; known {
		o.double++
	} else {
		o.times[seq] = at
	}
	if seq != o.last+1 {
		o.disorder++
	}
	o.last = seq
}

func (n *notes) sight() sight {
	s := sight{Frames: map[int64]arrival{}}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, one := range n.all {
		one.mu.Lock()
		for seq, at := range maps.All(one.times) {
			a := s.Frames[seq]
			a.Count++
			a.Last = max(a.Last, at)
			s.Frames[seq] = a
		}
		s.Double += one.double
		s.Disorder += one.disorder
		one.mu.Unlock()
	}
	return s
}

func (n *notes) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		_ = c.Close()
	}
}

// look opens all sockets, each with a goroutine that reads.
func look(o order, frames, raws *notes) error {
	address := fmt.Sprintf("%s/live?view=wall&epoch=%d&seq=%d", strings.Replace(o.URL, "http", "ws", 1), o.Epoch, o.Seq)
	dialer := websocket.Dialer{HandshakeTimeout: 20 * time.Second, ReadBufferSize: 2048, WriteBufferSize: 256}
	header := http.Header{"Cookie": {o.Cookie}, "Origin": {o.URL}, "Accept-Language": {"zh-CN"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"}}
	for range o.Sockets {
		conn, _, err := dialer.Dial(address, header) //nolint:bodyclose // an upgraded response has none
		if err != nil {
			return err
		}
		one := frames.add(conn, o.Seq)
		go readFrames(conn, one)
		if o.Raw == "" {
			continue
		}
		plain, err := net.Dial("tcp", o.Raw)
		if err != nil {
			return err
		}
		go readRaw(plain, raws.add(plain, -1))
	}
	return nil
}

var seqMark = []byte(`"seq":`)

// readFrames notes the number of each message; a heartbeat has none. A snapshot would count as out of order.
func readFrames(conn *websocket.Conn, one *note) {
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		at := time.Now().UnixNano()
		head := text[:min(len(text), 80)]
		if i := bytes.Index(head, seqMark); i >= 0 {
			digits := head[i+len(seqMark):]
			digits = digits[:max(0, bytes.IndexAny(digits, ",}"))]
			if seq, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
				one.saw(seq, at)
			}
		}
	}
}

func readRaw(conn net.Conn, one *note) {
	text := make([]byte, rawSize)
	for {
		if _, err := io.ReadFull(conn, text); err != nil {
			return
		}
		at := time.Now().UnixNano()
		if seq, err := strconv.ParseInt(string(bytes.TrimRight(text[:12], " ")), 10, 64); err == nil {
			one.saw(seq, at)
		}
	}
}
