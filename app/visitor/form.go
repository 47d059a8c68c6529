package visitor

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/web"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/visitor"
)

// formPage is the desk's form with what was typed and what is wrong with it.
func formPage(ctx context.Context, codes []string, v web.Values, wrong *fault.Fault) page.Form {
	form, said := page.Form{Entry: v.Get("entry")}, map[string]string{}
	if wrong != nil {
		form.Message, said = web.Message(ctx, wrong), web.FieldErrors(ctx, wrong)
	}
	var purposes []part.Option
	for _, code := range codes {
		purposes = append(purposes, part.Option{Value: code, Label: locale.T(ctx, "visitor.purpose."+code)})
	}
	form.Fields = []part.Input{
		{Name: "place", Max: MaxPlace, Autofocus: true, Either: "f-host-hint"},
		{Name: "host", Max: MaxHost, Either: "f-host-hint", Hint: locale.T(ctx, "visitor.either")},
		{Name: "name", Max: MaxName, Required: true},
		{Name: "phone", Type: "tel", Max: MaxPhone, Required: true},
		{Name: "purpose", Type: "select", Options: purposes, Required: true},
		{Name: "people", Type: "number", Max: MaxPeople, Required: true},
		{Name: "plate", Max: MaxPlate},
		{Name: "company", Max: MaxCompany},
		{Name: "note", Type: "textarea", Max: MaxNote},
	}
	for i := range form.Fields {
		in := &form.Fields[i]
		in.Label, in.Value, in.Error = locale.T(ctx, "visitor.field."+in.Name), v.Get(in.Name), said[in.Name]
	}
	return form
}

// entryOf is the form as it was sent; what is no number becomes one that is refused.
func entryOf(v web.Values) Register {
	key, err := uuid.Parse(v.Get("entry"))
	if err != nil {
		key = uuid.Nil
	}
	people, err := strconv.Atoi(v.Get("people"))
	if err != nil {
		people = 0
	}
	return Register{
		EntryKey: key, Name: v.Get("name"), Phone: v.Get("phone"), Host: v.Get("host"), Place: v.Get("place"),
		Purpose: v.Get("purpose"), Note: v.Get("note"), Company: v.Get("company"), Plate: v.Get("plate"),
		People: people, Channel: Counter,
	}
}

// row is what a list shows of a visit: phone and plate masked, and numbers that were written into its texts (PRIVACY-2).
func (p *Pages) row(v *Visit) page.Row {
	return page.Row{
		ID: v.ID, Number: v.Number, Name: v.Name, Whom: pii.Redact(v.Whom()), Purpose: v.Purpose, People: v.People,
		Phone: p.Service.MaskedPhone(v), Plate: p.Service.MaskedPlate(v), Arrived: v.ArrivedAt, Ended: v.EndedAt, EndedBy: v.EndedBy,
		Expired: v.ExpiredAt,
	}
}
