package ticket

import (
	"time"

	"lobby/views/part"
)

// RulesPage is what the pages of policy and ladder have in common.
type RulesPage struct {
	Path    string // of this page
	Notice  string
	Message string // what is wrong
	Version string // of the policy, as the page was made
	Seen    string // of the policy that was previewed; empty: none
	Changed []part.Change
	Preview *RulesPreview
	Fields  []part.Input // the wrong ones
}

// RulesPreview is what a change would do.
type RulesPreview struct {
	Changes []part.Change // that the person made
	Moved   []RulesMoved
	Count   int
	More    int // beside those that are named
	Late    int
	Told    int
	Unseen  int // tickets that were not looked at
	Open    int
}

// RulesMoved is an open ticket that would be moved.
type RulesMoved struct {
	ID      int64
	Number  string
	Kind    string
	Urgency string
	Place   string
	Limits  []RulesLimit
	Told    string // who would be told at once, in words
}

// RulesLimit is one of its limits.
type RulesLimit struct {
	Clock, Order string
	From, To     time.Time
	Late         bool
}

// Policy is the table of limits.
type Policy struct {
	RulesPage
	Shipped   bool // as it comes with the program
	Rows      []PolicyRow
	New       PolicyNew
	Callbacks part.Span
	Sampled   []part.Input
	Share     part.Input
	Most      part.Span
}

// PolicyRow is one row of the table.
type PolicyRow struct {
	Key     string // what it is for, in the names of its fields
	Kind    string // in words, where it is the first row of its kind
	Words   string // what it is for, whole
	Also    string // beside its kind, in words
	Spans   []part.Span
	Spot    bool
	Dropped bool
	Error   string
}

// PolicyNew is the row for one more class of tickets.
type PolicyNew struct {
	Choices []part.Input
	Life    bool
	Spans   []part.Span
	Spot    bool
	Error   string
}

// Ladder is the ladder of escalation.
type Ladder struct {
	RulesPage
	Shipped bool // as it comes with the program
	Rungs   []Rung
}

// Rung is one step of it.
type Rung struct {
	Number  string
	Words   string // as it stands; empty for a new one
	On      part.Input
	After   part.Span
	Levels  []part.Input
	Next    part.Span // until the level above is told
	Dropped bool
	Error   string
}

// PolicyFields are the limits of a row, as the columns of the table.
var PolicyFields = []string{"response", "solution", "result", "order", "update"}
