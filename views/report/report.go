// Package report holds the pages of registers and reports: on the screen, and registers as the forms that staff know on
// paper.
package report

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Entry is one register or report that can be opened.
type Entry struct{ Name, About, Href string }

// Home lists what can be opened.
type Home struct{ Registers, Reports []Entry }

// Act leads to another view of the same: an address, or where something personal was looked for a form that posts it.
type Act struct {
	Path   string
	Query  string   // of the address; empty where it is posted
	Hidden []Hidden // what is posted
}

func (a Act) href() string { return a.Path + "?" + a.Query }

// Hidden is a value that a form carries along.
type Hidden struct{ Name, Value string }

// Row is one line; Href leads to its ticket.
type Row struct {
	Href  string
	Cells []string
}

// many is how many columns a register may have before they are set narrower.
const many = 10

// Register is one page of a register.
type Register struct {
	Path, Name   string
	Message      string
	Fields       []part.Input
	Heads        []string
	Widths       []string // classes of the columns
	Rows         []Row
	Notes        []string
	Older, Newer *Act // nil: none
	XLSX, CSV    Act
	Print        Act
}

// Paper is a register as a form on A4.
type Paper struct {
	Name, Site, Period, Back string
	Heads                    []string
	Widths                   []string // classes of the columns
	Rows                     [][]string
	Notes                    []string
	Printed                  time.Time
	Who                      string
}

// Figures is a table of a report, in words already.
type Figures struct {
	Title string
	Heads []string
	Right []bool // columns that stand on the right
	Rows  [][]string
	Notes []string
}

// Report is the page of a report.
type Report struct {
	Path, Name, Message string
	Fields              []part.Input
	Tables              []Figures
	XLSX, CSV           Act
}

func span(p Paper) string { return strconv.Itoa(len(p.Heads)) }
