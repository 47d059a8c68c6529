package meanwhile_test

import (
	"errors"
	"strings"
	"testing"

	"lobby/app/kit/meanwhile"
)

func TestDo(t *testing.T) {
	t.Parallel()
	begun, wrong := make(chan struct{}), errors.New("wrong")
	wait := meanwhile.Do(func() (int, error) {
		<-begun // by the caller, who doesn't wait yet
		return 7, wrong
	})
	close(begun)
	for range 2 {
		if got, err := wait(); got != 7 || !errors.Is(err, wrong) {
			t.Errorf("%d, %v", got, err)
		}
	}
	_, err := meanwhile.Do(func() (int, error) { panic("by mistake") })()
	if err == nil || !strings.Contains(err.Error(), "by mistake") || !strings.Contains(err.Error(), "meanwhile_test.go") {
		t.Errorf("of a panic: %v", err)
	}
}
