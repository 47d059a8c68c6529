package cluster

import "testing"

func TestBuffers(t *testing.T) {
	t.Parallel()
	for memory, want := range map[uint64]string{
		0:         "128MB", // nobody says
		512 << 20: "128MB",
		2 << 30:   "256MB",
		4 << 30:   "512MB",
		8 << 30:   "1024MB",
		64 << 30:  "1024MB",
	} {
		if got := buffers(memory); got != want {
			t.Errorf("%d bytes of memory: %s, want %s", memory, got, want)
		}
	}
	if memory() < 64<<20 {
		t.Errorf("this machine has %d bytes of memory", memory())
	}
}
