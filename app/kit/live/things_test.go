package live

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/uptrace/bun"
)

type thing struct {
	ID      int64
	Value   int64
	Version int64
}

func load(ctx context.Context, idb bun.IDB, site int64, ids []int64) (map[int64]thing, error) {
	var rows []thing
	q := idb.NewSelect().Table("things").Column("id", "value", "version").Where("site = ?", site).Where("id < ?", bareIDs)
	if ids != nil {
		q = q.Where("id in (?)", bun.List(ids))
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, err
	}
	state := map[int64]thing{}
	for _, r := range rows {
		state[r.ID] = r
	}
	return state, nil
}

// things is the Screens of the tests.
type things struct {
	pool *bun.DB

	mu        sync.Mutex
	rendered  map[View]int // events
	snapshots map[View]int
	fail      error
	lane      bool       // every frame asks for lane "all"
	aside     chan error // every frame asks for the figures too, which end with what it gives
	padding   string
	lanes     int
}

func (s *things) Frames(ctx context.Context, v View, events []Event) ([]Frame, error) {
	s.mu.Lock()
	if s.rendered == nil {
		s.rendered = map[View]int{}
	}
	s.rendered[v] += len(events)
	fail, lane, aside := s.fail, s.lane, s.aside
	s.mu.Unlock()
	if fail != nil {
		return nil, fail
	}
	ids := make([]int64, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	rows, err := load(ctx, s.pool, v.Site, ids)
	if err != nil {
		return nil, err
	}
	frames := make([]Frame, len(events))
	for i, e := range events {
		if v.Audience == Display {
			continue // nothing for this audience
		}
		if e.ID >= bareIDs {
			frames[i] = bareFrame(e.ID)
			continue
		}
		frames[i] = Frame{Content: show(rows[e.ID]) + "\n" + s.padding, Target: "#things", Swap: "card", Kind: e.Kind}
		if aside != nil {
			frames[i].Refresh = Figures
		}
		if lane {
			frames[i] = Frame{Refresh: "all"}
		}
	}
	return frames, nil
}

func (s *things) Lane(ctx context.Context, v View, lane string) (Frame, error) {
	s.mu.Lock()
	s.lanes++
	aside := s.aside
	s.mu.Unlock()
	if lane == Figures {
		select {
		case <-ctx.Done():
			return Frame{}, ctx.Err()
		case err := <-aside:
			return Frame{Content: "figures"}, err
		}
	}
	rows, err := load(ctx, s.pool, v.Site, nil)
	return Frame{Content: showAll(rows), Target: "#" + lane, Swap: "lane"}, err
}

// lanesMade is how many were begun.
func (s *things) lanesMade() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lanes
}

func (s *things) Snapshot(ctx context.Context, tx bun.IDB, v View) (string, error) {
	s.mu.Lock()
	if s.snapshots == nil {
		s.snapshots = map[View]int{}
	}
	s.snapshots[v]++
	fail := s.fail
	s.mu.Unlock()
	if fail != nil {
		return "", fail
	}
	rows, err := load(ctx, tx, v.Site, nil)
	return showAll(rows), err
}

func (s *things) count(v View) (rendered, snapshots int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rendered[v], s.snapshots[v]
}

func (s *things) breakWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func show(t thing) string { return fmt.Sprintf("%d=%d@%d", t.ID, t.Value, t.Version) }

func showAll(rows map[int64]thing) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(show(r) + "\n")
	}
	return b.String()
}

func parse(text string) (all []thing) {
	for line := range strings.Lines(text) {
		var th thing
		if _, err := fmt.Sscanf(line, "%d=%d@%d", &th.ID, &th.Value, &th.Version); err == nil {
			all = append(all, th)
		}
	}
	return all
}
