package kiosk

// For tests: how many cards go with a frame, and from how many open tickets the counts go by themselves.
const (
	RisenMost   = risenMost
	CountAtOnce = countAtOnce
)
