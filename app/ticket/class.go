package ticket

import (
	"slices"

	"lobby/app/kit/fault"
)

// Channels are the ways in which a matter comes (TICKET-1).
var Channels = []string{"kiosk", "counter", "phone", "web", "mail", "suggestion_box", "patrol", "staff"}

// DeskChannels are those that a person at the desk can pick; a kiosk's tickets come from a kiosk.
var DeskChannels = []string{"phone", "counter", "web", "mail", "suggestion_box", "patrol", "staff"}

// Kinds are the kinds of tickets (TICKET-2).
var Kinds = []string{"repair", "complaint", "inquiry", "help", "suggestion", "activity", "other"}

// Urgencies are the scale of urgency, the most pressing first (TICKET-3).
var Urgencies = []string{"A", "B", "C"}

// Types are the scale of matters (TICKET-3), in the order of the scale's letters; their rank in the order of work is in sort.go.
var Types = []string{"A1", "A2", "B1", "B2", "C1", "C2"}

// HelpKinds are the kinds of help (HELP-1): crime is theft, fight, robbery, homicide, poisoning or lift accident;
// disaster is flood, fire and the like.
var HelpKinds = []string{"medical", "crime", "disaster", "repair", "complaint", "consultation", "other"}

// lifeSafety are the kinds of help that are urgency A and sound on every wall until somebody accepts them (HELP-3).
var lifeSafety = []string{"medical", "crime", "disaster"}

// What a complaint is classified as (COMPLAINT-1, -2, -7).
var (
	Validities = []string{"valid", "invalid"}
	Abouts     = []string{"property", "other"} // the property service, or not: the builder's defects, the seller's promises
	Severities = []string{"minor", "important", "major"}
	Topics     = []string{"facilities", "environment", "safety", "attitude", "fees"}
)

// Class is what a ticket is classified as. What belongs to complaints or to help is empty for other kinds.
type Class struct {
	Kind       string `bun:"kind" json:"kind"`
	Urgency    string `bun:"urgency" json:"urgency"`
	Type       string `bun:"type" json:"type"`
	LifeSafety bool   `bun:"life_safety" json:"life_safety,omitempty"` // life is at stake (HELP-3)
	HelpKind   string `bun:"help_kind" json:"help_kind,omitempty"`
	Validity   string `bun:"validity" json:"validity,omitempty"`
	About      string `bun:"about" json:"about,omitempty"`
	Topic      string `bun:"topic" json:"topic,omitempty"`
	Severity   string `bun:"severity" json:"severity,omitempty"`
	Against    int64  `bun:"against_id,nullzero" json:"against,omitempty"` // the department complained of; 0: none
	Grade      int    `bun:"grade" json:"grade,omitempty"`                 // of the case (ORG-4); 0: not classified yet
}

// DefaultType is the type that a kind has until somebody says otherwise.
func DefaultType(kind string) string {
	switch kind {
	case "repair":
		return "A1"
	case "complaint":
		return "C2"
	case "inquiry":
		return "C1"
	}
	return "B2"
}

// fit fills what may be left out, and drops what doesn't belong to the kind. Life-safety help is urgency A (HELP-3).
func (c Class) fit() Class {
	if c.Kind != "help" {
		c.HelpKind = ""
	}
	if c.Kind != "complaint" {
		c.Validity, c.About, c.Topic, c.Severity, c.Against = "", "", "", "", 0
	}
	if c.Validity == "invalid" {
		c.About, c.Severity, c.Against = "", "", 0
	}
	if slices.Contains(lifeSafety, c.HelpKind) {
		c.LifeSafety = true
	}
	if c.LifeSafety {
		c.Urgency = "A"
	}
	if c.Urgency == "" {
		c.Urgency = "B"
	}
	if c.Type == "" {
		c.Type = DefaultType(c.Kind)
	}
	return c
}

// check says what is no choice; whole asks for everything that a classified ticket has to say.
func (c Class) check(wrong *fault.Fields, whole bool) {
	choice := func(name, value string, of []string, required bool) {
		switch {
		case value == "" && required:
			wrong.Add(name, "fault.field.required")
		case value != "" && !slices.Contains(of, value), value == "" && slices.Contains([]string{"kind", "urgency", "type"}, name):
			wrong.Add(name, "ticket.field.choice")
		}
	}
	complaint := whole && c.Kind == "complaint"
	choice("kind", c.Kind, Kinds, false)
	choice("urgency", c.Urgency, Urgencies, false)
	choice("type", c.Type, Types, false)
	choice("help_kind", c.HelpKind, HelpKinds, whole && c.Kind == "help")
	choice("validity", c.Validity, Validities, complaint)
	choice("topic", c.Topic, Topics, complaint)
	choice("about", c.About, Abouts, complaint && c.Validity != "invalid")
	choice("severity", c.Severity, Severities, complaint && c.Validity != "invalid")
}

// Emergency tells what is handled before it is written down, and always called back (TICKET-6, CALLBACK-2).
func (t *Ticket) Emergency() bool { return t.LifeSafety || t.Urgency == "A" || t.Afterwards }

// Sampled tells whether a ticket may be closed without a callback: inquiries, suggestions and activities that were no
// emergency (CALLBACK-2).
func (t *Ticket) Sampled() bool {
	return slices.Contains(Sampled, t.Kind) && !t.Emergency()
}

// Refused tells that a complaint was found invalid: it gets no order (COMPLAINT-1).
func (c Class) Refused() bool { return c.Validity == "invalid" }

// Grave tells a complaint that the manager owns (COMPLAINT-3).
func (c Class) Grave() bool { return c.Severity == "important" || c.Severity == "major" }

// says is the classification without the grade that follows from it.
func (c Class) says() Class {
	c.Grade = 0
	return c
}
