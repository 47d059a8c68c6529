package ticket

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
)

// entry is the form as it was sent. Who may classify does it at once, unless they leave it for later.
func entry(ctx context.Context, v web.Values) (in Register, wrong fault.Fields) {
	in = Register{EntryKey: keyOf(v), Kind: v.Get("kind"), Urgency: v.Get("urgency"), Type: v.Get("type"),
		LifeSafety: v.Get("life_safety") == "1", Place: v.Get("place"), Matter: v.Get("matter"), Reporter: v.Get("reporter"),
		Phone: v.Get("phone"), Channel: v.Get("channel"), FirstAsked: number(v.Get("first_asked"))}
	then := v.Get("then")
	if !actor.From(ctx).Can(staff.ClassifyTickets) || then == "" || then == "later" {
		return in, nil
	}
	c := classOf(v)
	in.Classify, in.HelpKind = true, c.HelpKind
	in.Validity, in.About, in.Topic, in.Severity, in.Against = c.Validity, c.About, c.Topic, c.Severity, c.Against
	switch then {
	case "queue":
	case string(Dispatch):
		in.Then, in.Instructions = Dispatch, instructionsOf(v)
	default:
		in.Then = Verb(then)
	}
	registered := pick(ctx, v, "past_registered", &wrong)
	handled := pick(ctx, v, "past_handled", &wrong)
	in.Past = pastOf(registered, handled, pick(ctx, v, "past_resolved", &wrong), v.Get("past_done"))
	return in, wrong
}

// pick reads a moment of a form; one that is none is noted.
func pick(ctx context.Context, v web.Values, name string, wrong *fault.Fields) time.Time {
	at, ok := MomentOf(ctx, v.Get(name))
	if !ok {
		wrong.Add(name, "ticket.field.time")
	}
	return at
}

func keyOf(v web.Values) uuid.UUID {
	key, err := uuid.Parse(v.Get("entry_key"))
	if err != nil {
		return uuid.Nil
	}
	return key
}

// number reads an id of a form: 0 for nothing, -1, which nothing has, for what is none.
func number(raw string) int64 {
	if raw == "" {
		return 0
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// classOf reads the classification of a form.
func classOf(v web.Values) Class {
	return Class{Kind: v.Get("kind"), Urgency: v.Get("urgency"), Type: v.Get("type"), LifeSafety: v.Get("life_safety") == "1", HelpKind: v.Get("help_kind"),
		Validity: v.Get("validity"), About: v.Get("about"), Topic: v.Get("topic"), Severity: v.Get("severity"), Against: number(v.Get("against"))}
}

// instructionsOf reads the departments that were chosen, each with what it is to do.
func instructionsOf(v web.Values) []Instruction {
	var out []Instruction
	for _, raw := range v["department"] {
		out = append(out, Instruction{Department: number(raw), Text: v.Get("instruction-" + raw)})
	}
	return out
}

// actOf is the form of a step as it was sent.
func actOf(ctx context.Context, v web.Values) (in Act, wrong fault.Fields) {
	in = Act{Remark: v.Get("remark"), Class: classOf(v), Person: number(v.Get("person")), On: v.Get("on"), Customer: v.Get("customer"),
		Instead: v.Get("instead"), Earlier: number(v.Get("earlier")), Version: max(number(v.Get("version")), 0), EntryKey: keyOf(v), Instructions: instructionsOf(v)}
	in.Until, in.At = pick(ctx, v, "until", &wrong), pick(ctx, v, "at", &wrong)
	return in, wrong
}

// unseen are open tickets that may be the same matter, where the entry itself is in order; what is wrong with it is
// said by Register at each field. The entry's own ticket, where it was sent before, is not another one.
func (s *Service) unseen(ctx context.Context, in Register) ([]Ticket, error) {
	err := s.Check(ctx, in)
	if fault.Is(err, fault.Invalid) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	open, err := s.Similar(ctx, in.Place, in.Phone)
	if slices.ContainsFunc(open, func(t Ticket) bool { return t.EntryKey == in.EntryKey }) {
		return nil, err
	}
	return open, err
}

// pastOf reads the true times of an emergency; nil where none is given.
func pastOf(registered, handled, resolved time.Time, done string) *Past {
	if registered.IsZero() && handled.IsZero() && resolved.IsZero() && done == "" {
		return nil
	}
	return &Past{Registered: registered, Handled: handled, Resolved: resolved, Done: done}
}

// said gives the words for each wrong field, and sets the message on the whole.
func said(ctx context.Context, wrong *fault.Fault, message *string) map[string]string {
	if wrong == nil {
		return nil
	}
	*message = web.Message(ctx, wrong)
	return web.FieldErrors(ctx, wrong)
}

func address(id int64) string { return "/desk/tickets/" + strconv.FormatInt(id, 10) }

// timely are the steps of an emergency that can be written up afterwards (TICKET-6).
var timely = map[Verb]bool{Accept: true, Handle: true, Dispatch: true, Answer: true, Resolve: true, Verify: true}
