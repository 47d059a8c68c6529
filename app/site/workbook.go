package site

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"lobby/app/kit/fault"
)

// maxUnzipped is how many bytes a workbook may have when it is unpacked; a small file can hold very many.
const maxUnzipped = 128 << 20

// book is a workbook, taken apart.
type book struct {
	data    []byte
	zip     *zip.Reader
	names   []string          // sheets in their order
	paths   map[string]string // of the sheets' parts; of a chart there is none
	shared  []string
	general []bool
	plain   bool // texts and styles are such that our own scanner may read the sheets
	file    *excelize.File
}

// readWorkbook reads every sheet of an .xlsx, hidden ones too, but for those with notes. Of a formula the calculated
// value counts. Merged cells all have the value of the first.
func readWorkbook(data []byte) ([]sheet, error) {
	b, err := openBook(data)
	if err != nil {
		return nil, unreadable(err)
	}
	defer b.close()
	var out []sheet
	total := 0
	for _, name := range b.names {
		target, isSheet := b.paths[name]
		if !isSheet || slices.ContainsFunc(speech().Sheets["notes"], func(n string) bool { return strings.EqualFold(n, name) }) {
			continue // a chart, or our template's own explanation
		}
		lines, err := b.read(name, target, maxLines-total)
		if err != nil {
			return nil, err
		}
		total += len(lines)
		out = append(out, sheet{name: name, lines: lines})
	}
	return out, nil
}

// read gives the lines of one sheet.
func (b *book) read(name, target string, room int) ([]line, error) {
	text, err := readPart(b.zip, target)
	if err != nil {
		return nil, unreadable(err)
	}
	s := sheetScan{shared: b.shared, general: b.general, room: room}
	if b.plain && s.scan(text) {
		switch {
		case s.full:
			return nil, tooMany()
		case !s.whole:
			return nil, unreadable(errCut)
		}
		if lines := s.merged(); s.sure(lines) {
			return lines, nil
		}
	}
	part, err := scanPart(text)
	if err != nil {
		return nil, unreadable(err)
	}
	if b.file == nil {
		b.file, err = excelize.OpenReader(bytes.NewReader(b.data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: 32 << 20})
		if err != nil {
			return nil, unreadable(err)
		}
	}
	return readRows(b.file, name, part, room)
}

func (b *book) close() {
	if b.file != nil {
		_ = b.file.Close() // removes what it unpacked
	}
}

// merged gives the lines with merged cells filled.
func (s *sheetScan) merged() []line {
	fill := newFiller(s.part)
	out := s.lines[:0]
	for _, l := range s.lines {
		fill.fill(&l)
		if !l.blank() {
			out = append(out, l)
		}
	}
	return out
}

var errCut = errors.New("the sheet has no end")

func unreadable(err error) error {
	if errors.Is(err, errUnzipped) {
		return fault.New(fault.TooLarge, "import.unzipped", fault.Args{"Max": maxUnzipped >> 20})
	}
	return fault.Wrap(err, fault.Invalid, "import.unreadable")
}

func readRows(f *excelize.File, name string, part part, room int) ([]line, error) {
	rows, err := f.Rows(name)
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = rows.Close() }()
	merged := newFiller(part)
	var lines []line
	cells := 0
	for n := 1; rows.Next(); n++ {
		columns, err := rows.Columns()
		if err != nil {
			return nil, unreadable(err)
		}
		l := line{number: n, cells: columns[:min(len(columns), maxColumns)], hollow: part.hollow[n]}
		merged.fill(&l)
		if l.blank() {
			continue
		}
		if cells += len(l.cells); len(lines) == room || cells > maxCells {
			return nil, tooMany()
		}
		lines = append(lines, l)
	}
	if err := rows.Error(); err != nil {
		return nil, unreadable(err)
	}
	return lines, nil
}

// part is what a sheet's own XML says beyond the values of its cells.
type part struct {
	hollow map[int][]int // line → columns (from 0) whose formula has no calculated value
	merged []merge
}

// merge is one block of merged cells: lines from 1, columns from 0, both ends in it.
type merge struct {
	top, left, bottom, right int
	value                    string
}

// filler gives merged cells the value of their block's first cell, line by line from the top.
type filler struct {
	waiting []merge // by their top
	open    []merge
}

func newFiller(p part) filler {
	return filler{waiting: slices.SortedStableFunc(slices.Values(p.merged), func(a, b merge) int { return a.top - b.top })}
}

func (f *filler) fill(l *line) {
	for len(f.waiting) > 0 && f.waiting[0].top <= l.number {
		m := f.waiting[0]
		f.waiting = f.waiting[1:]
		if m.top == l.number && m.left < len(l.cells) && l.cells[m.left] != "" {
			m.value = l.cells[m.left]
			f.open = append(f.open, m)
		}
	}
	f.open = slices.DeleteFunc(f.open, func(m merge) bool { return m.bottom < l.number })
	if l.blank() {
		return // a block that reaches beyond the last row makes no rows
	}
	for _, m := range f.open {
		for len(l.cells) <= min(m.right, maxColumns-1) {
			l.cells = append(l.cells, "")
		}
		for c := m.left; c <= min(m.right, maxColumns-1); c++ {
			l.cells[c] = m.value
		}
	}
}

