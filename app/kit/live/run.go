package live

// run is one frame with the numbers that its message stands for: from the first of those before it that nothing is told
// about, to the last of those after it, or its own. What a frame shows was read after all events that came with it.
type run struct {
	from  int64
	event Event // the last
	frame Frame
}

// silent tells whether a screen has nothing to show or to hear of an event.
func (f Frame) silent() bool { return f.Content == "" && f.Kind == "" }

// runs gathers frames that are pushed together. A silent one joins what stands before it, one with a kind alone the frame
// after it: a burst of events that a screen has nothing to show of is one message, whatever their number. No kind is lost,
// and none moves to another frame's content: equal kinds of a run are told once, frames of different kinds stay apart.
func runs(events []Event, frames []Frame) (out []run) {
	from, kind := int64(0), "" // of the run that is open; from is 0 where none is
	for i, f := range frames {
		if from == 0 && len(out) > 0 && f.silent() {
			out[len(out)-1].event = events[i]
			continue
		}
		if from == 0 {
			from = events[i].Seq
		}
		if f.Content == "" && f.Kind == "" {
			f.Kind = kind
		}
		if i+1 < len(frames) && f.Content == "" && joins(f.Kind, frames[i+1]) {
			kind = f.Kind
			continue
		}
		out = append(out, run{from, events[i], f})
		from, kind = 0, ""
	}
	return out
}

// joins tells whether frames without content, of a kind or none, may go with the next one.
func joins(kind string, next Frame) bool {
	return kind == "" || kind == next.Kind || next.Kind == "" && next.Content == ""
}
