package report

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lobby/app/kit/fault"
	"lobby/app/kit/table"
	"lobby/app/kit/web"
	"lobby/views/locale"
	"lobby/views/part"
	view "lobby/views/report"
)

const dayForm = time.DateOnly

// mimes are the files that can be taken away.
var mimes = map[string]string{
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"csv":  "text/csv; charset=utf-8",
}

// fileOf is the kind of file that was asked for.
func fileOf(as string) string {
	if as == "csv" {
		return as
	}
	return "xlsx"
}

func path(k RegisterKind) string { return "/registers/" + string(k) }

// problem is what is wrong with what was asked for; none: nothing.
type problem struct{ wrong *fault.Fault }

func (p problem) code() int {
	if p.wrong == nil {
		return http.StatusOK
	}
	return web.Status(p.wrong)
}

func (p problem) said(ctx context.Context) (string, map[string]string) {
	if p.wrong == nil {
		return "", nil
	}
	return web.Message(ctx, p.wrong), web.FieldErrors(ctx, p.wrong)
}

// filterOf reads a filter as a form or an address brings it.
func filterOf(value func(string) string) RegisterFilter {
	id := func(name string) int64 {
		n, err := strconv.ParseInt(value(name), 10, 64)
		if err != nil || n < 0 {
			return 0
		}
		return n
	}
	f := RegisterFilter{Query: Query{From: value("from"), To: value("to")}, Zone: id("zone"), Of: value("kind"), Person: id("person"), State: value("state"),
		Reviewed: value("reviewed"), Text: value("text"), Older: value("older"), Newer: value("newer")}
	if f.Reviewed != "yes" && f.Reviewed != "no" {
		f.Reviewed = ""
	}
	return f
}

// values are what of a filter may stand in an address: all but the text.
func (f RegisterFilter) values(as string) url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" && value != "0" {
			v.Set(name, value)
		}
	}
	set("from", f.From)
	set("to", f.To)
	set("zone", strconv.FormatInt(f.Zone, 10))
	set("kind", f.Of)
	set("person", strconv.FormatInt(f.Person, 10))
	set("state", f.State)
	set("reviewed", f.Reviewed)
	set("older", f.Older)
	set("newer", f.Newer)
	set("as", as)
	return v
}

// to leads to another view of what is shown.
func (f RegisterFilter) to(path, as string) view.Act {
	v := f.values(as)
	a := view.Act{Path: path, Query: v.Encode()}
	if f.Text == "" {
		return a
	}
	v.Set("text", f.Text)
	for _, name := range []string{"from", "to", "zone", "kind", "person", "state", "reviewed", "text", "older", "newer", "as"} {
		if v.Has(name) {
			a.Hidden = append(a.Hidden, view.Hidden{Name: name, Value: v.Get(name)})
		}
	}
	return a
}

func (s *Service) registerView(ctx context.Context, k RegisterKind, f RegisterFilter, l *Listing, wrong problem) (view.Register, error) {
	name, err := s.FormName(ctx, k)
	if err != nil {
		return view.Register{}, err
	}
	v := view.Register{Path: path(k), Name: name}
	var said map[string]string
	v.Message, said = wrong.said(ctx)
	if v.Fields, err = s.narrowing(ctx, k, f, l, said); err != nil || l == nil {
		return v, err
	}
	whole := f
	whole.Older, whole.Newer = "", ""
	v.Print, v.XLSX, v.CSV = whole.to(path(k)+"/print", ""), whole.to(path(k)+"/file", "xlsx"), whole.to(path(k)+"/file", "csv")
	if l.Older != "" {
		next := whole
		next.Older = l.Older
		a := next.to(path(k), "")
		v.Older = &a
	}
	if l.Newer != "" {
		next := whole
		next.Newer = l.Newer
		a := next.to(path(k), "")
		v.Newer = &a
	}
	for _, c := range l.Table.Columns {
		v.Heads, v.Widths = append(v.Heads, c.Title), append(v.Widths, width(c))
	}
	for i, cells := range l.Table.Words() {
		v.Rows = append(v.Rows, view.Row{Href: "/desk/tickets/" + strconv.FormatInt(l.Tickets[i], 10), Cells: cells})
	}
	v.Notes = l.Table.Notes[1:]
	return v, nil
}

