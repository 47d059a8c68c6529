package part

import "time"

// Line is one line that a feature adds to the timeline of a ticket.
type Line struct {
	At     time.Time
	Title  string // what happened
	Who    string
	Said   []string // more about it, a line each
	Remark string   // in somebody's own words
	With   string   // verb of the ticket's own step that the same act took: the two are shown as one; empty for none
}
