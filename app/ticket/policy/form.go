package policy

import (
	"slices"
	"strconv"
	"strings"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/ticket/limit"
	view "lobby/views/ticket"
)

// units are those of limits, in the order in which they are offered.
var units = []limit.Unit{limit.Minutes, limit.Hours, limit.Days, limit.WorkingDays, limit.Months}

// unread is a number that can't be read: a span with it passes no check.
const unread = -1

// typed is a policy as somebody typed it.
type typed struct {
	policy *limit.Policy
	keys   []string          // of the rows: by what their fields are named; "new" for one that is new
	wrong  map[string]string // message key of what can't be read, by field
}

// readPolicy reads the table, callbacks and what is near; the ladder is that of the policy before.
func readPolicy(form web.Values, before *limit.Policy) typed {
	t := typed{policy: &limit.Policy{Ladder: before.Clone().Ladder}, wrong: map[string]string{}}
	for _, k := range form["row"] {
		row, ok := rowOf(k)
		if !ok || form.Get("drop."+k) == "1" || slices.Contains(t.keys, k) {
			continue
		}
		t.add(form, k, row)
	}
	row := limit.Row{Kind: form.Get("kind.new"), LifeSafety: form.Get("life.new") == "1", Help: form.Get("help.new"), Severity: form.Get("severity.new"), Urgency: form.Get("urgency.new")}
	begun := row != (limit.Row{})
	for _, field := range view.PolicyFields {
		begun = begun || form.Get(field+".new.n") != ""
	}
	if begun {
		if row.Kind == "" {
			t.wrong["kind.new"] = "ticket.field.choice"
		}
		t.add(form, "new", row)
	}
	t.policy.Callbacks.Within = t.span(form, "within")
	for _, kind := range ticket.Sampled {
		if slices.Contains(form["sampled"], kind) {
			t.policy.Callbacks.Sampled = append(t.policy.Callbacks.Sampled, kind)
		}
	}
	share, err := strconv.Atoi(strings.TrimSpace(form.Get("share")))
	if err != nil {
		share = unread
	}
	t.policy.Near = limit.Near{Share: share, Most: t.span(form, "most")}
	return t
}

// add takes a row of the form.
func (t *typed) add(form web.Values, k string, row limit.Row) {
	for i, s := range spans(&row) {
		*s = t.span(form, view.PolicyFields[i]+"."+k)
	}
	row.OnSpot = form.Get("spot."+k) == "1"
	t.keys, t.policy.Rows = append(t.keys, k), append(t.policy.Rows, row)
}

// span reads a number and its unit; without a number there is no limit.
func (t *typed) span(form web.Values, name string) limit.Span {
	number, unit := strings.TrimSpace(form.Get(name+".n")), limit.Unit(form.Get(name+".u"))
	if number == "" {
		return limit.Span{}
	}
	if !slices.Contains(units, unit) {
		t.wrong[name], unit = "ticket.field.choice", limit.Hours
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		t.wrong[name], n = "limit.problem.number", unread
	}
	return limit.Span{N: n, Unit: unit}
}

// said is what is wrong by field of the form: what can't be read, and what the policy's check found. Where something is
// wrong with a form, the policy passes no check.
func (t *typed) said(f *fault.Fault) map[string]fault.Field {
	out := map[string]fault.Field{}
	for name, key := range t.wrong {
		out[name] = fault.Field{Name: name, Key: key}
	}
	if f == nil {
		return out
	}
	for _, field := range f.Fields {
		name := field.Name
		if part := strings.SplitN(name, ".", 3); len(part) > 1 {
			n, err := strconv.Atoi(part[1])
			switch {
			case err != nil || n < 1 || n > len(t.keys):
			case part[0] == "ladder" && slices.Contains(timed, strings.TrimPrefix(field.Key, "limit.problem.")):
				name = "after." + t.keys[n-1]
			case part[0] == "ladder":
				name = "ladder." + t.keys[n-1]
			case part[0] == "policy" && len(part) == 3:
				name = map[string]string{"on_spot": "response", "kind": "rows", "help": "rows", "severity": "rows", "urgency": "rows"}[part[2]]
				if name == "" {
					name = part[2]
				}
				name += "." + t.keys[n-1]
			}
		}
		switch name {
		case "callbacks":
			name = "within"
		case "near":
			name = "most"
			if field.Key == "limit.problem."+limit.WrongShare {
				name = "share"
			}
		}
		if _, has := out[name]; !has {
			out[name] = field
		}
	}
	return out
}

// timed is what can be wrong with how long a rung waits.
var timed = []string{limit.NotPositive, limit.TooLong, limit.NeedsAfter}

// on are what a rung of the ladder can be on, in the order in which it is offered.
var on = []string{string(limit.Order), limit.OnCase, limit.OnComplaint, string(limit.Response), string(limit.Solution), string(limit.Result), string(limit.Callback),
	string(limit.Update)}

// levels is how many roles a rung can name.
const levels = 3

// readLadder reads the rungs; everything else is that of the policy before.
func readLadder(form web.Values, before *limit.Policy) typed {
	t := typed{policy: before.Clone(), wrong: map[string]string{}}
	t.policy.Ladder = nil
	for _, n := range form["rung"] {
		if form.Get("drop."+n) == "1" || slices.Contains(t.keys, n) {
			continue
		}
		r := limit.Rung{On: form.Get("on." + n)}
		for i := range levels {
			if role := form.Get("level." + n + "." + strconv.Itoa(i+1)); role != "" && !slices.Contains(r.Levels, role) {
				r.Levels = append(r.Levels, role)
			}
		}
		if r.On == "" && len(r.Levels) == 0 && form.Get("after."+n+".n") == "" && form.Get("next."+n+".n") == "" {
			continue // the place for one more
		}
		if r.On == limit.OnCase || r.On == limit.OnComplaint {
			r.After = t.span(form, "after."+n)
		}
		r.Next = t.span(form, "next."+n)
		t.keys, t.policy.Ladder = append(t.keys, n), append(t.policy.Ladder, r)
	}
	return t
}

// tellable are the roles that can be told: those that work with tickets.
var tellable = []staff.Role{staff.Supervisor, staff.Manager, staff.OperationsManager, staff.DepartmentHead, staff.Agent, staff.Receptionist, staff.SecuritySupervisor}
