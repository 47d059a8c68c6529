package report

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/table"
	"lobby/views/locale"
)

// SLA gives how the limits were kept (KPI-1, KPI-3): in all, by kind, urgency, severity, zone, person and month, of
// departments by their orders, each clock by kind, and what is open by age. Whether a limit was met is judged by the
// recorded times (SLA-4); a ticket whose term is over keeps counting (PRIVACY-5).
func (s *Service) SLA(ctx context.Context, q Query) ([]*table.Table, error) {
	return s.run(ctx, "report.sla", q, slaFigures)
}

// slaLine is one line of figures. What was registered (of a department: sent) in the period has the times; what fell due
// in it has been met or not.
type slaLine struct {
	Dim, Key, Name           string // what it is by: all, kind, urgency, severity, zone, person, month, department
	Registered               int64
	Owed, Answered           int64 // registered, with a limit for the first response; and had it in time
	Reopened, Invalid        int64 // of the registered; Invalid of a department: rejected
	ResponseDue, ResponseMet int64
	SolutionDue, SolutionMet int64
	ResultDue, ResultMet     int64
	MedianResponse           *float64 // seconds from registration to the first response; of an order: to being accepted
	SlowResponse             *float64 // the 90th percentile of the same
	MedianResult             *float64 // seconds from registration to the result
	SlowResult               *float64
}

// ageLine is how many tickets of a kind are open, by their age.
type ageLine struct {
	Kind                                  string // empty: all
	Total, Day, Three, Week, Month, Older int64
	Overdue                               int64
}

func slaFigures(ctx context.Context, tx bun.IDB, p period) ([]*table.Table, error) {
	var lines, departments []slaLine
	var ages []ageLine
	zone := p.site.Location().String()
	for _, read := range []struct {
		query string
		into  any
	}{{slaTickets, &lines}, {slaOrders, &departments}, {slaOpen, &ages}} {
		if err := tx.NewRaw(read.query, p.site.ID, p.from, p.to, p.now, zone).Scan(ctx, read.into); err != nil {
			return nil, err
		}
	}
	sum := p.titled(ctx, "sla", locale.T(ctx, "report.sla.title"), slaColumns()...)
	sum.Notes = []string{locale.T(ctx, "report.sla.note_due"), locale.T(ctx, "report.sla.note_rate"), locale.T(ctx, "report.sla.note_times")}
	clocks := p.titled(ctx, "sla_by_clock", locale.T(ctx, "report.sla.by.clock"), col("kind", table.Text), col("clock", table.Text),
		col("due", table.Number), col("met", table.Number), col("breached", table.Number), col("in_time", table.Share))
	out := []*table.Table{sum, clocks}
	for _, dim := range []string{"kind", "urgency", "severity", "zone", "person", "month"} {
		t := p.titled(ctx, "sla_by_"+dim, locale.T(ctx, "report.sla.by."+dim), append([]table.Column{col(dim, table.Text)}, slaColumns()...)...)
		for _, l := range p.ofDim(lines, dim) {
			t.Add(append([]any{dimLabel(ctx, l.Dim, l.Key, l.Name)}, l.cells()...)...)
			if dim == "kind" {
				l.clocks(ctx, clocks)
			}
		}
		out = append(out, t)
	}
	for _, l := range p.ofDim(lines, "all") {
		sum.Add(l.cells()...)
	}
	return append(out, p.slaDepartments(ctx, departments), p.openByAge(ctx, ages)), nil
}

func slaColumns() []table.Column {
	return []table.Column{col("registered", table.Number), col("response_rate", table.Share), col("response_due", table.Number),
		col("response_met", table.Number), col("due", table.Number), col("met", table.Number), col("breached", table.Number), col("in_time", table.Share),
		col("median_answer", table.Duration), col("slow_answer", table.Duration), col("median_result", table.Duration), col("slow_result", table.Duration),
		col("reopened", table.Share), col("invalid", table.Share)}
}

func (l slaLine) cells() []any {
	return []any{l.Registered, share(l.Answered, l.Owed), l.ResponseDue, l.ResponseMet, l.ResultDue, l.ResultMet, l.ResultDue - l.ResultMet,
		share(l.ResultMet, l.ResultDue), seconds(l.MedianResponse), seconds(l.SlowResponse), seconds(l.MedianResult), seconds(l.SlowResult),
		share(l.Reopened, l.Registered), share(l.Invalid, l.Registered)}
}

