// Package meanwhile does one thing beside another, for somebody who waits for both.
package meanwhile

import (
	"fmt"
	"runtime/debug"
)

// Do begins to do something, and gives what waits for its end and tells what came of it, as often as it is called. A panic
// is an error like any other: in a goroutine of its own nobody else would keep it from ending the server.
func Do[T any](do func() (T, error)) (wait func() (T, error)) {
	var got T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		got, err = do()
	}()
	return func() (T, error) {
		<-done
		return got, err
	}
}
