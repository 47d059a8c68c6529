// Package demo fills an empty database with the reference site of ZONE-2: places, staff in every role, and a week of
// visitors and tickets that reaches up to now. It stands above the features and goes through their services, so that
// what it makes is what they make.
package demo

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db"
	"lobby/app/kit/pii"
	"lobby/app/site"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/visitor"
)

// Password opens every demo login. It is printed and public, which is why the demo refuses a database with a real site
// and listens on loopback.
const Password = "yunqi-garden-88"

// ErrRealSite is the refusal of a database that is in real use.
var ErrRealSite = errors.New("this database holds a real site; the demo needs one of its own: set another LOBBY_DATA or DATABASE_URL")

// Loader holds what loading needs.
type Loader struct {
	DB    *bun.DB
	Vault *pii.Vault
	Sites *site.Directory
	Now   func() time.Time

	NoWeek bool // leave the week's visitors and tickets out
}

// Login is one person of the demo, for the terminal.
type Login struct {
	Login string       `json:"login"`
	Name  string       `json:"name"`
	Roles []staff.Role `json:"roles"`
}

// content is demo.json.
type content struct {
	Site struct {
		Name   string `json:"name"`
		Accent string `json:"accent"`
	} `json:"site"`
	Staff    []Login      `json:"staff"`
	Surnames []string     `json:"surnames"`
	Given    []string     `json:"given"`
	Visits   []visitKind  `json:"visits"`
	Public   []string     `json:"public"`
	Tickets  []ticketKind `json:"tickets"`
	Alarm    ticketKind   `json:"alarm"`

	Departments map[string]department `json:"departments"`
	Callbacks   []string              `json:"callbacks"`
	Remarks     []string              `json:"remarks"`  // that customers write beside their marks
	Reviewed    []string              `json:"reviewed"` // what supervisor and manager write when they have looked
	Finding     struct{ Shared, Change string }
	Month       struct{ Measures, Problems, Plan string }
	Cases       []lesson          `json:"cases"`
	Dispute     quarrel           `json:"dispute"`
	Results     []string          `json:"results"`
	Materials   []string          `json:"materials"`
	Rejections  []string          `json:"rejections"` // why departments don't take an order
	Waits       map[string]string `json:"waits"`      // what is said of waiting, by whom or what for
}

//go:embed demo.json
var raw []byte

var data = sync.OnceValue(func() content {
	var c content
	if err := json.Unmarshal(raw, &c); err != nil {
		panic("demo: demo.json: " + err.Error()) // the binary itself is wrong
	}
	return c
})

// Logins lists the people of the demo.
func Logins() []Login { return data().Staff }

// Result tells what Load found and made.
type Result struct {
	Site            site.Site
	Fresh           bool // false: the reference site stood already
	Visits, Tickets int
}

// lock keeps two processes from loading at once.
const lock = 0x6c6f64656d6f // "lodemo"

