package ticket

import (
	"context"
	"slices"
	"strconv"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/file"
	"lobby/app/kit/web"
	"lobby/app/staff"
	"lobby/views/locale"
	"lobby/views/part"
	page "lobby/views/ticket"
)

// PictureRows are pictures for a page, with the numbers of their orders; open tells which orders, and with 0 whether the
// ticket, somebody still works on, so that a photo that shows what it shouldn't can be taken away.
func PictureRows(ctx context.Context, list []Picture, orders []ServiceOrder, open func(order int64) bool) []page.Picture {
	a := actor.From(ctx)
	out := make([]page.Picture, len(list))
	for i := range list {
		p := &list[i]
		out[i] = page.Picture{ID: p.ID, Stage: string(p.Stage), Order: numberOf(orders, p.OrderID), By: p.ByName, At: p.At, Width: p.Width, Height: p.Height,
			Removable: open(p.OrderID) && p.MayRemove(personOf(a), a.Can(staff.ReassignTickets))}
	}
	return out
}

// PhotoInput is where photos are chosen, with what is wrong with those that came.
func PhotoInput(ctx context.Context, action string, stage Stage, said string) *page.PhotoInput {
	i := &page.PhotoInput{Action: action, Stage: string(stage), Error: said, AtOnce: MaxAtOnce, MaxSize: file.MaxUpload >> 20, MaxSum: MaxRequest >> 20}
	if stage != Reported {
		for _, s := range OrderStages {
			i.Stages = append(i.Stages, part.Option{Value: string(s), Label: locale.T(ctx, "ticket.stage."+string(s))})
		}
	}
	return i
}

// Open tells whether somebody still works on the ticket.
func (t *Ticket) Open() bool { return slices.Contains(open, t.State) && !t.Expired() }

// openOf tells of which orders, and with 0 whether of the ticket, the work is not over.
func openOf(t *Ticket, orders []ServiceOrder) func(int64) bool {
	return func(id int64) bool {
		if id == 0 || t.Expired() {
			return t.Open()
		}
		return slices.ContainsFunc(orders, func(o ServiceOrder) bool { return o.ID == id && o.State.Open() })
	}
}

// showPictures puts pictures on the page of a ticket: photos by themselves, a signature at the step that brought it.
func showPictures(ctx context.Context, v *page.Page, r around) {
	rows := PictureRows(ctx, r.pictures, r.orders, openOf(r.ticket, r.orders))
	v.Pictures = rows
	for i := range v.Steps {
		v.Steps[i].Signs = SignsOf(r.steps[i], r.pictures, rows)
	}
	if r.ticket.Open() && actor.From(ctx).Can(staff.RegisterTicket) {
		v.AddPhotos = photosAddress(r.ticket.ID)
	}
}

// signed tells whether the customer has signed since the ticket was last opened again, as signedSince asks the database.
func (r around) signed() bool {
	var reopened time.Time
	for _, step := range r.steps {
		if step.Verb == Reopen {
			reopened = step.At
		}
	}
	return slices.ContainsFunc(r.pictures, func(p Picture) bool { return p.Stage == Signed && p.At.After(reopened) })
}

// SignsOf are the signatures that a step brought; rows are the pictures as pages show them.
func SignsOf(step Step, list []Picture, rows []page.Picture) []page.Picture {
	var out []page.Picture
	for n := range list {
		if p := &list[n]; p.Stage == Signed && step.Verb == Verb(FinishOrder) && step.OrderID == p.OrderID && step.At.Equal(p.At) {
			out = append(out, rows[n])
		}
	}
	return out
}

func photosAddress(id int64) string { return "/desk/tickets/" + strconv.FormatInt(id, 10) + "/photos" }

// PhotosPage is the page of a ticket's photos, with what is wrong with those that came.
func (s *Service) PhotosPage(ctx context.Context, id int64, wrong *fault.Fault) (v page.PhotosPage, err error) {
	t, err := s.Get(ctx, id)
	if err != nil {
		return v, err
	}
	orders, err := s.Orders(ctx, id)
	if err != nil {
		return v, err
	}
	list, err := s.Pictures(ctx, id)
	if err != nil {
		return v, err
	}
	v = page.PhotosPage{Number: t.Number, Href: address(id), List: PictureRows(ctx, list, orders, openOf(t, orders))}
	said := said(ctx, wrong, &v.Message)
	if t.Open() && actor.From(ctx).Can(staff.RegisterTicket) {
		v.Input = PhotoInput(ctx, photosAddress(id), Reported, said["photos"])
	}
	return v, nil
}

// Uploads are the forms that take photos, and so may be larger than others.
var Uploads = []web.Upload{
	{Path: "/desk/tickets", Permission: staff.RegisterTicket, Max: MaxRequest, TooLarge: "ticket.photo.together"},
	{Path: "/desk/tickets/:id/photos", Permission: staff.RegisterTicket, Max: MaxRequest, TooLarge: "ticket.photo.together"},
	{Path: "/orders/:id/photos", Permission: staff.WorkOrders, Max: MaxRequest, TooLarge: "ticket.photo.together"},
	{Path: "/orders/:id/done", Permission: staff.WorkOrders, Max: MaxRequest, TooLarge: "ticket.photo.together"},
}
