package ticket

import "time"

// Why explains one limit (SLA-5).
type Why struct {
	Clock    string // response, solution, result, order, takeover, major, callback
	To       string // whom the case passes to then, in words; empty: nobody
	Order    string // number of the order; empty: the ticket's own
	State    string // running, near, waiting, overdue, met, late, replaced
	Span     string // how long it is, in words
	Rule     string // how it is counted, said by "limit.rule.<rule>"; empty where there is only a promise
	Round    int    // how often the ticket had been reopened
	Start    time.Time
	Due      time.Time // zero while it stands still
	Promise  time.Time // told to the customer; zero: none
	Lapsed   bool      // the promise fell into a wait on the customer
	Done     time.Time
	Replaced time.Time
	Breached time.Time
	Unknown  []int // years without a calendar: the limit is a guess
	Parts    []WhyPart
}

// WhyPart is an interval that counted, or didn't.
type WhyPart struct {
	From, Until time.Time
	Counted     bool
	Words       string
}

// colour of a state's badge.
func (w Why) colour() string {
	switch w.State {
	case "met":
		return "good"
	case "near", "waiting":
		return "warn"
	case "overdue", "late":
		return "bad"
	}
	return "plain"
}
