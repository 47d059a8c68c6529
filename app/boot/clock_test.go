package boot_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"lobby/app/boot"
	"lobby/app/boot/boottest"
	"lobby/app/kit/live"
	"lobby/app/staff"
	"lobby/app/ticket"
	"lobby/app/visitor"
)

// jumpy is a site whose machines' clock jumps.
type jumpy struct {
	t        *testing.T
	h        *boottest.House
	one, two *boot.Instance
	site     int64
	kiosk    string
	entries  []uuid.UUID
}

// enter registers a visitor at the kiosk and one at the desk, and sends every entry of the kiosk's once more.
func (j *jumpy) enter() *visitor.Pass {
	j.t.Helper()
	j.entries = append(j.entries, uuid.Must(uuid.NewV7()))
	for n, key := range j.entries {
		base := []string{j.one.URL(), j.two.URL()}[n%2]
		if code, body := post(j.t, &http.Client{}, base+"/kiosk/visit", j.kiosk, arrival(key, "王小明")); code != http.StatusOK {
			j.t.Fatalf("entry %d: %d %s", n, code, body)
		}
	}
	pass, err := j.one.App.Visits.Register(asCLI(j.t.Context(), j.site), aGuest())
	if err != nil {
		j.t.Fatal(err)
	}
	return pass
}

// tick does the jobs' work on both instances at once.
func (j *jumpy) tick() {
	j.t.Helper()
	done := make(chan error, 2)
	for _, i := range []*boot.Instance{j.one, j.two} {
		go func() { _, err := i.App.Tick(j.t.Context()); done <- err }()
	}
	for range 2 {
		if err := <-done; err != nil {
			j.t.Fatal(err)
		}
	}
}

// A machine's clock jumps a day ahead and back, and a day back and ahead: nothing acknowledged is lost or entered twice,
// what passed is marked once and at its true time, nobody is locked out, and a wall follows through all of it.
func TestClockJumpsADay(t *testing.T) {
	t.Parallel()
	h := boottest.New(t)
	h.Clock.Set(time.Date(2026, 10, 5, 4, 0, 0, 0, time.UTC)) // noon in Shanghai
	day := 24 * time.Hour
	j := &jumpy{t: t, h: h, one: h.Start(t), two: h.Start(t)}
	app := j.one.App
	j.site = h.Site(t, app, "jump").ID
	j.kiosk, _ = h.Device(t, app, j.site, "kiosk")
	wallToken, _ := h.Device(t, app, j.site, "wall")
	h.Person(t, app, j.site, "desk", staff.Agent)
	h.Person(t, app, j.site, "late", staff.Agent)
	ctx := asCLI(t.Context(), j.site)
	screen := wall(t, j.two.URL(), wallToken)
	matter, err := app.Tickets.Register(ctx, ticket.Register{EntryKey: uuid.New(), Kind: "inquiry", Place: "18#2单元201", Matter: "停车怎么收费", Channel: "counter"})
	if err != nil {
		t.Fatal(err)
	}
	today := j.enter()
	j.tick()

	h.Clock.Add(day)
	j.tick()
	j.tick()
	tomorrow := j.enter()
	guest := boottest.Browser(t, j.one.URL())
	guest.SignIn("desk", boottest.Password)
	for range 6 {
		guest.Another().Post("/login", url.Values{"login": {"late"}, "password": {"nonsense-nonsense"}})
	}
	guest.Another().Post("/login", url.Values{"login": {"late"}, "password": {boottest.Password}}).Want(http.StatusTooManyRequests)
	ended, err := app.Visits.Get(ctx, today.Visit.ID)
	if want := time.Date(2026, 10, 5, 16, 0, 0, 0, time.UTC); err != nil || ended.EndedBy != visitor.ByDay || !ended.EndedAt.Equal(want) {
		t.Errorf("yesterday's visit ended %s at %s, not at the end of its day, %v", ended.EndedBy, ended.EndedAt, err)
	}

	h.Clock.Add(-day) // somebody has noticed
	j.tick()
	j.enter()
	if left, err := app.Visits.Leave(ctx, tomorrow.Code); err != nil || left.EndedAt.Before(left.ArrivedAt) {
		t.Errorf("who came while the clock was wrong can't leave: %+v, %v", left, err)
	}
	if _, err := app.Tickets.Do(ctx, matter.ID, ticket.Urge, ticket.Act{}); err != nil {
		t.Errorf("a step after the clock was set back: %v", err)
	}
	guest.Get("/desk").Want(http.StatusOK) // signed in while the clock was wrong
	// Whose wait began while the clock was wrong waits once more, not for a day.
	guest.Another().Post("/login", url.Values{"login": {"late"}, "password": {boottest.Password}}).Want(http.StatusTooManyRequests)
	h.Clock.Add(time.Minute)
	guest.Another().SignIn("late", boottest.Password)

	h.Clock.Add(-day)
	j.tick()
	j.enter()
	guest.Get("/desk").Want(http.StatusOK)

	h.Clock.Add(day) // right again
	j.tick()
	last := j.enter()
	once(t, app, j.site, matter, len(j.entries))
	var head int64
	if err := app.DB.NewRaw("select head from topics where name = ?", string(live.Site(j.site))).Scan(t.Context(), &head); err != nil {
		t.Fatal(err)
	}
	follow(t, screen, head)
	if got, err := app.Visits.Get(ctx, last.Visit.ID); err != nil || !got.Open() {
		t.Errorf("the newest visit: %+v, %v", got, err)
	}
}

// once holds marks and entries against what they may be at most, and at least.
func once(t *testing.T, app *boot.App, site int64, matter *ticket.Ticket, entries int) {
	t.Helper()
	var marks, told, ends, twice, rows int
	err := app.DB.NewRaw(`select
		(select count(*) from ticket_steps where ticket_id = ?0 and verb = 'overdue' and at = ?1),
		(select count(*) from events where topic = ?2 and kind = 'ticket.overdue'),
		(select count(*) from audit_log where verb = 'visit.end_day') - (select count(*) from visits where ended_by = 'day_end'),
		(select count(*) - count(distinct number) from visits where site_id = ?3),
		(select count(*) from visits where site_id = ?3 and channel = 'kiosk')`, matter.ID, matter.DueAt, string(live.Site(site)), site).
		Scan(t.Context(), &marks, &told, &ends, &twice, &rows)
	if err != nil || marks != 1 || told != 1 || ends != 0 || twice != 0 || rows != entries {
		t.Errorf("%d marks, %d told, %d day ends too many, %d numbers twice, %d rows of %d entries, %v", marks, told, ends, twice, rows, entries, err)
	}
}
