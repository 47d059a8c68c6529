package boot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"lobby/app/boot/demo"
	"lobby/app/kit/db"
	"lobby/app/site"
)

// LoadDemo loads the reference site and tells what it did.
func (a *App) LoadDemo(ctx context.Context, out io.Writer) error {
	// What the demo holds can be loaded again, so its many small commits needn't wait for the disk.
	pool, err := db.Open(ctx, withParam(a.address, "synchronous_commit", "off"))
	if err != nil {
		return err
	}
	loader := demo.Loader{DB: pool, Vault: a.Vault, Sites: a.Sites, Now: a.Now}
	got, err := loader.Load(ctx)
	if err = errors.Join(err, pool.Close()); err != nil {
		return err
	}
	a.Sites.Forget(0)
	if !got.Fresh {
		_, err = fmt.Fprintf(out, "The reference site %s stands already.\n", got.Site.Name)
		return err
	}
	_, err = fmt.Fprintf(out, "The reference site %s is loaded: %d visits, %d tickets.\n", got.Site.Name, got.Visits, got.Tickets)
	return err
}

// LoadMany loads the reference site and adds very many tickets to it.
func (a *App) LoadMany(ctx context.Context, out io.Writer, many demo.Many) (got demo.Crowd, err error) {
	if err := a.LoadDemo(ctx, out); err != nil {
		return got, err
	}
	direct, err := db.OpenDirect(ctx, a.direct)
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, direct.Close()) }()
	here, err := a.Sites.ByCode(ctx, site.DemoCode)
	if err != nil {
		return got, err
	}
	began := time.Now()
	loader := demo.Loader{DB: direct, Vault: a.Vault, Sites: a.Sites, Now: a.Now}
	if got, err = loader.LoadMany(ctx, here, many); err != nil {
		return got, err
	}
	_, err = fmt.Fprintf(out, "%d tickets more, %d of them open, in %s. The one with the longest history: /desk/tickets/%d\n", got.Tickets, got.Open,
		time.Since(began).Round(time.Second), got.Long)
	return got, err
}

func withParam(address, name, value string) string {
	if strings.Contains(address, "?") {
		return address + "&" + name + "=" + value
	}
	return address + "?" + name + "=" + value
}

// greet tells on the terminal where everything is; a terminal that is gone doesn't stop the server.
func (i *Instance) greet(ctx context.Context) error {
	a := i.App
	base := i.public()
	link, err := i.firstLink(ctx)
	if err != nil {
		return err
	}
	stray, err := a.holdsDemo(ctx)
	if err != nil {
		return err
	}
	a.Log.Info("serving", "addr", i.listener.Addr().String(), "version", Version())
	w := tabwriter.NewWriter(a.Out, 0, 4, 2, ' ', 0)
	tell := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // w keeps everything until Flush
	tell("\nlobby %s serves\n", Version())
	tell("  kiosk\t%s/kiosk\t%s\n", base, pairing(a.Config.Demo))
	tell("  desk\t%s/desk\tsign in\n", base)
	tell("  wall\t%s/wall\tsign in first, or pair a screen: lobby device pair --kind wall\n", base)
	tell("  display\t%s/display\tthe same\n", base)
	if a.Config.Demo {
		tell("\nDemo logins, all with the password %s\n", demo.Password)
		for _, l := range demo.Logins() {
			roles := make([]string, len(l.Roles))
			for n, r := range l.Roles {
				roles[n] = string(r)
			}
			tell("  %s\t%s\t%s\n", l.Login, strings.Join(roles, ", "), l.Name)
		}
		if !loopback(a.Config.Addr) {
			tell("\nThese passwords are public, and %s can be reached from other machines.\n", a.Config.Addr)
		}
	}
	switch {
	case link != "":
		tell("\nThere is no site yet. This link makes one, with its first administrator; it is good once, until %s:\n\n  %s\n\n", a.Now().Add(firstLife).Format("15:04"), link)
		tell("A restart prints another link, and this one is worth nothing then. Without a browser: lobby site add\n")
	case stray && !a.Config.Demo:
		tell("\nThis database holds the demo site: made-up people, public passwords. Serve it with --demo, on this machine only.\n")
		tell("A real site needs a database of its own: another LOBBY_DATA, such as LOBBY_DATA=./var/site, or another DATABASE_URL.\n")
	}
	tell("\nCtrl-C stops it.\n")
	if err := w.Flush(); err != nil {
		a.Log.Warn("the terminal is gone", "error", err)
	}
	return nil
}

// firstLink is the address that makes the first site; empty where there is one.
func (i *Instance) firstLink(ctx context.Context) (string, error) {
	empty, err := i.App.Empty(ctx)
	if err != nil || !empty {
		return "", err
	}
	token, err := i.App.FirstToken(ctx)
	return i.public() + "/first?token=" + token, err
}

// public is where people reach this instance: LOBBY_URL, or without one where it listens.
func (i *Instance) public() string { return cmp.Or(i.App.Config.URL, i.URL()) }

// holdsDemo tells whether the database holds the demo site.
func (a *App) holdsDemo(ctx context.Context) (demo bool, err error) {
	err = a.DB.NewRaw(`select exists (select from sites where demo)`).Scan(ctx, &demo)
	return demo, db.Translate(err)
}

// refuseDemo keeps who wants a real site from the demo's database.
func (a *App) refuseDemo(ctx context.Context, noDemo bool) error {
	if !noDemo {
		return nil
	}
	demo, err := a.holdsDemo(ctx)
	if err != nil || !demo {
		return err
	}
	return errors.New("this database holds the demo site, whose passwords are public; a real site needs another one: set LOBBY_DATA to another folder (such as ./var/site) or DATABASE_URL to another database, or serve the demo with --demo")
}

// pairing tells how a kiosk is opened.
func pairing(demo bool) string {
	if demo {
		return "open on this machine"
	}
	return "pair it: lobby device pair --kind kiosk"
}