// Load makes the reference site where it isn't complete yet; a load that was cut off is taken up again, since every
// entry has a key of its own. A database with a real site is refused.
func (l *Loader) Load(ctx context.Context) (Result, error) {
	ctx = actor.With(ctx, actor.Actor{Kind: actor.Job, Name: "demo", All: true})
	conn, err := l.DB.Conn(ctx)
	if err != nil {
		return Result{}, db.Translate(err)
	}
	defer func() { _ = conn.Close() }() // the lock goes with it
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock(?)", lock); err != nil {
		return Result{}, db.Translate(err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock(?)", lock) }()

	here, done, err := l.site(ctx)
	if err != nil || done {
		return Result{Site: here}, err
	}
	a := actor.From(ctx)
	a.Site = here.ID
	ctx = actor.With(ctx, a)
	w, err := l.people(ctx, here)
	if err != nil {
		return Result{}, err
	}
	if err := l.places(ctx, here, w); err != nil {
		return Result{}, err
	}
	if err := w.makeDepartments(ctx); err != nil {
		return Result{}, err
	}
	out := Result{Site: here, Fresh: true}
	if !l.NoWeek {
		if out.Visits, out.Tickets, err = w.week(ctx); err != nil {
			return Result{}, err
		}
	}
	_, err = l.DB.NewRaw(`update sites set settings = settings || '{"demo_loaded": true}' where id = ?`, here.ID).Exec(ctx)
	return out, err
}

// site finds the reference site, or makes it; done tells that it is complete.
func (l *Loader) site(ctx context.Context) (here site.Site, done bool, err error) {
	all, err := l.Sites.All(ctx)
	if err != nil {
		return here, false, err
	}
	for _, s := range all {
		if !s.Demo {
			return here, false, ErrRealSite
		}
		var marks struct {
			Loaded bool `json:"demo_loaded"`
		}
		if err := json.Unmarshal(s.Raw, &marks); err != nil {
			return here, false, err
		}
		here, done = s, marks.Loaded
	}
	if here.ID != 0 {
		return here, done, nil
	}
	c := data().Site
	service := site.Service{DB: l.DB, Now: l.Now}
	here, err = service.Add(ctx, site.Add{Code: site.DemoCode, Name: c.Name, Accent: c.Accent, TimeZone: "Asia/Shanghai", Demo: true})
	return here, false, err
}

// people takes the staff in. Each password costs a slow hash on purpose, so all are made at once.
func (l *Loader) people(ctx context.Context, here site.Site) (*world, error) {
	service := &staff.Service{DB: l.DB, Now: l.Now}
	var wg sync.WaitGroup
	errs := make([]error, len(Logins()))
	for i, who := range Logins() {
		wg.Go(func() {
			known, err := service.Known(ctx, who.Login)
			if err == nil && !known {
				_, err = service.Add(ctx, staff.Add{Login: who.Login, Name: who.Name, Password: Password, Roles: who.Roles, Demo: true})
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("demo staff: %w", err)
	}
	list, err := service.List(ctx)
	if err != nil {
		return nil, err
	}
	w := &world{Loader: l, site: here, now: l.Now(), people: map[string]actor.Actor{}}
	for _, p := range list {
		w.people[p.Login] = actor.Actor{Kind: actor.Person, ID: p.ID, Name: p.Name, Site: here.ID, All: true}
	}
	return w, nil
}

// places builds ZONE-2, unless an earlier load did.
func (l *Loader) places(ctx context.Context, here site.Site, w *world) error {
	zones, err := site.Reference()
	if err != nil {
		return err
	}
	for _, z := range zones {
		for _, b := range z.Buildings {
			w.places = append(w.places, b.Places...)
		}
	}
	owners := map[string]int64{}
	for login, a := range w.people {
		owners[login] = a.ID
	}
	built, err := l.DB.NewSelect().Table("zones").Where("site_id = ?", here.ID).Exists(ctx)
	if err != nil || built {
		return err
	}
	service := site.Service{DB: l.DB, Now: l.Now}
	return service.Build(ctx, here.ID, zones, owners)
}

// world is the site that the week happens in.
type world struct {
	*Loader
	site   site.Site
	now    time.Time
	people map[string]actor.Actor
	places []site.Place

	departments map[string]int64 // by code
}

// as is a context in which one of the staff acts.
func (w *world) as(ctx context.Context, login string) context.Context {
	return actor.With(ctx, w.people[login])
}

// kiosk is a context in which the kiosk acts.
func (w *world) kiosk(ctx context.Context) context.Context {
	return actor.With(ctx, staff.OpenKiosk(w.site.ID))
}

func (w *world) visits(at time.Time) *visitor.Service {
	return &visitor.Service{DB: w.DB, Vault: w.Vault, Sites: w.Sites, Now: func() time.Time { return at }}
}

func (w *world) tickets(at time.Time) *ticket.Service {
	return &ticket.Service{DB: w.DB, Vault: w.Vault, Sites: w.Sites, Now: func() time.Time { return at }}
}

// namespace makes entry keys that are the same in every load.
var namespace = uuid.MustParse("0d3f0b6e-5f0a-4c1e-9a55-8f6e2b1c7d90")

func key(kind string, i int) uuid.UUID {
	return uuid.NewSHA1(namespace, fmt.Appendf(nil, "%s %d", kind, i))
}
