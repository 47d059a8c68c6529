// Package review carries the regular looks at what was done: the supervisor's at every record of the day, the manager's
// at the past week on Monday, the looks at what could not be solved, and the month's report upward.
package review

import (
	"time"

	"github.com/uptrace/bun"
)

// Section is a kind of record that is reviewed (REVIEW-1). A ticket is in one of the first three sections.
type Section string

// The sections.
const (
	Reception Section = "reception" // what came in
	Complaint Section = "complaint"
	Patrol    Section = "patrol"
	Dispatch  Section = "dispatch" // service orders sent out
)

// Sections lists them in the order of the page.
var Sections = []Section{Reception, Complaint, Dispatch, Patrol}

const (
	// Look is how many past days with something still to be reviewed the reviewer's page shows one by one; of those before,
	// as far as Back days, it says how many there are.
	Look = 14
	// Back is how many past days it goes back in all.
	Back      = 31
	lookWeeks = 13

	// Every is after how many days unsolved matters are looked at together again (REVIEW-2).
	Every = 7

	// MaxRemark is how many characters a remark may have.
	MaxRemark = 500
	// MaxFinding is how many characters each part of a finding may have.
	MaxFinding = 500
	// MaxMonth is how many characters each part of a month's report may have.
	MaxMonth = 2000
)

// Record is one record of a day with its review.
type Record struct {
	Section    Section   `bun:"section"`
	ID         int64     `bun:"id"`        // the ticket, or for Dispatch the order
	Ticket     int64     `bun:"ticket_id"` // whose page shows it
	Number     string    `bun:"number"`
	Kind       string    `bun:"kind"`
	State      string    `bun:"state"`
	Place      string    `bun:"place"`
	Matter     string    `bun:"matter"`
	Owner      string    `bun:"owner"`
	At         time.Time `bun:"at"`
	Late       bool      `bun:"late"`
	ReviewedBy string    `bun:"reviewed_by"`
	ReviewedAt time.Time `bun:"reviewed_at"` // zero: not reviewed
	Remark     string    `bun:"remark"`
}

// Ref names one record of a day.
type Ref struct {
	Section Section
	ID      int64
}

// OpenDay is a day with records that nobody has reviewed.
type OpenDay struct {
	Day  time.Time `bun:"day"`
	Open int       `bun:"open"`
	All  int       `bun:"total"`
	Late bool      `bun:"-"` // the day is over: they weren't reviewed in time
}

// WeekSection is one section of a week as the manager sees it.
type WeekSection struct {
	Section    Section   `bun:"section"`
	All        int       `bun:"total"`
	Reviewed   int       `bun:"reviewed"` // by the supervisor, day by day
	Late       int       `bun:"late"`
	ReviewedBy string    `bun:"reviewed_by"` // the manager
	ReviewedAt time.Time `bun:"reviewed_at"`
	Remark     string    `bun:"remark"`
}

// Unsolved is a ticket that was not solved in the usual way: unsolvable, long open, or opened again more than once.
type Unsolved struct {
	ID       int64     `bun:"id"`
	Number   string    `bun:"number"`
	Kind     string    `bun:"kind"`
	State    string    `bun:"state"`
	Place    string    `bun:"place"`
	Matter   string    `bun:"matter"`
	Zone     string    `bun:"zone"`
	At       time.Time `bun:"registered_at"`
	Reopened int       `bun:"reopened"`
	Findings int       `bun:"findings"` // it was looked at already
}

// Finding says what unsolved matters share and what is to change (REVIEW-2).
type Finding struct {
	bun.BaseModel `bun:"table:findings,alias:f"`

	ID     int64     `bun:"id,pk,autoincrement"`
	SiteID int64     `bun:"site_id"`
	Shared string    `bun:"shared"`
	Change string    `bun:"change"`
	ByID   int64     `bun:"by_id"`
	At     time.Time `bun:"at"`

	ByName  string   `bun:"by_name,scanonly"`
	Numbers []string `bun:"numbers,array,scanonly"`
}

// Month is the words of a month's report upward (REVIEW-4); its figures come from the registers.
type Month struct {
	bun.BaseModel `bun:"table:month_reports,alias:m"`

	SiteID     int64     `bun:"site_id,pk"`
	Month      time.Time `bun:"month,pk,type:date"`
	Completion string    `bun:"completion"` // what was completed
	Analysis   string    `bun:"analysis"`   // what complaints and requests for help show
	Measures   string    `bun:"measures"`
	Problems   string    `bun:"problems"`
	Plan       string    `bun:"plan"`
	ByID       int64     `bun:"by_id"`
	At         time.Time `bun:"at"`
	Version    int64     `bun:"version"`

	ByName string `bun:"by_name,scanonly"`
}
