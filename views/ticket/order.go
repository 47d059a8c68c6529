package ticket

import (
	"context"
	"slices"
	"strconv"
	"time"

	"lobby/views/part"
)

func departmentValue(o Order) string { return strconv.FormatInt(o.Department, 10) }

// orderColour is the badge of an order's state; the word alone carries the meaning.
func orderColour(state string) string {
	switch state {
	case "rejected":
		return "bad"
	case "done":
		return "warn"
	case "fed_back":
		return "good"
	}
	return "plain"
}

// OrderCard is one order as its department sees it.
type OrderCard struct {
	OrderRow
	Ticket       string // its number
	TicketHref   string
	Kind         string
	Urgency      string
	Type         string
	LifeSafety   bool
	Place        string
	Matter       string
	Reporter     string
	Phone        string // masked
	Sender       string
	Registered   time.Time
	Accepted     time.Time
	Started      time.Time
	Done         time.Time
	FedBack      time.Time
	ConfirmedBy  string
	Version      int64
	DepartmentID int64
	Arrived      time.Time // when somebody said that they were at the spot
}

// OrderList is the page of the orders that somebody sees.
type OrderList struct {
	Scope       string // mine, department, done, over
	Scopes      []string
	Department  string        // as chosen; "0": all
	Departments []part.Option // to choose from; none where there is one only
	Cards       []OrderCard
}

// OrderPage is one order.
type OrderPage struct {
	OrderCard
	Message string // why the last step was refused
	Typed   string // what was written for a step that is no longer there
	Verbs   []Verb
	Records []Record
	Steps   []Step
	Printed time.Time // for the paper

	Ring     bool   // who looks may have the number opened to ring the customer (TICKET-5)
	Revealed string // the number, right after it was opened
	Tel      string // the same, for the phone
	Pictures []Picture
	Photos   *PhotoInput // takes photos by itself; nil where a verb takes them, or nobody may add any
	Attach   bool        // the paper shows the photos
}

func (p OrderPage) fields() []part.Input {
	var out []part.Input
	for _, v := range p.Verbs {
		out = append(out, v.Fields()...)
	}
	return out
}

// fieldsAnd are the inputs of the page, with what is wrong with the photos.
func (p OrderPage) fieldsAnd(ctx context.Context) []part.Input {
	out := p.fields()
	if p.Photos != nil {
		out = append(out, p.Photos.labelled(ctx))
	}
	for _, v := range p.Verbs {
		if v.Photos != nil {
			out = append(out, v.Photos.labelled(ctx))
		}
	}
	return out
}

func orderVersion(p OrderPage) string { return strconv.FormatInt(p.Version, 10) }

// Departments is the page of all departments.
type Departments struct {
	Notice string
	List   []Department
}

// Department is one department.
type Department struct {
	ID            int64
	Name, Code    string
	Head, Members string
	Closed        bool
	Open          int // orders that are not over
}

func (d Department) href() string { return "/departments/" + strconv.FormatInt(d.ID, 10) }

// DepartmentForm is the form of a department, new or known.
type DepartmentForm struct {
	ID      int64 // 0: a new one
	Version int64
	Message string
	Fields  []part.Input
	People  []Tick // who can be a member
	Wrong   string // what is wrong with the members
	Closed  part.Input
}

// Tick is one choice of several.
type Tick struct {
	Value, Label string
	On           bool
}

func (f DepartmentForm) action() string {
	if f.ID == 0 {
		return "/departments"
	}
	return "/departments/" + strconv.FormatInt(f.ID, 10)
}

func (f DepartmentForm) version() string { return strconv.FormatInt(f.Version, 10) }

// takesPhotos tells whether one of the verbs takes photos, so that there is a place for them.
func (p OrderPage) takesPhotos() bool {
	return slices.ContainsFunc(p.Verbs, func(v Verb) bool { return v.Photos != nil })
}

// Said is what is wrong with the photos that came.
func (p OrderPage) Said() string {
	if p.Photos != nil && p.Photos.Error != "" {
		return p.Photos.Error
	}
	for _, v := range p.Verbs {
		if v.Photos != nil && v.Photos.Error != "" {
			return v.Photos.Error
		}
	}
	return p.Message
}
