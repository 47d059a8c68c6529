package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/db/backup"
	"lobby/app/kit/pii"
	"lobby/app/site"
	"lobby/app/ticket"
)

const (
	openMost   = 600    // tickets that are open now, however many there are
	storyMost  = 20_000 // different stories; each is told for as many households as it takes
	manyFor    = 2 * 365 * 24 * time.Hour
	openFor    = 70 * time.Hour      // no ticket is open for longer
	quickFor   = 14 * 24 * time.Hour // stories that began since then are over within a day
	longSteps  = 200                 // steps of one ticket whose history is long
	perPhone   = 5                   // tickets of one customer
	stageBatch = 500
)

// Many says how LoadMany fills the site.
type Many struct {
	Tickets int  // from MinMany
	Stories int  // how many different ones; 0: 20,000
	Bare    bool // tickets alone, without histories, orders, callbacks: for what works on rows

	Histories int // how many of the tickets of each story have their history with them; 0: all
}

// MinMany is the fewest tickets that LoadMany makes.
const MinMany = 2 * openMost

// Crowd is what LoadMany made.
type Crowd struct {
	Tickets, Open int
	Long          int64 // id of the ticket with the long history
}

// LoadMany adds very many tickets to the reference site, spread over two years up to now: kinds, states, zones, orders,
// callbacks, marks and notices, each with the history from which its limits follow. A few thousand stories are made up,
// and each is told for many households. The same load at the same time makes the same. Everything stands at once or not
// at all; nobody else can work with the database meanwhile.
func (l *Loader) LoadMany(ctx context.Context, here site.Site, many Many) (Crowd, error) {
	ctx = actor.With(ctx, actor.Actor{Kind: actor.Job, Name: "demo", Site: here.ID, All: true})
	if many.Tickets < MinMany {
		return Crowd{}, fmt.Errorf("at least %d tickets", MinMany)
	}
	m, err := l.crowd(ctx, here, many)
	if err != nil {
		return Crowd{}, err
	}
	out, err := db.Tx(ctx, l.DB, func(ctx context.Context, tx bun.Tx) (Crowd, error) {
		if err := m.stage(ctx, tx); err != nil {
			return Crowd{}, err
		}
		if err := backup.Bulk(ctx, tx, func(ctx context.Context) error { return m.fill(ctx, tx) }); err != nil {
			return Crowd{}, err
		}
		if err := m.run(ctx, tx, manyCounters, manyIDs); err != nil {
			return Crowd{}, err
		}
		return m.made, audit.Append(ctx, tx, audit.Entry{Verb: "demo.load", Subject: "sites", ID: here.ID, Site: here.ID, Reason: fmt.Sprint(many.Tickets, " tickets")})
	})
	if err != nil {
		return out, err
	}
	_, err = l.DB.ExecContext(ctx, "vacuum (analyze) tickets, ticket_steps, orders, callbacks, ratings, work_records, notices, tasks")
	return out, db.Translate(err)
}

// crowd is such a load on its way.
type crowd struct {
	*Loader
	*cast
	here    site.Site
	now     time.Time
	many    Many
	service *ticket.Service
	ids     struct{ Ticket, Step, Order int64 } // the last ones that stand
	made    Crowd

	told    []*ticket.Told
	moulds  []mould
	serials map[string]int // the last number of each day
}

// mould is a story as it is told again and again.
type mould struct {
	bun.BaseModel `bun:"table:made_moulds,alias:m"`

	ID      int64  `bun:"id"` // of its first ticket; the others follow
	Copies  int    `bun:"copies"`
	Steps   int    `bun:"steps"`
	OrderID int64  `bun:"order_id"` // of the first order, where there is one
	Day     string `bun:"day"`      // 261122
	Serial  int    `bun:"serial"`   // of the first ticket on that day
	Zone    int    `bun:"zone"`
	Home    bool   `bun:"home"`
}

