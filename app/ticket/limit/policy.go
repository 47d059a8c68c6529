package limit

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strconv"
)

// Policy is how long things may take at a site. It is data: a site changes any of it.
type Policy struct {
	Rows      []Row     `json:"rows"`
	Ladder    []Rung    `json:"ladder"`
	Callbacks Callbacks `json:"callbacks"`
	Near      Near      `json:"near"`
}

// Row has the limits of one class of tickets. Its first five fields say which: what is left out fits any ticket. Of the
// rows that fit, the most specific has all limits, and a limit it leaves out there is none; see Policy.Row.
type Row struct {
	Kind       string `json:"kind,omitempty"`
	LifeSafety bool   `json:"life_safety,omitempty"` // false fits any
	Help       string `json:"help,omitempty"`
	Severity   string `json:"severity,omitempty"`
	Urgency    string `json:"urgency,omitempty"`

	Response Span `json:"response,omitzero"` // until the first response
	OnSpot   bool `json:"on_spot,omitempty"` // which is somebody's being at the spot (SLA-6)
	Solution Span `json:"solution,omitzero"` // until a solution is offered
	Result   Span `json:"result,omitzero"`   // until the result; stops while it waits on the customer (SLA-2)
	Order    Span `json:"order,omitzero"`    // of a service order, from its sending until the department answers (ESC-1)
	Update   Span `json:"update,omitzero"`   // between two tellings of progress (TICKET-10)
}

// Rung is one step of the ladder of escalation: who is told of what.
type Rung struct {
	On     string   `json:"on"`             // OnCase, OnComplaint, or the kind of clock whose passing it follows
	After  Span     `json:"after,omitzero"` // OnCase, OnComplaint: how long it may be not done
	Levels []string `json:"levels"`         // roles
	Next   Span     `json:"next,omitzero"`  // how long they may leave it before the level above is told (ESC-5); none: it stays with them
}

// What a rung can be on, beside clocks.
const (
	OnCase      = "case"      // a ticket that is no complaint (ESC-2)
	OnComplaint = "complaint" // COMPLAINT-5
)

// Callbacks says which tickets are called back, and until when after they are resolved (CALLBACK-2).
type Callbacks struct {
	Within  Span     `json:"within,omitzero"`
	Sampled []string `json:"sampled,omitempty"` // kinds of which only those chosen are; emergencies among them always
}

// Near is when a limit counts as near: when its last part begins, which is a share of its length, but not longer than
// Most.
type Near struct {
	Share int  `json:"share"` // per cent; 0: never
	Most  Span `json:"most,omitzero"`
}

//go:embed default.json
var defaultPolicy []byte

//go:embed on_spot.json
var onSpotRows []byte

// Default is the policy of the handbook's table.
func Default() *Policy {
	p := new(Policy)
	if err := json.Unmarshal(defaultPolicy, p); err != nil {
		panic("limit: default.json: " + err.Error())
	}
	return p
}

// OnSpot is the policy of SLA-6 to choose: the default with promises of when somebody is at the spot.
func OnSpot() *Policy { return Default().WithOnSpot() }

// WithOnSpot is the policy with the promises of SLA-6: its other limits stay. A row that it doesn't have yet has those of
// the row by which its tickets went so far.
func (p *Policy) WithOnSpot() *Policy {
	var rows []Row
	if err := json.Unmarshal(onSpotRows, &rows); err != nil {
		panic("limit: on_spot.json: " + err.Error())
	}
	p = p.Clone()
	for _, promise := range rows {
		i := slices.IndexFunc(p.Rows, func(r Row) bool { return r.criteria() == promise.criteria() })
		if i < 0 {
			row := p.Row(promise.criteria())
			row.Kind, row.LifeSafety, row.Help, row.Severity, row.Urgency = promise.Kind, promise.LifeSafety, promise.Help, promise.Severity, promise.Urgency
			i, p.Rows = len(p.Rows), append(p.Rows, row)
		}
		p.Rows[i].Response, p.Rows[i].OnSpot = promise.Response, true
	}
	return p
}

// Clone is a copy that can be changed.
func (p *Policy) Clone() *Policy {
	c := *p
	c.Rows, c.Ladder, c.Callbacks.Sampled = slices.Clone(p.Rows), slices.Clone(p.Ladder), slices.Clone(p.Callbacks.Sampled)
	for i := range c.Ladder {
		c.Ladder[i].Levels = slices.Clone(c.Ladder[i].Levels)
	}
	return &c
}

// criteria is the row without its limits.
func (r Row) criteria() Class {
	return Class{Kind: r.Kind, Urgency: r.Urgency, Severity: r.Severity, Help: r.Help, LifeSafety: r.LifeSafety}
}

// Limits is the row without what it is for: two of them are equal where they have the same limits.
func (r Row) Limits() Row {
	r.Kind, r.LifeSafety, r.Help, r.Severity, r.Urgency = "", false, "", "", ""
	return r
}

// Row gives the limits of a class. A row that names the kind comes before one that doesn't, then likewise life safety,
// the kind of help, severity, urgency; of two rows that name the same, the first. No row fits: no limits.
func (p *Policy) Row(c Class) Row {
	best, rank := Row{}, -1
	if c.Kind == "" {
		return best
	}
	for i := range p.Rows {
		if n := p.Rows[i].fits(c); n > rank {
			best, rank = p.Rows[i], n
		}
	}
	return best
}

