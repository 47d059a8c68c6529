// Package table is one form for registers, reports, exports and prints: a title, columns that know what they hold,
// rows, and notes below. It is written as text for a terminal, CSV, JSON or a workbook. It knows no database and no
// language: titles come in the reader's words.
package table

import (
	"fmt"
	"strconv"
	"time"
)

// Kind is what a column holds, and so how a cell is written and aligned.
type Kind string

// The kinds, with the Go type of their cells. A nil cell is empty in every kind.
const (
	Text     Kind = "text"     // string or Label
	Number   Kind = "number"   // int or int64
	Money    Kind = "money"    // int64, in fen
	Share    Kind = "share"    // float64 between 0 and 1, written in percent
	Time     Kind = "time"     // time.Time, written to the minute in the table's zone
	Date     Kind = "date"     // time.Time, of which the day in the table's zone counts
	Duration Kind = "duration" // time.Duration, written as hours and minutes
	Masked   Kind = "masked"   // string that is masked already; the kind says so to the reader of the code and of JSON
)

// right tells whether a column stands on the right, as figures do.
func (k Kind) right() bool {
	switch k {
	case Number, Money, Share, Duration:
		return true
	}
	return false
}

// Column is one column: a key for programs, which never changes with the language, and a title for people.
type Column struct {
	Key   string
	Title string
	Kind  Kind
}

// Table is what is written. A row has one cell per column.
type Table struct {
	Key     string
	Title   string
	Zone    *time.Location // in which times and dates are written; UTC where nil
	Columns []Column
	Rows    [][]any
	Notes   []string
}

// Label is a text that is one of a closed list: its words for people, its code for programs (JSON).
type Label struct{ Code, Words string }

// Add appends a row.
func (t *Table) Add(cells ...any) { t.Rows = append(t.Rows, cells) }

// Words are the rows as people read them, cell by cell.
func (t *Table) Words() [][]string {
	out := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		out[i] = make([]string, len(row))
		for j, cell := range row {
			out[i][j] = t.words(t.Columns[j].Kind, cell)
		}
	}
	return out
}

// check finds rows and cells that don't fit their columns, which is a mistake in the program.
func (t *Table) check() error {
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("table %s: row %d has %d cells for %d columns", t.Key, i+1, len(row), len(t.Columns))
		}
		for j, cell := range row {
			if !t.Columns[j].Kind.fits(cell) {
				return fmt.Errorf("table %s: row %d: column %s is %s, the cell is %T", t.Key, i+1, t.Columns[j].Key, t.Columns[j].Kind, cell)
			}
		}
	}
	return nil
}

func (k Kind) fits(cell any) bool {
	switch cell.(type) {
	case nil:
		return true
	case string:
		return k == Text || k == Masked
	case Label:
		return k == Text
	case int:
		return k == Number
	case int64:
		return k == Number || k == Money
	case float64:
		return k == Share
	case time.Time:
		return k == Time || k == Date
	case time.Duration:
		return k == Duration
	}
	return false
}

func (t *Table) zone() *time.Location {
	if t.Zone == nil {
		return time.UTC
	}
	return t.Zone
}

// words writes a cell for people, the same in every language: 2026-11-22 14:05, 12.50, 37.5%, 26:05.
func (t *Table) words(k Kind, cell any) string {
	switch v := cell.(type) {
	case string:
		return v
	case Label:
		return v.Words
	case int:
		return strconv.Itoa(v)
	case int64:
		if k == Money {
			return yuan(v)
		}
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v*100, 'f', 1, 64) + "%"
	case time.Time:
		if k == Date {
			return v.In(t.zone()).Format("2006-01-02")
		}
		return v.In(t.zone()).Format("2006-01-02 15:04")
	case time.Duration:
		return hours(v)
	}
	return ""
}

// yuan writes fen as yuan with two places; no float comes near it.
func yuan(fen int64) string {
	sign, n := "", uint64(fen)
	if fen < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// hours writes a duration as hours and minutes, rounded to the minute: 26:05.
func hours(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	minutes := int64(d.Round(time.Minute) / time.Minute)
	if minutes == 0 {
		sign = ""
	}
	return fmt.Sprintf("%s%d:%02d", sign, minutes/60, minutes%60)
}

// Texts are the cells as words for people, for a page that shows the table.
func (t *Table) Texts() [][]string {
	out := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		for j, cell := range row {
			out[i] = append(out[i], t.words(t.Columns[j].Kind, cell))
		}
	}
	return out
}

// Right tells whether a column stands on the right, as figures do.
func (c Column) Right() bool { return c.Kind.right() }
