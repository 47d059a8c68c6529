package kiosk_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"lobby/app/kit/db"
	"lobby/app/kit/live"
	"lobby/kiosk"
	"lobby/views/locale"
)

// said is one message of a view's stream: the frame of an event, or lanes sent whole after one.
type said struct {
	seq     int64
	lane    bool
	content string
}

type shownCard struct {
	id, sort string
	version  int
}

// wallModel is a browser that shows what it is sent, as live.js does.
type wallModel struct {
	lanes   map[string][]shownCard
	removed map[string]int
	at      int64 // of the page: what follows comes from the stream
	had     int   // of the stream
}

var (
	listTag = regexp.MustCompile(`<div class="cards" id="lane-(\w+)"`)
	cardTag = regexp.MustCompile(`<article id="(t-\d+)"([^>]*)>`)
	field   = regexp.MustCompile(`data-([a-z]+)(?:="([^"]*)")?`)
)

func (m *wallModel) find(id string) (lane string, i int) {
	for key, list := range m.lanes {
		if i := slices.IndexFunc(list, func(c shownCard) bool { return c.id == id }); i >= 0 {
			return key, i
		}
	}
	return "", -1
}

func (m *wallModel) take(content string) {
	for n, part := range listTag.Split(content, -1) {
		if n > 0 { // a whole lane
			m.lanes[listTag.FindAllStringSubmatch(content, -1)[n-1][1]] = nil
		}
		for _, tag := range cardTag.FindAllStringSubmatch(part, -1) {
			of := map[string]string{}
			for _, f := range field.FindAllStringSubmatch(tag[2], -1) {
				of[f[1]] = f[2]
			}
			m.put(tag[1], of)
		}
	}
}

func (m *wallModel) put(id string, of map[string]string) {
	version, _ := strconv.Atoi(of["version"])
	lane, i := m.find(id)
	if gone, known := m.removed[id]; known && version <= gone || i >= 0 && version < m.lanes[lane][i].version {
		return
	}
	if i >= 0 {
		if _, still := of["still"]; still && version == m.lanes[lane][i].version {
			return
		}
		m.lanes[lane] = slices.Delete(m.lanes[lane], i, i+1)
	}
	if _, gone := of["gone"]; gone {
		m.removed[id] = version
		return
	}
	list := append(m.lanes[of["lane"]], shownCard{id, of["sort"], version})
	slices.SortFunc(list, func(a, b shownCard) int { return cmp.Compare(a.sort, b.sort) })
	m.lanes[of["lane"]] = list[:min(len(list), kiosk.LaneCap)]
}

// Cards come, leave, change places and are marked by time, while walls open at any moment and frames are made later than
// their events, from rows that are newer: in the end every wall shows the first cards of every lane, as they are.
func TestEveryWallShowsWhatMovesUp(t *testing.T) {
	t.Parallel()
	h := setup(t)
	random := rand.New(rand.NewPCG(7, 11))
	_, err := h.app.DB.NewRaw(`insert into tickets (site_id, entry_key, entry_hash, number, channel, kind, urgency, state, place, matter, registered_at, due_at, next_at, help_kind, solution_due)
		select ?, gen_random_uuid(), '', 'M' || n, 'phone', case when n % 4 = 0 then 'help' else 'repair' end, (array['A','B','C'])[1 + n % 3], (array['registered','in_hand'])[1 + n % 2], '大堂', '漏水',
			now(), now() + n * interval '1 minute', null, case when n % 4 = 0 then 'other' else '' end, case when n % 8 = 0 then now() + (112 - n) * interval '40 seconds' end from generate_series(1, ?) n`, h.here.ID, 2*kiosk.LaneCap+12).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &wallStream{house: h, view: h.view(live.Wall, locale.English), random: random}
	for range 5 {
		for range 40 { // frames are late
			switch n := random.IntN(20); {
			case n < 10:
				s.change()
			case n < 17:
				s.follow(1 + random.IntN(4))
			case n < 18:
				s.join()
			case s.due != "":
				s.refresh()
			}
		}
		for s.follow(1+random.IntN(2)) || s.due != "" {
			if s.due != "" {
				s.refresh()
			}
		}
		for n := range 20 { // frames come soon, and nothing whole any more
			for range 1 + n%3 {
				s.change()
			}
			s.follow(1 + n%3)
		}
		s.compare()
	}
	if len(s.walls) < 5 || s.alone < 60 {
		t.Fatalf("%d walls, %d frames with cards that moved up: too few to tell anything", len(s.walls), s.alone)
	}
}

