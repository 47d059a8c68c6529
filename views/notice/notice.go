// Package notice holds the page of a person's inbox: what they were told, and what they are asked to do.
package notice

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// About is what a line is about: a ticket, as far as the reader may see it.
type About struct {
	Kind   string // said by "notice.kind.<kind>"
	Number string // of the ticket; empty: none, or not for this reader
	Place  string
	Href   string    // empty: nowhere
	Due    time.Time // when the occasion was, truly
}

// Notice is one line of the inbox.
type Notice struct {
	About
	New  bool
	Loud bool
	Sent time.Time

	Result string // what came of the task that came with it; empty: none, or not done
	By     string
	DoneAt time.Time
}

// Task is something to be done and answered for.
type Task struct {
	About
	ID      int64
	Mine    bool // the reader took it
	By      string
	TakenAt time.Time  // zero: nobody took it
	Result  part.Input // what came of it
}

func (t Task) open() bool { return t.Mine || t.TakenAt.IsZero() }

func (t Task) action(verb string) string {
	return "/inbox/tasks/" + strconv.FormatInt(t.ID, 10) + "/" + verb
}

// Page is the inbox.
type Page struct {
	Tasks   []Task
	Notices []Notice
	Done    string     // what was just done; empty: nothing
	Message string     // why something was refused
	Typed   string     // what was written for a task that is somebody else's by now
	Wrong   part.Input // the field that is wrong, for the head of the page
}
