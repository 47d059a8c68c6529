package kiosk

import (
	"time"

	"lobby/views/layout"
	"lobby/views/part"
)

// Display is the page of the lobby display: figures only, nothing about any person.
type Display struct {
	Shell   layout.Shell
	Live    part.LivePage
	Figures Figures
	Hours   Hours
}

// Hours are whether the desk is staffed.
type Hours struct {
	Told  bool // the site says its hours
	Open  bool
	At    string    // in words: when it closes, or opens again; empty: never
	Until time.Time // the same, for the screen to say it anew; zero: never
}

// Figures are what the lobby display counts.
type Figures struct {
	Day        time.Time // the site's day that the figures belong to
	Inside     int       // people in the building now
	Registered int       // reports received today
	Solved     int       // reports solved today
}