// compare lets every wall take what it hasn't had, and holds it against the database.
func (s *wallStream) compare() {
	s.Helper()
	want := &wallModel{lanes: map[string][]shownCard{}, removed: map[string]int{}}
	want.take(s.snapshot(s.view))
	for i, m := range s.walls {
		for _, one := range s.sent[m.had:] {
			if one.seq > m.at || one.seq == m.at && one.lane {
				m.take(one.content)
			}
		}
		m.had = len(s.sent)
		for lane, cards := range want.lanes {
			if !slices.Equal(m.lanes[lane], cards) {
				s.Errorf("wall %d, lane %s: %s", i, lane, differ(m.lanes[lane], cards))
			}
		}
	}
}

func differ(got, want []shownCard) string {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return fmt.Sprintf("from place %d on %v, want %v", i, got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
		}
	}
	return ""
}

// wallStream plays the hub.
type wallStream struct {
	*house
	view   live.View
	random *rand.Rand
	seq    int64 // of the last event that frames were made of
	sent   []said
	due    string // lanes to be sent whole
	walls  []*wallModel
	alone  int // frames with cards that moved up
}

// change is one thing that happens to some ticket.
func (s *wallStream) change() {
	s.Helper()
	set, kind := "state = 'in_hand'", "ticket.taken"
	switch s.random.IntN(8) {
	case 6:
		set, kind = "solution_at = now()", "ticket.answered"
	case 0:
		set, kind = "state = 'registered'", "ticket.changed"
	case 1:
		set, kind = "state = 'closed', closed_at = now()", "ticket.closed"
	case 2:
		set, kind = "urgency = case urgency when 'A' then 'C' else 'A' end", "ticket.changed"
	case 3, 4:
		set, kind = "overdue_at = now()", "ticket.overdue"
	case 5:
		set, kind = "due_at = now() + random() * interval '100 minutes'", "ticket.limited"
	}
	_, err := db.Tx(s.Context(), s.app.DB, func(ctx context.Context, tx bun.Tx) (int, error) {
		var id int64
		err := tx.NewRaw("update tickets set "+set+", version = version + 1 where id = (select id from tickets where site_id = ? offset ? limit 1) returning id",
			s.here.ID, s.random.IntN(2*kiosk.LaneCap+12)).Scan(ctx, &id)
		live.Publish(ctx, live.Site(s.here.ID), kind, id)
		return 0, err
	})
	if err != nil {
		s.Fatal(err)
	}
}

// follow makes frames of the next events, of which there may be more by then; false: there are none.
func (s *wallStream) follow(most int) bool {
	s.Helper()
	var events []live.Event
	err := s.app.DB.NewRaw(`select seq, kind, ref as id from events where topic = ? and seq > ? order by seq limit ?`,
		string(live.Site(s.here.ID)), s.seq, most).Scan(s.Context(), &events)
	if err != nil || len(events) == 0 {
		return false
	}
	for i, f := range s.frames(s.view, events...) {
		s.sent = append(s.sent, said{seq: events[i].Seq, content: f.Content})
		if f.Refresh != "" {
			s.due = f.Refresh
		}
		if strings.Contains(f.Content, "data-still") {
			s.alone++
		}
	}
	s.seq = events[len(events)-1].Seq
	return true
}

func (s *wallStream) refresh() {
	s.Helper()
	f, err := s.boards.Lane(s.Context(), s.view, s.due)
	if err != nil {
		s.Fatal(err)
	}
	s.sent, s.due = append(s.sent, said{s.seq, true, f.Content}), ""
}

// join opens a wall on the state of now, which may be newer than the stream.
func (s *wallStream) join() {
	s.Helper()
	head, err := live.Head(s.Context(), s.app.DB, s.view.Topic())
	if err != nil {
		s.Fatal(err)
	}
	m := &wallModel{lanes: map[string][]shownCard{}, removed: map[string]int{}, at: head.Seq}
	m.take(s.snapshot(s.view))
	s.walls = append(s.walls, m)
}
