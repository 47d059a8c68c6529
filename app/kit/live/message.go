package live

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/fasthttp/websocket"
)

// message is one encoded socket message, made once and written to many.
type message struct {
	*websocket.PreparedMessage
	size int
}

// wire is what the browser's part receives: a numbered frame, which may stand for all numbers since another one, a
// snapshot, a refreshed lane, or a heartbeat.
type wire struct {
	Topic    Topic  `json:"topic"`
	Epoch    int64  `json:"epoch"`
	From     *int64 `json:"from,omitempty"` // the first number that the frame stands for, where that isn't its own
	Seq      *int64 `json:"seq,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Snapshot bool   `json:"snapshot,omitempty"`
	Refresh  string `json:"refresh,omitempty"`
	Content  string `json:"content,omitempty"`
	Swap     string `json:"swap,omitempty"`
	Target   string `json:"target,omitempty"`
	Head     *int64 `json:"head,omitempty"`
	Now      string `json:"now,omitempty"`
	Build    string `json:"build,omitempty"`
	Look     string `json:"look,omitempty"`
}

// snapshotSwap and snapshotTarget tell the browser's part that the content replaces what stands on the page.
const (
	snapshotSwap   = "snapshot"
	snapshotTarget = "[data-live]"
)

// frameMessage is the frame of an event, and of those since from that nothing is told about.
func frameMessage(from int64, e Event, f Frame) (message, error) {
	w := wire{Topic: e.Topic, Epoch: e.Epoch, Seq: &e.Seq, Kind: f.Kind, Content: f.Content, Swap: f.Swap, Target: f.Target}
	if from < e.Seq {
		w.From = &from
	}
	return encode(w)
}

func laneMessage(t Topic, epoch int64, lane string, f Frame) (message, error) {
	return encode(wire{Topic: t, Epoch: epoch, Refresh: lane, Kind: f.Kind, Content: f.Content, Swap: f.Swap, Target: f.Target})
}

func snapshotMessage(t Topic, p Position, html string) (message, error) {
	return encode(wire{Topic: t, Epoch: p.Epoch, Seq: &p.Seq, Snapshot: true, Content: html, Swap: snapshotSwap, Target: snapshotTarget})
}

func heartbeatMessage(t Topic, p Position, now time.Time, build, look string) (message, error) {
	return encode(wire{Topic: t, Epoch: p.Epoch, Head: &p.Seq, Now: now.UTC().Format("2006-01-02T15:04:05.000Z07:00"), Build: build, Look: look})
}

func encode(w wire) (message, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // it isn't embedded in a page, and would be a third longer
	if err := enc.Encode(w); err != nil {
		return message{}, err
	}
	text := bytes.TrimRight(b.Bytes(), "\n")
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	return message{m, len(text)}, err
}

// ping is answered by every browser by itself; the answer shows that somebody is still there.
var ping = func() message {
	m, err := websocket.NewPreparedMessage(websocket.PingMessage, nil)
	if err != nil {
		panic(err) // a constant message
	}
	return message{m, 0}
}()
