package site

import "strconv"

// A large sheet is read by a scanner of our own, once from its first byte to its last: excelize decodes each cell
// through reflection, which takes most of an import's time. The scanner knows what spreadsheet programs write for plain
// tables; whatever else stands in a sheet (dates and fractions in a column that is read, namespaces with a prefix,
// comments …) makes it give up, and excelize reads that sheet.

// sheetScan is one sheet on the way.
type sheetScan struct {
	shared  []string
	general []bool // by style: a number looks as it is written
	room    int    // lines that may still come
	lines   []line
	part    part
	full    bool // more lines than there is room for
	whole   bool // its end was seen
	cells   int
	strange map[int]bool // columns with something that only excelize can say
}

// scan reads a sheet; ok is false where excelize has to.
func (s *sheetScan) scan(data []byte) (ok bool) {
	s.part.hollow, s.strange = map[int][]int{}, map[int]bool{}
	t := tags{rest: data}
	number := 0
	for {
		g, more := t.next()
		if !more {
			return !t.odd
		}
		switch g.name {
		case "row":
			number++
			if r := g.attr("r"); r != nil {
				n, err := strconv.Atoi(string(r))
				if err != nil || n < number {
					return false
				}
				number = n
			}
			if g.empty {
				continue
			}
			if !s.row(&t, number) {
				return false
			}
			if s.full {
				return true
			}
		case "mergeCell":
			s.part.merge(string(g.attr("ref")))
		case "/worksheet":
			s.whole = true
		}
	}
}

// row reads the cells of a row up to its end.
func (s *sheetScan) row(t *tags, number int) bool {
	l := line{number: number}
	column := -1
	for {
		g, more := t.next()
		if !more || g.name == "/row" {
			break
		}
		if g.name != "c" {
			continue
		}
		column++
		if r := g.attr("r"); r != nil {
			c := columnOf(r)
			if c < column {
				return false
			}
			column = c
		}
		if g.empty {
			continue
		}
		text, look, ok := s.cell(t, g)
		if !ok {
			return false
		}
		if column >= maxColumns {
			continue
		}
		if look == strange {
			s.strange[column] = true
		}
		hollow := look == nothing
		if hollow {
			l.hollow = append(l.hollow, column)
			s.part.hollow[number] = append(s.part.hollow[number], column)
		}
		if text == "" {
			continue
		}
		for len(l.cells) < column {
			l.cells = append(l.cells, "")
		}
		l.cells = append(l.cells, text)
	}
	if t.odd {
		return false
	}
	if l.blank() {
		return true
	}
	if s.cells += len(l.cells); s.room <= 0 || s.cells > maxCells {
		s.full = true
		return true
	}
	s.room--
	s.lines = append(s.lines, l)
	return true
}

// look is what the scanner makes of a cell.
type look int

const (
	written look = iota // its value is its text
	nothing             // a formula without a value
	strange             // excelize has to say what it looks like: a date, a sum of money
)

// cell reads one cell up to its end.
func (s *sheetScan) cell(t *tags, c tag) (text string, is look, ok bool) {
	kind := string(c.attr("t"))
	var value []byte
	formula, has, aside := false, false, 0
	for {
		g, more := t.next()
		if !more {
			return "", written, false
		}
		switch g.name {
		case "f":
			formula = true
		case "v", "is":
			has = true
		case "rPh":
			aside++
		case "/rPh":
			aside--
		case "/v":
			value = append(value, g.text...)
		case "/t":
			if aside == 0 {
				value = append(value, g.text...)
			}
		case "/c":
			if formula && !has {
				return "", nothing, true
			}
			return s.value(kind, value, c.attr("s"))
		}
	}
}

// value is what a cell looks like.
func (s *sheetScan) value(kind string, value, style []byte) (text string, is look, ok bool) {
	switch kind {
	case "s":
		n, err := strconv.Atoi(string(value))
		if err != nil || n < 0 || n >= len(s.shared) {
			return "", written, len(value) == 0
		}
		return s.shared[n], written, true
	case "inlineStr", "str", "e":
		text, ok = plainText(value)
		return short(text, false), written, ok
	case "b":
		switch string(value) {
		case "1":
			return "TRUE", written, true
		case "0":
			return "FALSE", written, true
		}
	case "", "n":
		if len(value) == 0 || digits(value) && s.plainNumber(style) {
			return string(value), written, true
		}
	}
	return string(value), strange, true // something stands there, whatever it looks like
}

// plainNumber tells that a style shows a whole number as it is written.
func (s *sheetScan) plainNumber(style []byte) bool {
	if style == nil {
		return true
	}
	n, err := strconv.Atoi(string(style))
	return err == nil && n >= 0 && n < len(s.general) && s.general[n]
}

// digits tells that a number is written with few digits and nothing else, as every program shows it.
func digits(b []byte) bool {
	if len(b) > 10 || len(b) > 1 && b[0] == '0' {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// sure tells that nothing strange stands in a column that is read: then no other reader is needed.
func (s *sheetScan) sure(lines []line) bool {
	if len(s.strange) == 0 {
		return true
	}
	for _, m := range s.part.merged { // its value stands in all of its columns
		for c := m.left; s.strange[m.left] && c <= min(m.right, maxColumns); c++ {
			s.strange[c] = true
		}
	}
	h, _, found := findHeading(lines)
	if !found {
		return false
	}
	for _, column := range h.at {
		if s.strange[column] {
			return false
		}
	}
	return true
}

// columnOf is the column of a cell's name, from 0; -1 for what is none.
func columnOf(name []byte) int {
	n := 0
	for i, c := range name {
		switch {
		case c >= 'A' && c <= 'Z' && i < 3:
			n = n*26 + int(c-'A') + 1
		case c >= '0' && c <= '9' && i > 0:
			return n - 1
		default:
			return -1
		}
	}
	return -1
}
