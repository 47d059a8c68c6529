package boot

import (
	"context"
	"net"

	"lobby/app/callback/rate"
	"lobby/app/dispute"
	"lobby/app/kit/actor"
	"lobby/app/kit/web"
	"lobby/app/notice"
	"lobby/app/place"
	"lobby/app/place/grade"
	"lobby/app/place/sheet"
	"lobby/app/place/worktime"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/team"
	"lobby/app/team/duty"
	"lobby/app/ticket"
	"lobby/app/ticket/orders"
	"lobby/app/ticket/oversight"
	"lobby/app/ticket/paper"
	"lobby/app/ticket/pictures"
	"lobby/app/ticket/policy"
	"lobby/app/visitor"

	"lobby/kiosk"
	"lobby/static"
)

// build names what browsers have loaded; screens reload when another one is announced.
func build() string { return Version() + "-" + static.Build }

// navigation is the staff's, shown to whom the entry is for.
var navigation = []web.NavItem{
	{LabelKey: "boot.nav.desk", Key: "g d", Href: "/desk", Group: "desk", Permission: staff.RegisterTicket},
	{LabelKey: "boot.nav.visits", Key: "g v", Href: "/desk/visits", Group: "desk", Permission: staff.ViewVisits},
	{LabelKey: "boot.nav.tickets", Key: "g t", Href: "/desk/tickets", Group: "tickets", Permission: staff.ViewTickets},
	{LabelKey: "boot.nav.orders", Key: "g o", Href: "/orders", Group: "tickets", Permission: staff.WorkOrders},
	{LabelKey: "boot.nav.callbacks", Key: "g c", Href: "/callbacks", Group: "tickets", Permission: staff.CallBack},
	{LabelKey: "boot.nav.disputes", Key: "g q", Href: "/disputes", Group: "tickets", Permission: staff.ClassifyTickets},
	{LabelKey: "boot.nav.supervisor", Key: "g u", Href: "/supervisor", Group: "tickets", Permission: staff.ReassignTickets},
	{LabelKey: "boot.nav.reviews", Key: "g r", Href: "/reviews", Group: "records", Permission: staff.ReviewDay},
	{LabelKey: "boot.nav.registers", Key: "g j", Href: "/registers", Permission: staff.ViewRegisters},
	{LabelKey: "boot.nav.knowledge", Key: "g k", Href: "/knowledge", Group: "records", Permission: staff.ViewTickets},
	{LabelKey: "boot.nav.inside", Key: "g i", Href: "/desk/inside", Group: "desk", Permission: staff.ViewVisits},
	{LabelKey: "boot.nav.places", Key: "g p", Href: "/places", Group: "settings", Permission: site.Look},
	{LabelKey: "boot.nav.wall", Key: "g w", Href: "/wall", Group: "desk", Permission: staff.ViewWall},
	{LabelKey: "boot.nav.staff", Key: "g s", Href: "/staff", Group: "team", Permission: staff.ManageStaff},
	{LabelKey: "boot.nav.departments", Key: "g f", Href: "/departments", Group: "team", Permission: staff.ManageDepartments},
	{LabelKey: "boot.nav.devices", Key: "g b", Href: "/devices", Group: "settings", Permission: staff.ManageDevices},
	{LabelKey: "boot.nav.settings", Key: "g e", Href: "/settings", Group: "settings", Permission: staff.ManageSite,
		Also: []actor.Permission{staff.ManageRules, staff.ManageGrades}},
}