// customer is somebody in a household of a zone.
type customer struct {
	bun.BaseModel `bun:"table:made_customers,alias:p"`

	N           int64  `bun:"n"`
	Place       string `bun:"place"`
	HouseholdID int64  `bun:"household_id"`
	Reporter    string `bun:"reporter"`
	Phone       []byte `bun:"phone"`
	PhoneIndex  []byte `bun:"phone_index"`
}

func (l *Loader) crowd(ctx context.Context, here site.Site, many Many) (*crowd, error) {
	w, err := l.people(ctx, here)
	if err != nil {
		return nil, err
	}
	if err := w.makeDepartments(actor.With(ctx, actor.Actor{Kind: actor.Job, Name: "demo", Site: here.ID, All: true})); err != nil {
		return nil, err
	}
	m := &crowd{Loader: l, here: here, now: w.now, many: many, service: w.tickets(w.now),
		cast: &cast{site: here.ID, who: w.people, departments: w.departments}}
	if m.grades, err = site.ReadGrades(ctx, l.DB, here.ID); err != nil {
		return nil, err
	}
	if err := l.DB.NewRaw(`select id, owner_id from zones where site_id = ? and owner_id is not null
		and exists (select from buildings b join households h on h.building_id = b.id where b.zone_id = zones.id) order by id`, here.ID).Scan(ctx, &m.zones); err != nil {
		return nil, err
	}
	for i, z := range m.zones {
		m.zones[i].login = w.login(z.Owner)
	}
	m.zones = slices.DeleteFunc(m.zones, func(z zoneOf) bool { return z.login == "" })
	err = l.DB.NewRaw(`select coalesce((select max(id) from tickets), 0) as ticket, coalesce((select max(id) from ticket_steps), 0) as step,
		coalesce((select max(id) from orders), 0) as "order"`).Scan(ctx, &m.ids)
	if err != nil {
		return nil, db.Translate(err)
	}
	if err := m.numbers(ctx); err != nil {
		return nil, err
	}
	m.tell()
	return m, m.service.Retell(ctx, l.DB, m.told, m.holders())
}

// tell makes the stories up: those that are over in the order in which they began, then those that are open.
func (m *crowd) tell() {
	over := m.many.Tickets - openMost
	stories := min(over, cmp.Or(m.many.Stories, storyMost))
	id, order := m.ids.Ticket+1, m.ids.Order+1
	begin := m.here.Day(m.now.Add(-manyFor))
	span := m.here.Day(m.now.Add(-openFor)).Sub(begin)
	for n := range stories {
		copies := over*(n+1)/stories - over*n/stories
		at := m.daytime(begin.Add(time.Duration(float64(span) * float64(n) / float64(stories))))
		s := m.begin(throw("many", n), id, order, at, at.After(m.now.Add(-quickFor)))
		s.run()
		s.upTo(len(s.told.Steps), m.now)
		m.add(s, copies)
		id, order = id+int64(copies), order+int64(copies)
	}
	for n := range openMost {
		at := m.now.Add(-openFor * time.Duration(openMost-n) / openMost)
		s := m.begin(throw("many open", n), id, order, at, true)
		s.open(n, m.now)
		m.add(s, 1)
		id, order = id+1, order+1
	}
	m.made.Tickets, m.made.Open = m.many.Tickets, openMost
}

// numbers reads how far the numbers of each day have come.
func (m *crowd) numbers(ctx context.Context) error {
	var used []struct {
		Day  string
		Last int
	}
	err := m.DB.NewRaw(`select to_char(day, 'YYMMDD') as day, max(last) as last from counters where site_id = ? and series in ('T', 'F') group by day`, m.here.ID).Scan(ctx, &used)
	m.serials = map[string]int{}
	for _, u := range used {
		m.serials[u.Day] = u.Last
	}
	return db.Translate(err)
}

// daytime moves a moment of the day into the hours in which people report, and keeps the order.
func (m *crowd) daytime(at time.Time) time.Time {
	day := m.here.Day(at)
	return day.Add(7*time.Hour + at.Sub(day)*15/24)
}

