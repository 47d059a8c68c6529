package ticket

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"lobby/app/kit/fault"
)

// Waits are whom or what a ticket or an order can wait for (TICKET-4).
var Waits = []string{"customer", "parts", "third_party"}

// Act is what a person gives with a verb.
type Act struct {
	Remark   string    // what was done, the reason, or a plain remark
	Class    Class     // Classify, Reclassify
	Person   int64     // Reassign: to whom; Handle: who handles it, 0 for who presses
	On       string    // Wait: one of Waits
	Until    time.Time // Promise, Update: when it is to be finished
	Customer string    // Verify: name of the customer who confirmed a repair
	Instead  string    // Unsolvable: what was offered instead (HELP-4)
	Earlier  int64     // Link: the first complaint
	At       time.Time // true past time of a step of an emergency (TICKET-6); zero: now
	Version  int64     // of the ticket that the person looked at; 0: not checked

	Instructions []Instruction // Dispatch: what goes to which department
	EntryKey     uuid.UUID     // Dispatch: made by the form, so that one sent twice sends each order once; may be nil

	signed bool // Verify: the customer has signed on the spot
}

// Instruction is what one department is to do.
type Instruction struct {
	Department int64
	Text       string // what to do; empty: as the ticket says

	number string // of the order, taken before the transaction
}

// field is the name of the input of an instruction.
func (in Instruction) field() string { return fmt.Sprintf("instruction-%d", in.Department) }

// clean takes the texts as they were typed and notes what can't stand in them.
func (in Act) clean() (Act, error) {
	var wrong fault.Fields
	in.Remark = wrong.Text("remark", in.Remark, MaxRemark, false)
	in.Customer = wrong.Line("customer", in.Customer, MaxCustomer, false)
	in.Instead = wrong.Text("instead", in.Instead, MaxInstead, false)
	in.Instructions = slices.Clone(in.Instructions)
	for i := range in.Instructions {
		in.Instructions[i].Text = wrong.Text(in.Instructions[i].field(), in.Instructions[i].Text, MaxInstruction, false)
	}
	in.Class = in.Class.fit()
	return in, wrong.Err()
}

// check says what a move asks for and wasn't given. What is offered instead joins the reason: both are said to the
// customer (HELP-4).
func (in Act) check(m Move, t *Ticket, now, since time.Time) (Act, error) {
	var wrong fault.Fields
	for _, need := range m.needs(t) {
		in.require(need, now, &wrong)
	}
	in.At = in.happened(t, now, since, &wrong)
	if in.Instead != "" {
		in.Remark += "\n" + in.Instead
		in.Remark = wrong.Text("remark", in.Remark, MaxRemark, false)
	}
	return in, wrong.Err()
}

func (in Act) require(need Need, now time.Time, wrong *fault.Fields) {
	missing := func(name string, empty bool) {
		if empty {
			wrong.Add(name, "fault.field.required")
		}
	}
	switch need {
	case What, Why:
		missing("remark", in.Remark == "")
	case Classes:
		in.Class.check(wrong, true)
	case Person:
		missing("person", in.Person == 0)
	case WaitingOn:
		if !slices.Contains(Waits, in.On) {
			wrong.Add("on", "ticket.field.choice")
		}
	case Until:
		missing("until", in.Until.IsZero())
		if !in.Until.IsZero() && !in.Until.After(now) {
			wrong.Add("until", "ticket.field.past")
		}
	case Customer:
		missing("customer", in.Customer == "" && !in.signed)
	case Instead:
		missing("instead", in.Instead == "")
	case Earlier:
		missing("earlier", in.Earlier == 0)
	case Departments:
		missing("departments", len(in.Instructions) == 0)
	}
}

// happened is when the step was taken: now, or for an emergency that is written up afterwards a true past time, not
// before the step that came before it (TICKET-6). A form says minutes: one that is of the same minute as the step before
// came right after it.
func (in Act) happened(t *Ticket, now, since time.Time, wrong *fault.Fields) time.Time {
	at := in.At.UTC()
	switch {
	case in.At.IsZero():
		return later(now, since)
	case !t.Emergency():
		wrong.Add("at", "ticket.field.no_emergency")
	case at.After(now):
		wrong.Add("at", "ticket.field.future")
	case at.Before(since) && at.Add(time.Minute).After(since):
		return since
	case at.Before(since):
		wrong.Add("at", "ticket.field.before")
	}
	return at
}
