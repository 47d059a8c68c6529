package boot

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// heapGrowth is by how much the heap may grow before it is swept, in percent of what is in use. Nearly all that a page
	// needs is waste a moment later: with Go's own 100 a busy server spends a sixth of its time on sweeping.
	heapGrowth = 400
	// heapShare is the share of the machine's memory, or of its container's, from which on it is swept sooner: the database
	// may stand on the same machine.
	heapShare = 0.5
)

// SetHeap lets the program use memory that lies idle. It is for a whole process; GOGC and GOMEMLIMIT go before it.
func SetHeap() error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if _, err := memlimit.Set(memlimit.WithRatio(heapShare), memlimit.WithProvider(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem))); err != nil {
		return fmt.Errorf("how much memory there is: %w", err)
	}
	return nil
}