// clocks adds the clocks of a kind that something was due by.
func (l slaLine) clocks(ctx context.Context, t *table.Table) {
	for _, c := range []struct {
		name     string
		due, met int64
	}{{"response", l.ResponseDue, l.ResponseMet}, {"solution", l.SolutionDue, l.SolutionMet}, {"result", l.ResultDue, l.ResultMet}} {
		if c.due > 0 {
			t.Add(kindLabel(ctx, l.Key), table.Label{Code: c.name, Words: locale.T(ctx, "report.clock."+c.name)}, c.due, c.met, c.due-c.met, share(c.met, c.due))
		}
	}
}

func (p period) slaDepartments(ctx context.Context, lines []slaLine) *table.Table {
	t := p.titled(ctx, "sla_by_department", locale.T(ctx, "report.sla.by.department"), col("department", table.Text), col("orders", table.Number),
		col("rejected", table.Number), col("due", table.Number), col("met", table.Number), col("breached", table.Number), col("in_time", table.Share),
		col("median_accept", table.Duration), col("slow_accept", table.Duration), col("median_done", table.Duration), col("slow_done", table.Duration))
	t.Notes = []string{locale.T(ctx, "report.sla.note_orders")}
	for _, l := range lines {
		t.Add(l.Name, l.Registered, l.Invalid, l.ResultDue, l.ResultMet, l.ResultDue-l.ResultMet, share(l.ResultMet, l.ResultDue),
			seconds(l.MedianResponse), seconds(l.SlowResponse), seconds(l.MedianResult), seconds(l.SlowResult))
	}
	return t
}

func (p period) openByAge(ctx context.Context, ages []ageLine) *table.Table {
	t := p.titled(ctx, "open_by_age", locale.T(ctx, "report.open.by_age"), col("kind", table.Text), col("open", table.Number), col("overdue", table.Number),
		col("age_day", table.Number), col("age_three", table.Number), col("age_week", table.Number), col("age_month", table.Number), col("age_older", table.Number))
	t.Notes = []string{locale.T(ctx, "report.open.note")}
	for _, a := range ages {
		of := table.Label{Code: "all", Words: locale.T(ctx, "report.all")}
		if a.Kind != "" {
			of = kindLabel(ctx, a.Kind)
		}
		t.Add(of, a.Total, a.Overdue, a.Day, a.Three, a.Week, a.Month, a.Older)
	}
	return t
}

// ofDim gives the lines of a dimension in the order in which people read them; of months all of the period.
func (p period) ofDim(lines []slaLine, dim string) []slaLine {
	var out []slaLine
	found := map[string]slaLine{}
	for _, l := range lines {
		if l.Dim == dim {
			out = append(out, l)
			found[l.Key] = l
		}
	}
	if dim != "month" {
		return out
	}
	out = out[:0]
	for _, m := range p.months() {
		l := found[m]
		l.Dim, l.Key = dim, m
		out = append(out, l)
	}
	return out
}

// months are the months of the period in the site's zone, as 2026-11.
func (p period) months() (out []string) {
	first := time.Date(p.from.Year(), p.from.Month(), 1, 12, 0, 0, 0, time.UTC)
	last := p.last().Format("2006-01")
	for m := first; m.Format("2006-01") <= last; m = m.AddDate(0, 1, 0) {
		out = append(out, m.Format("2006-01"))
	}
	return out
}

// dimLabel says the key of a line in words: listed values in the reader's, zones and people by their names.
func dimLabel(ctx context.Context, dim, key, name string) any {
	switch {
	case dim == "month":
		return key
	case name != "":
		return name
	case key == "" || dim == "zone" || dim == "person" || dim == "against":
		return table.Label{Code: "none", Words: locale.T(ctx, "report.none."+dim)}
	case dim == "kind":
		return kindLabel(ctx, key)
	}
	return label(key, "ticket."+dim+"."+key, locale.T(ctx, "ticket."+dim+"."+key))
}
