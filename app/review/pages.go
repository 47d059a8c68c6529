package review

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/table"
	"lobby/app/kit/web"
	"lobby/views/locale"
	"lobby/views/part"
	view "lobby/views/review"
)

// here is a day of the database, which has no zone, in the zone of the page.
func here(ctx context.Context, d time.Time) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, locale.Zone(ctx))
}

func dayPath(d time.Time) string   { return "/reviews/day/" + d.Format(time.DateOnly) }
func weekPath(d time.Time) string  { return "/reviews/week/" + d.Format(time.DateOnly) }
func monthPath(d time.Time) string { return "/reviews/month/" + d.Format("2006-01") }

func spans(ctx context.Context, list []OpenDay, length int, path func(time.Time) string) []view.Span {
	out := make([]view.Span, len(list))
	for i, one := range list {
		from := here(ctx, one.Day)
		out[i] = view.Span{Href: path(from), From: from, To: from.AddDate(0, 0, length-1), Open: one.Open, All: one.All, Late: one.Late}
	}
	return out
}

// attempt is a form that could not be done as it was sent: what was typed and ticked, and what is wrong with it.
type attempt struct {
	wrong *fault.Fault
	form  web.Values
}

func (a attempt) said(ctx context.Context) (string, map[string]string) {
	if a.wrong == nil {
		return "", nil
	}
	return web.Message(ctx, a.wrong), web.FieldErrors(ctx, a.wrong)
}

func (a attempt) status() int {
	if a.wrong == nil {
		return http.StatusOK
	}
	return web.Status(a.wrong)
}

// text is a field of several lines with what was typed into it.
func (a attempt) text(ctx context.Context, said map[string]string, name string, most int, required bool) part.Input {
	return part.Input{Name: name, Label: locale.T(ctx, "review.field."+name), Type: "textarea", Rows: 3, Max: most, Required: required,
		Value: a.form.Get(name), Error: said[name]}
}

// refs are the records that were ticked, or all that the page showed of a section. One that is none names nothing, so
// that the day doesn't have it.
func refs(form web.Values) (out []Ref) {
	ticked, all := form["record"], Section(form.Get("all"))
	if all != "" {
		ticked = form["shown"]
	}
	for _, text := range ticked {
		section, number, _ := strings.Cut(text, ":")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			id = 0
		}
		if all == "" || all == Section(section) {
			out = append(out, Ref{Section: known(section), ID: id})
		}
	}
	return out
}

// known is a section of that name, or none.
func known(name string) Section {
	for _, s := range Sections {
		if string(s) == name {
			return s
		}
	}
	return ""
}

func record(r Record) view.Record {
	href := "/desk/tickets/" + strconv.FormatInt(r.Ticket, 10)
	if r.Section == Dispatch {
		href = "/orders/" + strconv.FormatInt(r.ID, 10)
	}
	return view.Record{Section: string(r.Section), ID: r.ID, Number: r.Number, Kind: r.Kind, State: r.State, Href: href, Place: r.Place, Matter: r.Matter,
		Owner: r.Owner, At: r.At, Late: r.Late, ReviewedBy: r.ReviewedBy, ReviewedAt: r.ReviewedAt, Remark: pii.Redact(r.Remark)}
}

// groups puts what was not solved together by kind and zone, in which order it comes.
func groups(list []Unsolved, ticked []string) (out []view.Group) {
	for _, u := range list {
		if n := len(out); n == 0 || out[n-1].Kind != u.Kind || out[n-1].Zone != u.Zone {
			out = append(out, view.Group{Kind: u.Kind, Zone: u.Zone})
		}
		id := strconv.FormatInt(u.ID, 10)
		g := &out[len(out)-1]
		g.Matters = append(g.Matters, view.Unsolved{ID: u.ID, Href: "/desk/tickets/" + id, Number: u.Number, State: u.State, Place: u.Place, Matter: u.Matter,
			At: u.At, Reopened: u.Reopened, Findings: u.Findings, Ticked: slices.Contains(ticked, id)})
	}
	return out
}

// words are the parts of the report. Numbers in them are masked, in the form too: the report goes upward, and has no use
// for anybody's phone.
func words(ctx context.Context, m *Month, a attempt, said map[string]string) (out []view.Words) {
	for _, w := range []struct{ name, text string }{{"completion", m.Completion}, {"analysis", m.Analysis}, {"measures", m.Measures}, {"problems", m.Problems}, {"plan", m.Plan}} {
		in, text := a.text(ctx, said, w.name, MaxMonth, false), pii.Redact(w.text)
		in.Rows = 4
		if a.form == nil {
			in.Value = text
		}
		out = append(out, view.Words{Label: in.Label, Text: text, Input: in})
	}
	return out
}

func figures(tables []*table.Table) (out []view.Figures) {
	for _, t := range tables {
		f := view.Figures{Title: t.Title, Rows: t.Texts(), Notes: t.Notes}
		for _, c := range t.Columns {
			f.Heads, f.Right = append(f.Heads, c.Title), append(f.Right, c.Right())
		}
		out = append(out, f)
	}
	return out
}

// sections are the records of a day by section with what was ticked, and how many nobody has reviewed.
func sections(records []Record, form web.Values) (out []view.Section, open int) {
	ticked := map[Ref]bool{}
	for _, r := range refs(form) {
		ticked[r] = true
	}
	for _, name := range Sections {
		section := view.Section{Name: string(name)}
		for _, r := range records {
			if r.Section != name {
				continue
			}
			line := record(r)
			line.Ticked = ticked[Ref{r.Section, r.ID}]
			section.Records = append(section.Records, line)
			if r.ReviewedAt.IsZero() {
				section.Open++
			}
		}
		open += section.Open
		out = append(out, section)
	}
	return out, open
}
