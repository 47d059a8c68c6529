package orders

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"lobby/app/kit/fault"
	"lobby/app/kit/web"
	"lobby/app/ticket"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/ticket"
)

func departmentRows(ctx context.Context, list []ticket.Department) []page.Department {
	out := make([]page.Department, len(list))
	for i, d := range list {
		names := make([]string, len(d.Members))
		for n, m := range d.Members {
			names[n] = m.Name
		}
		out[i] = page.Department{ID: d.ID, Name: d.Name, Code: d.Code, Head: d.Head, Members: strings.Join(names, locale.T(ctx, "order.and")), Closed: d.Closed, Open: d.Open}
	}
	return out
}

// departmentOf is the form as it was sent.
func departmentOf(v web.Values) ticket.SaveDepartment {
	in := ticket.SaveDepartment{Code: strings.TrimSpace(v.Get("code")), Name: v.Get("name"), Head: number(v.Get("head")), Closed: v.Get("closed") == "1",
		Version: number(v.Get("version"))}
	for _, raw := range v["members"] {
		if raw != "" {
			in.Members = append(in.Members, number(raw))
		}
	}
	return in
}

// form is the form of a department with what was typed, and what is wrong with it.
func (p *Pages) form(ctx context.Context, in ticket.SaveDepartment, wrong *fault.Fault) (f page.DepartmentForm, err error) {
	said := map[string]string{}
	f = page.DepartmentForm{ID: in.ID, Version: in.Version}
	if wrong != nil {
		f.Message, said = web.Message(ctx, wrong), web.FieldErrors(ctx, wrong)
	}
	people, err := p.Service.Colleagues(ctx)
	if err != nil {
		return f, err
	}
	heads := []part.Option{{Value: "0", Label: locale.T(ctx, "order.department.no_head")}}
	for _, c := range people {
		id := strconv.FormatInt(c.ID, 10)
		heads = append(heads, part.Option{Value: id, Label: c.Name})
		f.People = append(f.People, page.Tick{Value: id, Label: c.Name, On: slices.Contains(in.Members, c.ID)})
	}
	t := func(key string) string { return locale.T(ctx, "order.department."+key) }
	f.Fields = []part.Input{
		{Name: "name", Label: t("name"), Value: in.Name, Error: said["name"], Max: ticket.MaxDepartment, Required: true},
		{Name: "code", Label: t("short"), Value: in.Code, Error: said["code"], Hint: t("code"), Max: ticket.MaxDepartmentCode, Required: true},
		{Name: "head", Label: t("head"), Value: strconv.FormatInt(in.Head, 10), Error: said["head"], Type: "select", Required: true, Options: heads},
	}
	f.Wrong = said["members"]
	f.Closed = part.Input{Name: "closed", Type: "checkbox", Label: t("close"), Hint: t("close_hint")}
	if in.Closed {
		f.Closed.Value = "1"
	}
	return f, nil
}