// makeWeb mounts every feature's routes.
func (i *Instance) makeWeb(context.Context) error {
	a := i.App
	people, inbox := &staff.Pages{Service: a.Staff}, &notice.Pages{Service: a.Notices}
	cfg, err := i.frontDoor(people, inbox)
	if err != nil {
		return err
	}
	i.web = web.New(cfg)
	i.health(i.web)
	i.firstPages(i.web)
	people.Routes(i.web)
	inbox.Routes(i.web)
	(&site.Pages{Service: a.SiteService()}).Routes(i.web)
	(&team.Pages{Staff: a.Staff, Now: a.Now, URL: a.Config.URL}).Routes(i.web)
	(&duty.Pages{Staff: a.Staff, Now: a.Now}).Routes(i.web)
	(&visitor.Pages{Service: a.Visits, URL: i.address()}).Routes(i.web)
	calls := i.callbackPages()
	calls.Routes(i.web)
	(&rate.Pages{Service: a.Callbacks}).Routes(i.web)
	disputes := &dispute.Pages{Service: a.Disputes}
	disputes.Routes(i.web)
	(&pictures.Pages{Service: a.Tickets}).Routes(i.web) // before those of tickets, whose verbs have the same form
	i.ticketPages(calls, disputes).Routes(i.web)
	(&orders.Pages{Service: a.Tickets}).Routes(i.web)
	(&paper.Pages{Service: a.Tickets}).Routes(i.web)
	(&policy.Pages{Service: a.Tickets}).Routes(i.web)
	(&oversight.Pages{DB: a.DB, Sites: a.Sites, Tickets: a.Tickets, Notices: a.Notices, Staff: a.Staff, Now: a.Now}).Routes(i.web)
	i.reviews()
	places := a.SiteService()
	(&place.Pages{Service: places}).Routes(i.web)
	(&sheet.Pages{Service: places}).Routes(i.web)
	(&grade.Pages{Service: places}).Routes(i.web)
	(&worktime.Pages{Service: places, Now: a.Now}).Routes(i.web)
	i.desk.Routes(i.web)
	(&kiosk.Flow{Visits: a.Visits, Tickets: a.Tickets, Ratings: a.Callbacks, Sites: a.Sites, Now: a.Now, URL: i.address()}).Routes(i.web)
	i.boards.Routes(i.web)
	i.sockets.Routes(i.web)
	return nil
}

// address is where links and QR codes lead: the public address, or in a demo without one this machine itself.
func (i *Instance) address() string {
	a := i.App
	if a.Config.URL != "" || !a.Config.Demo {
		return a.Config.URL
	}
	host, port, err := net.SplitHostPort(a.Config.Addr)
	if err != nil || port == "0" {
		return ""
	}
	if host == "" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// frontDoor is what web needs from the rest of the program.
func (i *Instance) frontDoor(people *staff.Pages, inbox *notice.Pages) (web.Config, error) {
	a := i.App
	proxies, err := a.Config.TrustedProxies()
	if err != nil {
		return web.Config{}, err
	}
	cfg := web.Config{
		Log: a.Log, Now: a.Now, URL: a.Config.URL, TrustedProxies: proxies, Build: build(), Rates: a.rates, Nav: navigation,
		Session: a.Staff.Session, Device: a.Staff.Device, Site: a.frame, Sites: a.Staff.Sites, SignIn: people.Login, Inbox: inbox.Figure,
		ScreenPermission: staff.ScreenPermission, Observe: i.observe, Active: &i.active, Turns: a.turns(), Uploads: append([]web.Upload{sheet.Upload, worktime.Upload}, ticket.Uploads...),
	}
	if a.Config.Demo {
		cfg.OpenKiosk = a.openKiosk
	}
	return cfg, nil
}

// frame is what pages show of a site.
func (a *App) frame(ctx context.Context, id int64) (web.Site, error) {
	s, err := a.Sites.Get(ctx, id)
	if err != nil {
		return web.Site{}, err
	}
	return web.Site{ID: s.ID, Name: s.Name, Accent: s.Accent, Zone: s.Location(), Languages: s.Languages, Look: s.Look()}, nil
}

// openKiosk is the kiosk that demo mode opens without pairing.
func (a *App) openKiosk(ctx context.Context) (actor.Actor, error) {
	s, err := a.Sites.ByCode(ctx, site.DemoCode)
	if err != nil {
		return actor.Actor{}, err
	}
	return staff.OpenKiosk(s.ID), nil
}
