package report

import (
	"cmp"
	"context"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/pii"
	"lobby/app/kit/table"
	"lobby/app/staff"
	"lobby/views/locale"
)

// Choices are what a register can be narrowed to beside its kinds and states.
func (s *Service) Choices(ctx context.Context) (zones, people []Choice, err error) {
	a, err := actor.Require(ctx, staff.ViewRegisters)
	if err != nil {
		return nil, nil, err
	}
	zones, people, err = choices(ctx, s.DB, a.Site)
	return zones, people, db.Translate(err)
}

// registerTable puts lines on the form: names, phones and numbers in texts are hidden (PRIVACY-2), and of who is forgotten
// there is nothing (PRIVACY-5).
func (s *Service) registerTable(ctx context.Context, p period, k RegisterKind, title string, lines []registerLine) (*table.Table, error) {
	t := p.titled(ctx, string(k)+"_register", title, registerColumns(k)...)
	t.Zone = p.site.Location()
	for i := range lines {
		l := &lines[i]
		phone, err := s.phone(l.Phone)
		if err != nil {
			return nil, err
		}
		switch k {
		case Reception:
			t.Add(l.Number, l.At, pii.MaskName(l.Reporter), phone, pii.Redact(l.Place), l.matter(ctx), l.handled(ctx), l.result(ctx), l.reviewer(ctx))
		case Matters:
			t.Add(l.Number, l.At, pii.MaskName(l.Reporter), phone, pii.Redact(l.Place), l.sort(ctx), l.matter(ctx), l.Against, l.handled(ctx), l.result(ctx),
				moment(l.ResolvedAt), l.satisfied(ctx), l.reviewer(ctx))
		case CallbackRegister:
			t.Add(l.At, l.Number, kindLabel(ctx, l.Kind), pii.Redact(l.Place), phone, l.Caller, l.asked(ctx), l.outcome(ctx), pii.Redact(l.Answer),
				number(l.Speed), number(l.Attitude), number(l.Upkeep), pii.Redact(l.Remark))
		}
	}
	t.Notes = []string{locale.T(ctx, "report.rows", "Count", len(lines)), locale.T(ctx, "report.masked")}
	return t, nil
}

func registerColumns(k RegisterKind) []table.Column {
	switch k {
	case Reception:
		return []table.Column{col("number", table.Text), col("date", table.Time), col("name", table.Masked), col("phone", table.Masked), col("place", table.Text),
			col("matter", table.Text), col("handled", table.Text), col("outcome", table.Text), col("reviewer", table.Text)}
	case Matters:
		return []table.Column{col("number", table.Text), col("date", table.Time), col("name", table.Masked), col("phone", table.Masked), col("place", table.Text),
			col("sort", table.Text), col("matter", table.Text), col("against", table.Text), col("handled", table.Text), col("outcome", table.Text),
			col("resolved_at", table.Time), col("satisfied", table.Text), col("reviewer", table.Text)}
	}
	return []table.Column{col("called_at", table.Time), col("number", table.Text), col("kind", table.Text), col("place", table.Text), col("phone", table.Masked),
		col("caller", table.Text), col("asked", table.Masked), col("result", table.Text), col("answer", table.Text), col("speed", table.Number),
		col("attitude", table.Number), col("upkeep", table.Number), col("remark", table.Text)}
}

func (l *registerLine) matter(ctx context.Context) string {
	if l.ExpiredAt != nil { // PRIVACY-5
		return locale.T(ctx, "ticket.expired")
	}
	return pii.Redact(l.Matter)
}

// sort is what a matter is, closer than its kind.
func (l *registerLine) sort(ctx context.Context) string {
	words := locale.T(ctx, "ticket.kind."+l.Kind)
	switch {
	case l.HelpKind != "":
		words += " · " + locale.T(ctx, "ticket.help."+l.HelpKind)
	case l.Validity == "invalid":
		words += " · " + locale.T(ctx, "ticket.validity.invalid")
	default:
		if l.Topic != "" {
			words += " · " + locale.T(ctx, "ticket.topic."+l.Topic)
		}
		if l.Severity != "" {
			words += " · " + locale.T(ctx, "ticket.severity."+l.Severity)
		}
	}
	return words
}

// handled is how it was handled: by orders to departments, by somebody themselves, or not at all yet.
func (l *registerLine) handled(ctx context.Context) string {
	switch {
	case l.Departments != "":
		return locale.T(ctx, "report.handled.orders", "Departments", l.Departments, "Who", cmp.Or(l.Worker, "—"))
	case l.Worker != "":
		return locale.T(ctx, "report.handled.by", "Who", l.Worker)
	}
	return ""
}

// result is what came of it in words, or how it stands.
func (l *registerLine) result(ctx context.Context) string {
	state := locale.T(ctx, "ticket.state."+l.State)
	if l.Done == "" {
		return state
	}
	return pii.Redact(l.Done) + " · " + state
}

// reviewer is who reviewed the record, and when.
func (l *registerLine) reviewer(ctx context.Context) string {
	if l.ReviewedAt == nil {
		return ""
	}
	return l.Reviewer + " " + l.ReviewedAt.In(locale.Zone(ctx)).Format(time.DateOnly)
}

func (l *registerLine) satisfied(ctx context.Context) any {
	if l.Satisfied == nil {
		return nil
	}
	if *l.Satisfied {
		return table.Label{Code: "satisfied", Words: locale.T(ctx, "callback.result.satisfied")}
	}
	return table.Label{Code: "reopened", Words: locale.T(ctx, "callback.result.reopened")}
}

func (l *registerLine) outcome(ctx context.Context) any {
	if said := l.satisfied(ctx); said != nil {
		return said
	}
	return table.Label{Code: "again", Words: locale.T(ctx, "callback.result.again")}
}

func (l *registerLine) asked(ctx context.Context) string {
	if l.ExpiredAt != nil && l.Reached { // PRIVACY-5
		return locale.T(ctx, "ticket.expired")
	}
	return pii.MaskName(l.Asked)
}
