package live_test

import (
	"testing"

	"lobby/app/kit/live"
)

func TestOverfull(t *testing.T) {
	t.Parallel()
	var o live.Overfull
	wall, other := live.View{Site: 1, Audience: live.Wall}, live.View{Site: 2, Audience: live.Wall}
	for i, step := range []struct{ above, want bool }{{false, false}, {true, true}, {true, true}, {false, true}, {false, true}} {
		if got := o.Note(wall, "in_hand", step.above); got != step.want {
			t.Errorf("step %d: %t", i, got)
		}
	}
	if !o.Of(wall)["in_hand"] || o.Of(wall)["waiting"] || len(o.Of(other)) != 0 {
		t.Errorf("%v %v", o.Of(wall), o.Of(other))
	}
	o.Sent(wall)
	if o.Note(wall, "in_hand", false) {
		t.Error("sent whole, and still to be sent")
	}
}
