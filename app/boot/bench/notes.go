package main

import (
	"io"
	"sync"
)

// notes are one socket's messages, many times.
type notes struct {
	mu    sync.Mutex
	all   []*note
	conns []io.Closer
}

type note struct {
	mu        sync.Mutex
	first     int64
	last      int64
	seen      []span
	snapshots int
	double    int
	disorder  int
}

// span are the numbers that one message stood for, and when it came.
type span struct{ from, to, at int64 }

func (n *notes) add(c io.Closer, last int64) *note {
	n.mu.Lock()
	defer n.mu.Unlock()
	one := &note{first: last, last: last}
	n.all, n.conns = append(n.all, one), append(n.conns, c)
	return one
}

// saw notes a message that stands for some numbers. One that begins with what was had is no error where it goes on, since
// a socket may stand inside.
func (o *note) saw(from, to, at int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case to <= o.last:
		o.double++
		return
	case from > o.last+1:
		o.disorder++
	}
	o.seen = append(o.seen, span{max(from, o.last+1), to, at})
	o.last = to
}

// sawAll notes a snapshot: it shows everything up to its number.
func (o *note) sawAll(to, at int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.snapshots++
	if to > o.last {
		o.seen = append(o.seen, span{o.last + 1, to, at})
	}
	o.last = to
}

func (n *notes) sight() sight {
	s := sight{Frames: map[int64]arrival{}, Ends: map[int64]int{}}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.all) == 0 {
		return s
	}
	first, last := n.bounds()
	arrivals := make([]arrival, last-first+1)
	for _, one := range n.all {
		one.mu.Lock()
		for _, m := range one.seen {
			for seq := m.from; seq <= min(m.to, last); seq++ {
				a := &arrivals[seq-first]
				a.Count++
				a.Last = max(a.Last, m.at)
			}
		}
		s.Ends[one.last]++
		s.Messages += len(one.seen)
		s.Snapshots += one.snapshots
		s.Double += one.double
		s.Disorder += one.disorder
		one.mu.Unlock()
	}
	for i, a := range arrivals {
		if a.Count > 0 {
			s.Frames[first+int64(i)] = a
		}
	}
	return s
}

// bounds are the first and last number that any socket may have seen by now.
func (n *notes) bounds() (first, last int64) {
	first, last = n.all[0].first, n.all[0].first
	for _, one := range n.all {
		one.mu.Lock()
		first, last = min(first, one.first), max(last, one.last)
		one.mu.Unlock()
	}
	return first, last
}

func (n *notes) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		_ = c.Close()
	}
}
