package boot_test

import (
	"math"
	"os"
	"runtime/debug"
	"testing"

	"lobby/app/boot"
)

// The heap may grow while there is memory, and what the environment says goes before it. It is of the whole process, so this
// test runs by itself.
func TestSetHeap(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	})
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Setenv(name, "") // put back in the end
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	set := func() (percent int, limit int64) {
		t.Helper()
		if err := boot.SetHeap(); err != nil {
			t.Fatal(err)
		}
		limit = debug.SetMemoryLimit(-1)
		return debug.SetGCPercent(100), limit
	}
	if percent, limit := set(); percent <= 100 || limit <= 0 || limit == math.MaxInt64 {
		t.Errorf("grows by %d %%, to %d bytes", percent, limit)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	t.Setenv("GOGC", "100")
	t.Setenv("GOMEMLIMIT", "off")
	if percent, limit := set(); percent != 100 || limit != math.MaxInt64 {
		t.Errorf("though the environment says otherwise it grows by %d %%, to %d bytes", percent, limit)
	}
}
