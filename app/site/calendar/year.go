package calendar

import (
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind of an entry in a year's calendar.
type Kind string

// The kinds of entries.
const (
	Holiday Kind = "holiday"
	Workday Kind = "workday" // a weekend day that is worked (调休)
)

// Entry is a day that is not as its day of the week would have it.
type Entry struct {
	Kind Kind
	Name string // the holiday's; of a working day, that of the holiday it makes up for
}

// Year is the calendar of one year, as imported (SHIFT-4).
type Year struct {
	Number int
	Source string // where the dates are from
	Days   map[Day]Entry
}

// Most bytes of a calendar file, and most characters of a holiday's name.
const (
	MaxFile = 64 << 10
	MaxName = 40
)

//go:embed years/*.csv
var shipped embed.FS

// Shipped are the years that the program brings along, the earliest first. Their source stands in each file.
func Shipped() []Year {
	files, err := shipped.ReadDir("years")
	if err != nil {
		panic("calendar: " + err.Error())
	}
	var all []Year
	for _, f := range files {
		text, err := shipped.ReadFile("years/" + f.Name())
		if err != nil {
			panic("calendar: " + err.Error())
		}
		number, err := strconv.Atoi(strings.TrimSuffix(f.Name(), path.Ext(f.Name())))
		if err != nil {
			panic("calendar: " + err.Error())
		}
		year, problems := Parse(bytes.NewReader(text), number)
		if len(problems) > 0 {
			panic("calendar: " + f.Name() + ": " + problems[0].Error())
		}
		all = append(all, year)
	}
	return all
}

// Parse reads the calendar of a year from a CSV file in UTF-8 with the columns date, kind (holiday or workday) and name:
//
//	# source: where the dates are from
//	date,kind,name
//	2026-02-14,workday,春节
//	2026-02-15,holiday,春节
//
// Lines beginning with # are remarks. It goes on after a problem, so that a person sees all of them at once; a year with
// problems is not to be kept.
func Parse(r io.Reader, number int) (Year, []Problem) {
	y := Year{Number: number, Days: map[Day]Entry{}}
	text, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	switch {
	case err != nil:
		return y, []Problem{{Code: Unreadable, Value: err.Error()}}
	case len(text) > MaxFile:
		return y, []Problem{{Code: TooLong, Value: strconv.Itoa(MaxFile)}}
	case !utf8.Valid(text):
		return y, []Problem{{Code: NotUTF8}}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	y.Source = source(text)
	problems := y.read(text)
	if len(y.Days) == 0 && len(problems) == 0 {
		problems = []Problem{{Code: Empty}}
	}
	return y, problems
}

// source is what the file says of where it is from.
func source(text []byte) string {
	var found []string
	for line := range strings.Lines(string(text)) {
		if said, ok := strings.CutPrefix(strings.TrimSpace(line), "# source:"); ok {
			found = append(found, strings.TrimSpace(said))
		}
	}
	return strings.Join(found, "\n")
}

func (y Year) read(text []byte) []Problem {
	var problems []Problem
	lines := map[Day]int{}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.Comment, rows.FieldsPerRecord, rows.TrimLeadingSpace = '#', -1, true
	for first := true; ; first = false {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return problems
		}
		if wrong := new(csv.ParseError); errors.As(err, &wrong) {
			return append(problems, Problem{Line: wrong.Line, Code: Unreadable})
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		line, _ := rows.FieldPos(0)
		if first && cells[0] == "date" || !slices.ContainsFunc(cells, func(c string) bool { return c != "" }) {
			continue
		}
		if p := y.add(cells, line, lines); p != nil {
			p.Line = line
			problems = append(problems, *p)
		}
	}
}

// add takes one line into the year, or says what is wrong with it.
func (y Year) add(cells []string, line int, lines map[Day]int) *Problem {
	if len(cells) < 2 {
		return &Problem{Code: FewColumns}
	}
	day, err := ParseDay(cells[0])
	if err != nil {
		return &Problem{Code: WrongDate, Value: cells[0]}
	}
	entry := Entry{Kind: Kind(cells[1])}
	if len(cells) > 2 {
		entry.Name = cells[2]
	}
	before, twice := y.Days[day]
	weekday := day.Weekday()
	switch {
	case day.Year() != y.Number:
		return &Problem{Code: OtherYear, Value: day.String()}
	case entry.Kind != Holiday && entry.Kind != Workday:
		return &Problem{Code: WrongKind, Value: cells[1]}
	case twice && before.Kind != entry.Kind:
		return &Problem{Code: Contradiction, Value: day.String(), Other: lines[day]}
	case twice:
		return &Problem{Code: Twice, Value: day.String(), Other: lines[day]}
	case entry.Kind == Holiday && entry.Name == "":
		return &Problem{Code: NoName, Value: day.String()}
	case utf8.RuneCountInString(entry.Name) > MaxName || strings.ContainsFunc(entry.Name, unicode.IsControl):
		return &Problem{Code: WrongName, Value: day.String()}
	case entry.Kind == Workday && weekday != 0 && weekday != 6:
		return &Problem{Code: NoWeekend, Value: day.String()}
	}
	y.Days[day], lines[day] = entry, line
	return nil
}

// CSV is the year as Parse reads it, with a byte order mark, since it is opened in spreadsheet programs.
func (y Year) CSV() []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	for line := range strings.Lines(y.Source) {
		b.WriteString("# source: " + strings.TrimSpace(line) + "\n")
	}
	out := csv.NewWriter(&b)
	_ = out.Write([]string{"date", "kind", "name"}) // a buffer takes everything
	for _, day := range slices.Sorted(maps.Keys(y.Days)) {
		e := y.Days[day]
		_ = out.Write([]string{day.String(), string(e.Kind), e.Name})
	}
	out.Flush()
	return b.Bytes()
}
