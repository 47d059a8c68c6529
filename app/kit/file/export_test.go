package file

// Hold keeps every other picture waiting until it is let go.
func Hold() (letGo func()) {
	decoding <- struct{}{}
	return func() { <-decoding }
}
