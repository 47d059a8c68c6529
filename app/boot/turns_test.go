package boot

import (
	"runtime"
	"testing"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	some := 2 * runtime.GOMAXPROCS(0)
	for address, want := range map[string]int{
		"postgres://lobby:x@/lobby?host=%2Fvar%2Flib%2Flobby%2Frun&sslmode=disable": some,
		"postgres://lobby:x@localhost:5432/lobby":                                   some,
		"postgres://lobby:x@127.0.0.1/lobby":                                        some,
		"postgres://lobby:x@[::1]:5432/lobby":                                       some,
		"postgres://lobby:x@db.internal:5432/lobby":                                 0,
		"postgres://lobby:x@10.0.0.7/lobby":                                         0,
		"postgres://lobby:%zz@localhost/lobby":                                      0,
	} {
		if got := (&App{address: address}).turns(); got != want {
			t.Errorf("%s: %d, want %d", address, got, want)
		}
	}
}
