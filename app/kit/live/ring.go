package live

// keepBytes bounds the memory of one ring, whatever the size of its frames.
const keepBytes = 1 << 20

// item is one message in a ring: the frame of an event, which may stand for a run of events beside it too, or a
// refreshed lane, which has no number of its own and goes behind the event it was made after. Whoever stands inside a run
// gets its message whole: what it shows belongs to its last number.
type item struct {
	from   int64 // the first number that it stands for
	seq    int64 // the last one
	silent bool  // nothing to show or to hear: the message after it stands for its numbers too
	lane   bool
	msg    message
}

// ring holds the last messages of a view. Places count on for ever, so that a cursor can tell that it was overtaken.
type ring struct {
	items []item
	base  int64 // place of items[0]
	bytes int
	floor int64 // every event above it, up to end, is in the ring
	end   int64 // number of the last event
	last  int64 // place of the last item that isn't a lane; below base: there is none
}

// begin empties the ring; what follows seq will come.
func (r *ring) begin(seq int64) {
	r.base += int64(len(r.items)) + 1 // every old cursor is overtaken
	r.items, r.bytes, r.floor, r.end = nil, 0, seq, seq
}

func (r *ring) push(it item) {
	r.items = append(r.items, it)
	r.bytes += it.msg.size
	if !it.lane {
		r.end, r.last = it.seq, r.base+int64(len(r.items))-1
	}
	drop := 0
	for left := len(r.items); left > 1 && (left > keep || r.bytes > keepBytes); left-- {
		r.bytes -= r.items[drop].msg.size
		r.floor = r.items[drop].seq
		drop++
	}
	if drop > 0 {
		clear(r.items[:drop]) // lets the messages go
		r.items = r.items[drop:]
		r.base += int64(drop)
	}
}

// quietSince is the number from which on nothing has been to show or to hear, up to the end; 0: the last message was no
// such.
func (r *ring) quietSince() int64 {
	if it, is := r.at(r.last); is && it.silent {
		return it.from
	}
	return 0
}

// covered tells whether a later message stands for what the one at a place says.
func (r *ring) covered(place int64) bool {
	it, is := r.at(place)
	return is && it.silent && place < r.last
}

// holds tells whether everything after seq is here.
func (r *ring) holds(seq int64) bool { return seq >= r.floor && seq <= r.end }

// after is the place of the first message that somebody who stands at seq has not had.
func (r *ring) after(seq int64) int64 {
	i := len(r.items)
	for i > 0 && !r.items[i-1].old(seq) {
		i--
	}
	return r.base + int64(i)
}

// ahead is how many messages somebody who stands at seq has not had.
func (r *ring) ahead(seq int64) int64 { return r.base + int64(len(r.items)) - r.after(seq) }

// at is the message at a place, if there is one yet.
func (r *ring) at(place int64) (item, bool) {
	i := place - r.base
	if i < 0 || i >= int64(len(r.items)) {
		return item{}, false
	}
	return r.items[i], true
}

// old tells whether somebody who stands at seq has had the item. A lane is repeated when in doubt: it replaces itself.
func (it item) old(seq int64) bool { return it.seq < seq || it.seq == seq && !it.lane }
