// Package site holds the pages on which an administrator sets how the site works.
package site

import "lobby/views/part"

// Page is what every page of settings has.
type Page struct {
	Path    string // of this page
	Seen    string // the values as they stood when the page was made
	Notice  string // what has just been done
	Message string // what is wrong
	Changed []part.Change
	Fields  []part.Input // all of them, for the summary of what is wrong
}

// field finds an input by its name.
func (p Page) field(name string) part.Input {
	for _, f := range p.Fields {
		if f.Name == name {
			return f
		}
	}
	return part.Input{Name: name}
}

// About is name, time zone, languages and accent.
type About struct {
	Page
	Zones  []string // to choose from; others can be typed
	Accent Accent
}

// Accent is what becomes of the accent colour, with words about it.
type Accent struct {
	Color, On, Strong, Soft string
	Notes                   []string
	Wrong                   string
}

// KioskPage is what the kiosk asks and offers.
type KioskPage struct {
	Page
	Asks     []part.Input // one for each field
	Purposes []Purpose
	Problem  string // with the purposes as a whole
}

// Purpose is one line of the purposes; a new one has no code.
type Purpose struct {
	Code  string
	Label string // of one that the program brings along, or the site's own as it is called now
	On    bool
	Order string
	Texts []part.Input // of the site's own
}

// HoursPage is when the desk is staffed, and how to reach somebody.
type HoursPage struct {
	Page
	Days []HoursDay
}

// HoursDay is one day of the week.
type HoursDay struct {
	Label    string
	From, To part.Input
}