// fits is how specific the row is for a class, and -1 where it doesn't fit.
func (r *Row) fits(c Class) int {
	n := 0
	for i, pair := range [...][2]string{{r.Urgency, c.Urgency}, {r.Severity, c.Severity}, {r.Help, c.Help}, {r.Kind, c.Kind}} {
		switch pair[0] {
		case "":
		case pair[1]:
			n += [...]int{1, 2, 4, 16}[i]
		default:
			return -1
		}
	}
	if r.LifeSafety {
		if !c.LifeSafety {
			return -1
		}
		n += 8
	}
	return n
}

// calls tells whether a ticket of the class is called back (CALLBACK-2). Emergencies always are.
func (p *Policy) calls(c Class, sampled bool) bool {
	return p.Callbacks.Within.runs() &&
		(sampled || c.LifeSafety || c.Urgency == "A" || !slices.Contains(p.Callbacks.Sampled, c.Kind))
}

// rung is the one that follows the passing of a clock of the kind; the zero rung where nobody is told.
func (p *Policy) rung(k Kind) Rung {
	for _, r := range p.Ladder {
		if r.On == string(k) {
			return r
		}
	}
	return Rung{}
}

// Problem is what is wrong with a policy. Pages say its code in the reader's language; Error says it in English.
type Problem struct {
	Row   int    // of the table, or rung of the ladder, counted from 1; 0: neither
	Field string // as in the data: "result", "ladder", …
	Code  string
	Value string
}

// What can be wrong with a policy.
const (
	NotPositive = "not_positive" // a limit of nothing; leave it out for no limit
	TooLong     = "too_long"     // more than a year
	SameRow     = "same_row"     // an earlier row, or rung, fits the same tickets
	NoResponse  = "no_response"  // at the spot, but no limit for the first response
	WrongRung   = "wrong_rung"   // a rung on nothing that there is
	NeedsAfter  = "needs_after"  // a rung on cases without a time
	NeedsLevel  = "needs_level"  // a rung that tells nobody
	WrongTerm   = "wrong_term"   // until the level above is told: neither minutes nor hours
	WrongShare  = "wrong_share"  // not between 0 and 100 per cent
)

var english = map[string]string{
	NotPositive: "a limit has to be more than nothing; leave it out where there is none", TooLong: "a limit may be a year at most",
	SameRow: "an earlier one is for the same", NoResponse: "at the spot until when? the first response has no limit",
	WrongRung: "there is no such thing to be told of", NeedsAfter: "after how long?", NeedsLevel: "who is told?",
	WrongTerm: "until the next level is told is said in minutes or hours", WrongShare: "a share is 0 to 100 per cent",
}

// Error says the problem in English.
func (p Problem) Error() string {
	text := "policy: "
	if p.Row > 0 {
		text += "row " + strconv.Itoa(p.Row) + ": "
	}
	text += p.Field + ": " + english[p.Code]
	if p.Value != "" {
		text += " (" + p.Value + ")"
	}
	return text
}

// Check names what is wrong with the policy. The engine bears any policy, and takes a limit that makes no sense for none.
func (p *Policy) Check() []Problem {
	var found []Problem
	for i, r := range p.Rows {
		for _, f := range []struct {
			name string
			span Span
		}{{"response", r.Response}, {"solution", r.Solution}, {"result", r.Result}, {"order", r.Order}, {"update", r.Update}} {
			found = f.span.check(found, i+1, f.name)
		}
		if r.OnSpot && r.Response == (Span{}) {
			found = append(found, Problem{Row: i + 1, Field: "on_spot", Code: NoResponse})
		}
		if slices.ContainsFunc(p.Rows[:i], func(o Row) bool { return o.criteria() == r.criteria() }) {
			found = append(found, Problem{Row: i + 1, Field: "rows", Code: SameRow})
		}
	}
	found = append(found, p.checkLadder()...)
	found = p.Callbacks.Within.check(found, 0, "callbacks")
	found = p.Near.Most.check(found, 0, "near")
	if p.Near.Share < 0 || p.Near.Share > 100 {
		found = append(found, Problem{Field: "near", Code: WrongShare, Value: strconv.Itoa(p.Near.Share)})
	}
	return found
}

func (p *Policy) checkLadder() []Problem {
	var found []Problem
	for i, r := range p.Ladder {
		say := func(code, value string) {
			found = append(found, Problem{Row: i + 1, Field: "ladder", Code: code, Value: value})
		}
		timed := r.On == OnCase || r.On == OnComplaint
		switch {
		case !timed && !slices.Contains(followed, Kind(r.On)):
			say(WrongRung, r.On)
		case timed && r.After == (Span{}):
			say(NeedsAfter, r.On)
		case len(r.Levels) == 0 || slices.Contains(r.Levels, ""):
			say(NeedsLevel, r.On)
		}
		found = r.After.check(found, i+1, "ladder")
		found = r.Next.check(found, i+1, "next")
		if r.Next.runs() && r.Next.Unit != Minutes && r.Next.Unit != Hours {
			found = append(found, Problem{Row: i + 1, Field: "next", Code: WrongTerm, Value: r.Next.String()})
		}
		if slices.ContainsFunc(p.Ladder[:i], func(o Rung) bool { return o.On == r.On && (!timed || o.After == r.After) }) {
			say(SameRow, r.On)
		}
	}
	return found
}

// check adds what is wrong with a span to what was found.
func (s Span) check(found []Problem, row int, field string) []Problem {
	switch {
	case s == Span{} || s.runs():
		return found
	case s.N <= 0:
		return append(found, Problem{Row: row, Field: field, Code: NotPositive, Value: s.String()})
	}
	return append(found, Problem{Row: row, Field: field, Code: TooLong, Value: s.String()})
}
