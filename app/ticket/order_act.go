package ticket

import (
	"context"
	"slices"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/kit/file"
)

// Rings are what came of ringing the customer before going (TICKET-5).
var Rings = []string{"reached", "no_answer", "on_the_spot"}

// OrderAct is what a person gives with a verb of an order.
type OrderAct struct {
	Remark   string
	Person   int64  // assign: to whom
	On       string // wait: one of Waits
	Rang     string // start of a repair: one of Rings
	Customer string // done: name of the customer who confirmed on the spot; may be empty (TICKET-5)
	Work     Work   // done
	Signed   []byte // done: the customer's signature as a picture; may be empty (TICKET-5)
	Version  int64  // of the order that the person looked at; 0: not checked

	signature *file.Picture // Signed, encoded anew before the transaction
}

// Work is the record of work on the spot, as it was typed (TICKET-12).
type Work struct {
	Kind      string // one of RecordKinds
	Done      string
	Result    string
	Materials string
	Started   time.Time // zero: when the order was started
	Ended     time.Time // zero: now
}

// clean takes the texts as they were typed and notes what can't stand in them.
func (in OrderAct) clean() (OrderAct, error) {
	var wrong fault.Fields
	in.Remark = wrong.Text("remark", in.Remark, MaxRemark, false)
	in.Customer = wrong.Line("customer", in.Customer, MaxCustomer, false)
	in.Work.Done = wrong.Text("done", in.Work.Done, MaxRemark, false)
	in.Work.Result = wrong.Text("result", in.Work.Result, MaxResult, false)
	in.Work.Materials = wrong.Text("materials", in.Work.Materials, MaxMaterials, false)
	return in, wrong.Err()
}

// opened takes the signature as it came and encodes it anew, before the transaction: that takes a while.
func (in OrderAct) opened(ctx context.Context, verb OrderVerb) (OrderAct, error) {
	if len(in.Signed) == 0 || verb != FinishOrder {
		return in, nil
	}
	p, err := file.Signature(ctx, in.Signed)
	if f, is := fault.As(err); is {
		return in, fault.Fields{{Name: "signature", Key: f.Key}}.Err()
	}
	in.signature = p
	return in, err
}

// check says what a move asks for and wasn't given, and drops what it doesn't ask for.
func (in OrderAct) check(m OrderMove, t *Ticket, o *ServiceOrder, now time.Time) (OrderAct, error) {
	var wrong fault.Fields
	needs := m.NeedsFor(t.Kind)
	for _, choice := range []struct {
		need  Need
		name  string
		value *string
		of    []string
	}{{WaitingOn, "on", &in.On, Waits}, {Rang, "rang", &in.Rang, Rings}, {Record, "work_kind", &in.Work.Kind, RecordKinds}} {
		switch {
		case !slices.Contains(needs, choice.need):
			*choice.value = ""
		case !slices.Contains(choice.of, *choice.value):
			wrong.Add(choice.name, "ticket.field.choice")
		}
	}
	for _, required := range []struct {
		name    string
		missing bool
	}{
		{"remark", in.Remark == "" && (slices.Contains(needs, What) || slices.Contains(needs, Why))},
		{"person", in.Person == 0 && slices.Contains(needs, Person)},
		{"done", in.Work.Done == "" && slices.Contains(needs, Record)},
		{"result", in.Work.Result == "" && slices.Contains(needs, Record)},
	} {
		if required.missing {
			wrong.Add(required.name, "fault.field.required")
		}
	}
	if slices.Contains(needs, Record) {
		in.Work = in.Work.times(o, now, &wrong)
	}
	return in, wrong.Err()
}

// times are those of the work, between the sending of the order and now.
func (w Work) times(o *ServiceOrder, now time.Time, wrong *fault.Fields) Work {
	if w.Started.IsZero() {
		w.Started = o.StartedAt
	}
	if w.Ended.IsZero() {
		w.Ended = now
	}
	switch {
	case w.Ended.After(now):
		wrong.Add("ended", "ticket.field.future")
	case w.Started.Add(time.Minute).Before(o.SentAt): // a form says minutes
		wrong.Add("started", "ticket.field.before")
	case w.Ended.Before(w.Started) && w.Ended.Add(time.Minute).After(w.Started):
		w.Ended = w.Started
	case w.Ended.Before(w.Started):
		wrong.Add("ended", "ticket.field.before")
	}
	w.Started, w.Ended = w.Started.UTC(), w.Ended.UTC()
	return w
}
