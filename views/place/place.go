// Package place holds the pages of a site's places: zones, buildings, doors, the import of a spreadsheet, and the tables
// of grades.
package place

import (
	"strconv"

	"lobby/views/part"
)

// Overview is the page of all zones.
type Overview struct {
	Zones       []Zone
	Whole       *Zone // declared totals of the whole site; nil where nothing is
	Differences []string
	Households  int // as counted
	Shops       int
	Notice      string
	MayManage   bool
}

// Zone is one zone in a list.
type Zone struct {
	ID                                int64
	Code, Name, Owner                 string
	OwnerGone                         bool // tickets of the zone go to nobody by default
	DeclaredHouseholds, DeclaredShops string
	Households, Shops                 int
	Buildings                         []Building
}

// Title is code and name, once where they are the same.
func (z Zone) Title() string {
	if z.Name == z.Code || z.Name == "" {
		return z.Code
	}
	return z.Code + " " + z.Name
}

func (z Zone) href() string { return "/places/zones/" + id(z.ID) }

// Building is one building in a list.
type Building struct {
	ID                int64
	Name              string
	Households, Shops int
}

func (b Building) href() string { return "/places/buildings/" + id(b.ID) }

// ZonePage is one zone, or the form of a new one (ID 0).
type ZonePage struct {
	Zone
	Whole       bool // stands for the whole site
	Differences []string
	Form        Form
	New         Form    // a further building; empty where that can't be
	Former      *Former // the owner of before, right after another one was chosen
	MayManage   bool
	Notice      string
}

// Former is who was a zone's owner, with what they still handle.
type Former struct {
	Name string
	Open int
	Href string // their open tickets
}

// Form is a form with its fields as typed.
type Form struct {
	Seen    string
	Message string // why it was refused
	Fields  []part.Input
}

func (f Form) wrong() bool {
	for _, i := range f.Fields {
		if i.Error != "" {
			return true
		}
	}
	return f.Message != ""
}

// BuildingPage is one building with its doors.
type BuildingPage struct {
	Building
	Zone      Zone
	Query     string // filter of the doors
	Shown     int
	Entrances []Entrance
	Form      Form
	Add       Form
	Refused   string // why doors can't be removed
	Notice    string
	MayManage bool
}

// Entrance is one entrance with its doors; a building without entrances has one without a name.
type Entrance struct {
	Name  string
	Doors []Door
}

// Door is one household or shop.
type Door struct {
	ID     int64
	Room   string
	Shop   bool
	Chosen bool
}

func (d Door) href() string { return "/places/doors/" + id(d.ID) }

// DoorPage is one household or shop.
type DoorPage struct {
	ID        int64
	Name      string
	Building  Building
	Form      Form
	MayManage bool
}

// Import is the page on which a spreadsheet is loaded.
type Import struct {
	Max     int    // MB of a file
	Refused string // why the file, or the load, was refused
	Wrong   string // of the file field
	Looked  *Looked
}

// Looked is what a dry run found.
type Looked struct {
	Zones, Buildings, Households, Shops int
	Ignored                             string
	Bad                                 List
	Differences                         []string
	Changes, Left                       List
	Draft                               int64  // 0: nothing can be loaded
	Seen                                string // of what is shown
}

// List is a list of which only the beginning is shown.
type List struct {
	Lines []string
	More  int
}

// Grades are the tables of ORG-4.
type Grades struct {
	Seen    string
	Message string
	Notice  string
	Cases   []GradeCase
	Needs   []GradeNeed
	Fields  []part.Input // the wrong ones
	Roles   []part.Option
	Steps   []part.Option // of seniority
}

// GradeCase is a kind of ticket with its severities.
type GradeCase struct {
	Kind  string
	Cells []GradeCell
}

// GradeCell is one severity of a kind.
type GradeCell struct {
	Severity          string
	Complexity, Reach string
	Grade             int
	Error             string
}

// GradeNeed is the least that a grade needs.
type GradeNeed struct {
	Grade           int
	Role, Seniority string
	People          int
	Error           string
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func count(n int) string { return strconv.Itoa(n) }

// figures are the choices of complexity and reach.
func figures() []string { return []string{"1", "2", "3"} }
