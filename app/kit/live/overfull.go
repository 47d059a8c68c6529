package live

import (
	"maps"
	"sync"
)

// FullLanes is what the lanes above their cap are called together (Frame.Refresh).
const FullLanes = "lanes"

// Figures is the lane that holds no cards, only figures (Frame.Refresh): it is made aside, so that counting holds up no frame.
const Figures = "figures"

// Overfull notes, for screens with lanes, which lanes of a view were above their cap when last looked at: the step that
// brings one back below it needs the whole lane once more, since what was not shown moves up.
type Overfull struct {
	mu    sync.Mutex
	lanes map[View]map[string]bool
}

// Note tells whether the lane is above its cap now, or was.
func (o *Overfull) Note(v View, lane string, above bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	was := o.lanes[v][lane]
	if !above || was {
		return was
	}
	if o.lanes == nil {
		o.lanes = map[View]map[string]bool{}
	}
	if o.lanes[v] == nil {
		o.lanes[v] = map[string]bool{}
	}
	o.lanes[v][lane] = true
	return true
}

// Of gives the lanes of a view that were above their cap.
func (o *Overfull) Of(v View) map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.lanes[v])
}

// Sent forgets the lanes of a view, once they have been sent whole.
func (o *Overfull) Sent(v View) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.lanes, v)
}
