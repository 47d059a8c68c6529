package cluster

import (
	"fmt"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// The database keeps pages of its own in a part of the machine's memory, or of its container's; what else it reads the
// system keeps. PostgreSQL's default is the least: it is made for machines of another time.
const (
	buffersShare = 8 // an eighth
	leastBuffers = 128 << 20
	mostBuffers  = 1 << 30
)

// buffers is how much memory the database is given for its pages, as its setting has it.
func buffers(memory uint64) string {
	return fmt.Sprintf("%dMB", min(max(memory/buffersShare, leastBuffers), mostBuffers)>>20)
}

// memory is how much there is; 0 where nobody says.
func memory() uint64 {
	n, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil {
		return 0
	}
	return n
}