var errUnzipped = errors.New("too large when unpacked")

// openBook reads what a workbook says of its sheets, and their common texts and styles.
func openBook(data []byte) (*book, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	size := uint64(0)
	for _, f := range z.File {
		if size += f.UncompressedSize64; size > maxUnzipped || f.UncompressedSize64 > maxUnzipped {
			return nil, errUnzipped
		}
	}
	b := &book{data: data, zip: z, paths: map[string]string{}}
	links, err := b.list()
	if err != nil {
		return nil, err
	}
	b.plain = true
	if links["sharedStrings"] != "" {
		text, err := readPart(z, links["sharedStrings"])
		if err != nil {
			return nil, err
		}
		b.shared, b.plain = sharedTexts(text)
	}
	if links["styles"] != "" {
		if b.general, err = plainStyles(z, links["styles"]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// list reads the sheets in their order with their parts, and gives where texts and styles lie.
func (b *book) list() (map[string]string, error) {
	var contents struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Links []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := decodePart(b.zip, "xl/workbook.xml", &contents); err != nil {
		return nil, err
	}
	if err := decodePart(b.zip, "xl/_rels/workbook.xml.rels", &links); err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, s := range contents.Sheets {
		b.names = append(b.names, s.Name)
	}
	for _, l := range links.Links {
		target := path.Join("xl", l.Target)
		if strings.HasPrefix(l.Target, "/") {
			target = l.Target[1:]
		}
		found[path.Base(l.Type)] = target
		for _, s := range contents.Sheets {
			if l.ID == s.ID && strings.HasPrefix(target, "xl/worksheets/") {
				b.paths[s.Name] = target
			}
		}
	}
	return found, nil
}

// plainStyles tells of each style whether it shows a whole number as it is written: General, whole numbers, text.
func plainStyles(z *zip.Reader, name string) ([]bool, error) {
	var styles struct {
		Formats []struct {
			Number int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := decodePart(z, name, &styles); err != nil {
		return nil, err
	}
	plain := make([]bool, len(styles.Formats))
	for i, f := range styles.Formats {
		plain[i] = f.Number == 0 || f.Number == 1 || f.Number == 49
	}
	return plain, nil
}

// readPart unpacks one part; its checksum is checked at the end.
func readPart(z *zip.Reader, name string) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var b bytes.Buffer
	if info, err := f.Stat(); err == nil {
		b.Grow(int(min(info.Size(), maxUnzipped)) + bytes.MinRead)
	}
	_, err = b.ReadFrom(io.LimitReader(f, maxUnzipped+1))
	return b.Bytes(), err
}

func decodePart(z *zip.Reader, name string, into any) error {
	f, err := z.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return xml.NewDecoder(io.LimitReader(f, maxUnzipped)).Decode(into)
}

// scanPart finds a sheet's merged cells and its formulas without a value; a sheet that is cut off is an error, since
// excelize would take it for a shorter one.
func scanPart(text []byte) (part, error) {
	p := part{hollow: map[int][]int{}}
	if plain(text) {
		return p, nil
	}
	var cell string
	var formula, value bool
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return part{}, err
		}
		switch el := token.(type) {
		case xml.StartElement:
			switch el.Name.Local {
			case "c":
				cell, formula, value = attribute(el, "r"), false, false
			case "f":
				formula = true
			case "v", "is":
				value = true
			case "mergeCell":
				p.merge(attribute(el, "ref"))
			}
		case xml.EndElement:
			if el.Name.Local == "c" && formula && !value {
				if column, row, err := excelize.CellNameToCoordinates(cell); err == nil {
					p.hollow[row] = append(p.hollow[row], column-1)
				}
			}
		}
	}
}

// plain tells that a sheet is whole and has neither formulas nor merged cells: then it need not be read twice.
func plain(text []byte) bool {
	if !bytes.HasSuffix(bytes.TrimSpace(text), []byte("</worksheet>")) {
		return false
	}
	return !slices.ContainsFunc([]string{"<f", "<mergeCell"}, func(mark string) bool { return bytes.Contains(text, []byte(mark)) })
}

func attribute(el xml.StartElement, name string) string {
	for _, a := range el.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (p *part) merge(ref string) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return
	}
	left, top, err := excelize.CellNameToCoordinates(from)
	right, bottom, err2 := excelize.CellNameToCoordinates(to)
	if err == nil && err2 == nil {
		p.merged = append(p.merged, merge{top: top, left: left - 1, bottom: bottom, right: right - 1})
	}
}