func (m *crowd) add(s *story, copies int) {
	t := s.told.Ticket
	one := mould{ID: t.ID, Copies: copies, Day: s.at.In(m.here.Location()).Format("060102"), Zone: s.zone, Home: s.kind.Where == "home"}
	one.Serial = m.serials[one.Day] + 1
	m.serials[one.Day] += copies
	if s.told.Orders != nil {
		one.OrderID = s.order
	}
	m.told, m.moulds = append(m.told, s.told), append(m.moulds, one)
	if len(s.told.Steps) >= longSteps {
		m.made.Long = t.ID
	}
}

// open brings a story to where one of the open tickets stands: some just in, some in hand, waiting, and to be called
// back; one of them with a very long history.
func (s *story) open(n int, now time.Time) {
	s.run()
	at := func(verb ticket.Verb) int {
		return slices.IndexFunc(s.told.Steps, func(step ticket.Step) bool { return step.Verb == verb })
	}
	resolved, steps := at(ticket.Resolve), 2
	switch {
	case resolved < 0: // explained, and over: it is still to be
	case n%6 == 0:
		steps = 1
	case n == openMost/2+4 || n%6 == 4:
		steps = max(at(ticket.Handle), at(ticket.Dispatch)+1) + 1
		s.upTo(steps, now)
		s.wait(n, now)
		return
	case n%6 == 5:
		steps = min(resolved+1+n%2, len(s.told.Steps)-1)
	case n%6 != 1:
		steps = 3 + n%max(resolved-3, 1)
	}
	s.upTo(steps, now)
}

// wait lets it wait, or, of one, people come back to it again and again.
func (s *story) wait(n int, now time.Time) {
	last := s.told.Steps[len(s.told.Steps)-1].At
	s.after = last.Sub(s.at)
	if n != openMost/2+4 {
		on := pick(s.dice, ticket.Waits)
		s.tell(now.Sub(last)/2, s.agent, ticket.Wait, data().Waits[on], ticket.Detail{WaitingOn: on})
		return
	}
	span := now.Sub(last) / (longSteps + 1)
	for i := len(s.told.Steps); i < longSteps; i++ {
		verb, remark := ticket.Remark, "再次联系，业主要求尽快"
		if i%9 == 0 {
			verb, remark = ticket.Urge, ""
		}
		s.tell(span, pick(s.dice, []string{s.agent, "desk", "reception"}), verb, remark, ticket.Detail{})
	}
}

// customers are as many as the tickets need, zone by zone in turn.
func (m *crowd) customers(ctx context.Context, tx bun.Tx) ([]customer, error) {
	var homes []struct {
		ID                       int64
		Zone                     int64
		Building, Entrance, Room string
		Kind                     string
	}
	err := tx.NewRaw(`select h.id, b.zone_id as zone, b.name as building, h.entrance, h.room, h.kind from households h join buildings b on b.id = h.building_id
		where h.site_id = ? order by h.id`, m.here.ID).Scan(ctx, &homes)
	if err != nil {
		return nil, err
	}
	out := make([]customer, 0, m.many.Tickets/perPhone+len(m.zones))
	at := make([]int, len(m.zones))
	for len(out) < cap(out)/len(m.zones)*len(m.zones) {
		n := len(out)
		zone := n % len(m.zones)
		for homes[at[zone]].Zone != m.zones[zone].ID {
			at[zone] = (at[zone] + 1) % len(homes)
		}
		h := homes[at[zone]]
		at[zone] = (at[zone] + 1) % len(homes)
		phone := fmt.Sprintf("+86138%08d", n)
		sealed, err := m.Vault.Seal(pii.Phone, phone)
		if err != nil {
			return nil, err
		}
		out = append(out, customer{N: int64(n), HouseholdID: h.ID, Reporter: throw("customer", n).name(), Phone: sealed, PhoneIndex: m.Vault.Index(pii.Phone, phone),
			Place: site.PlaceName(site.Place{Building: h.Building, Entrance: h.Entrance, Room: h.Room, Shop: h.Kind == "shop"})})
	}
	return out, nil
}