// narrowing are the fields by which a register is narrowed.
func (s *Service) narrowing(ctx context.Context, k RegisterKind, f RegisterFilter, l *Listing, said map[string]string) ([]part.Input, error) {
	zones, people, err := s.Choices(ctx)
	if err != nil {
		return nil, err
	}
	from, to := f.From, f.To
	if l != nil {
		from, to = l.From.Format(dayForm), l.To.Format(dayForm)
	}
	out := days(ctx, from, to, said)
	choice := func(name, value string, options []part.Option) {
		all := []part.Option{{Value: "", Label: locale.T(ctx, "report.all")}}
		out = append(out, part.Input{Name: name, Type: "select", Label: locale.T(ctx, "report.filter."+name), Value: value, Required: true, Options: append(all, options...)})
	}
	choice("zone", number64(f.Zone), named(zones))
	var kinds, states []part.Option
	for _, kind := range k.Kinds() {
		kinds = append(kinds, part.Option{Value: kind, Label: locale.T(ctx, "ticket.kind."+kind)})
	}
	for _, state := range k.States() {
		states = append(states, part.Option{Value: state, Label: locale.T(ctx, "report.state."+state)})
	}
	choice("kind", f.Of, kinds)
	choice("person", number64(f.Person), named(people))
	choice("state", f.State, states)
	if k != CallbackRegister {
		choice("reviewed", f.Reviewed, []part.Option{{Value: "yes", Label: locale.T(ctx, "report.reviewed.yes")}, {Value: "no", Label: locale.T(ctx, "report.reviewed.no")}})
	}
	return append(out, part.Input{Name: "text", Label: locale.T(ctx, "report.filter.text"), Value: f.Text, Error: said["text"]}), nil
}

// days are the first and the last day.
func days(ctx context.Context, from, to string, said map[string]string) []part.Input {
	return []part.Input{{Name: "from", Type: "date", Label: locale.T(ctx, "report.filter.from"), Value: from, Error: said["from"], Required: true},
		{Name: "to", Type: "date", Label: locale.T(ctx, "report.filter.to"), Value: to, Error: said["to"], Required: true}}
}

func number64(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func named(list []Choice) []part.Option {
	out := make([]part.Option, len(list))
	for i, c := range list {
		out[i] = part.Option{Value: strconv.FormatInt(c.ID, 10), Label: c.Name}
	}
	return out
}

// paperView is a register as a form.
func paperView(l *Listing) view.Paper {
	v := view.Paper{Name: l.Name, Period: l.From.Format(dayForm) + " – " + l.To.Format(dayForm), Notes: l.Table.Notes}
	for _, c := range l.Table.Columns {
		v.Heads = append(v.Heads, c.Title)
		v.Widths = append(v.Widths, width(c))
	}
	v.Rows = l.Table.Words()
	return v
}

// width is the class of a column on paper: what people write has the room that times and numbers don't need.
func width(c table.Column) string {
	switch {
	case c.Key == "matter" || c.Key == "outcome" || c.Key == "answer" || c.Key == "remark" || c.Key == "handled":
		return "long"
	case c.Kind == table.Number:
		return "short"
	case c.Key == "phone" || c.Key == "number":
		return "exact"
	case c.Kind == table.Time:
		return "time"
	case c.Key == "reviewer":
		return "signed"
	case c.Key == "sort" || c.Key == "place":
		return "plain"
	}
	return "tight"
}

func reportView(ctx context.Context, name string, q Query, tables []*table.Table, wrong problem) view.Report {
	v := view.Report{Path: "/reports/" + name, Name: locale.T(ctx, "report.name."+name)}
	var said map[string]string
	v.Message, said = wrong.said(ctx)
	v.Fields = days(ctx, q.From, q.To, said)
	address := func(as string) view.Act {
		return view.Act{Path: v.Path, Query: url.Values{"from": {q.From}, "to": {q.To}, "as": {as}}.Encode()}
	}
	v.XLSX, v.CSV = address("xlsx"), address("csv")
	for _, t := range tables {
		f := view.Figures{Title: t.Title, Rows: t.Texts(), Notes: t.Notes}
		for _, c := range t.Columns {
			f.Heads, f.Right = append(f.Heads, c.Title), append(f.Right, c.Right())
		}
		v.Tables = append(v.Tables, f)
	}
	return v
}
