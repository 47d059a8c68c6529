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
}

// Figures are what the lobby display counts.
type Figures struct {
	Day        time.Time // the site's day that the figures belong to
	Inside     int       // people in the building now
	Registered int       // reports received today
	Solved     int       // reports solved today
}
