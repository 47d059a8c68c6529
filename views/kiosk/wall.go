// Package kiosk holds the templates of the unattended screens: the kiosk, the ticket wall, the lobby display.
package kiosk

import (
	"strconv"
	"time"

	"lobby/views/layout"
	"lobby/views/part"
)

// Wall is the page of the ticket wall.
type Wall struct {
	Shell  layout.Shell
	Live   part.LivePage
	Lanes  []Lane
	Guests Guests
}

// Lane is one column of the wall: a state that asks for the same next thing.
type Lane struct {
	Key   string // registered, in_hand, waiting, resolved
	Count int    // of all tickets in it, shown or not
	Cap   int    // most cards that are sent
	Cards []Card
}

// Card is one ticket as everybody near the wall may see it: no name and no phone of a customer (PRIVACY-2).
type Card struct {
	ID        int64
	Lane      string // empty: the ticket is over and leaves the screen
	Sort      string // order of work (TICKET-3)
	Version   int64
	Number    string
	Place     string
	Matter    string
	Owner     string
	Urgency   string // A, B, C
	Type      string // A1 … C2
	Life      bool   // life-safety help (HELP-3)
	Alarm     bool   // sounds and flashes until somebody takes it
	Running   bool   // the clock of the limit still runs
	Limit     string // near, passed, or nothing
	Escalated bool   // somebody higher up has been told
	Reopened  int
	Urged     int  // times the customer asked after it
	Accepted  bool // somebody has it in mind, though nobody began yet
	From      time.Time
	Due       time.Time
	Still     bool // nothing has changed of it: it moved up from below what a lane shows, or may have
}

// Guests are the visitors now in the building.
type Guests struct {
	Visits int // open visits
	People int // with everybody they brought
	Cap    int // most visits that are listed
	List   []Guest
}

// Guest is one visit, its name masked.
type Guest struct {
	ID      int64
	Gone    bool
	Version int64
	Name    string
	People  int
	Since   time.Time
}

func ticketID(id int64) string { return "t-" + strconv.FormatInt(id, 10) }
func guestID(id int64) string  { return "v-" + strconv.FormatInt(id, 10) }

func number[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// latestFirst is the sort key of visits: a later arrival has a smaller one.
func latestFirst(g Guest) string {
	const far = 1 << 52
	return strconv.FormatInt(far-g.Since.UnixMilli(), 16) + "-" + strconv.FormatInt(far-g.ID, 16)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// ahead and behind split the lanes over the columns of the wall: what waits to be worked on gets a column each, what
// waits for something else shares one.
func ahead(lanes []Lane) []Lane  { return lanes[:min(2, len(lanes))] }
func behind(lanes []Lane) []Lane { return lanes[min(2, len(lanes)):] }
