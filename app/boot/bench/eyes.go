package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
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
	case "readers":
		err = readersMain(os.Stdin, os.Stdout)
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
	Frames    map[int64]arrival
	Raw       map[int64]arrival
	Ends      map[int64]int // how many sockets ended at a number
	Messages  int
	Snapshots int // messages that stood for whatever the socket had not had
	Double    int
	Disorder  int
	Error     string
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

// look opens all sockets, each with a goroutine that reads.
func look(o order, frames, raws *notes) error {
	address := fmt.Sprintf("%s/live?view=wall&epoch=%d&seq=%d&ranges=1", strings.Replace(o.URL, "http", "ws", 1), o.Epoch, o.Seq)
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

// readFrames notes the numbers of each message; a heartbeat and a lane have none.
func readFrames(conn *websocket.Conn, one *note) {
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		at := time.Now().UnixNano()
		head := text[:min(len(text), 120)]
		seq, found := number(head, `"seq":`)
		if !found {
			continue
		}
		if bytes.Contains(head, []byte(`"snapshot":true`)) {
			one.sawAll(seq, at)
			continue
		}
		from, ranges := number(head, `"from":`)
		if !ranges {
			from = seq
		}
		one.saw(from, seq, at)
	}
}

// number reads a number of a message without taking all of it apart.
func number(text []byte, mark string) (int64, bool) {
	_, digits, found := bytes.Cut(text, []byte(mark))
	if !found {
		return 0, false
	}
	n, err := strconv.ParseInt(string(digits[:max(0, bytes.IndexAny(digits, ",}"))]), 10, 64)
	return n, err == nil
}

func readRaw(conn net.Conn, one *note) {
	text := make([]byte, rawSize)
	for {
		if _, err := io.ReadFull(conn, text); err != nil {
			return
		}
		at := time.Now().UnixNano()
		if seq, err := strconv.ParseInt(string(bytes.TrimRight(text[:12], " ")), 10, 64); err == nil {
			one.saw(seq, seq, at)
		}
	}
}
