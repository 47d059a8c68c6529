package site

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"lobby/app/kit/fault"
)

const (
	// MaxImport is how many bytes a spreadsheet may have.
	MaxImport = 100 << 20
	// maxLines is how many lines all sheets together may have: four times the largest compounds there are.
	maxLines = 200_000
	// maxColumns is how many columns of a line are looked at.
	maxColumns = 200
	// maxCells is how many cells all lines of a sheet may have: with it a file takes bounded memory, whatever it holds.
	maxCells = 20 * maxLines
)

// line is one line of a sheet as the file has it.
type line struct {
	number int // as a spreadsheet program counts: the first is 1
	cells  []string
	hollow []int  // columns whose formula has no calculated value
	broken string // key of what is wrong with the whole line
}

// sheet is one sheet of a workbook; a CSV file is one without a name.
type sheet struct {
	name  string
	lines []line // those with something in them
}

// read takes a spreadsheet apart. What it is, the content says, not the file's name: a workbook, or text.
func read(data []byte) ([]sheet, error) {
	switch {
	case len(data) > MaxImport:
		return nil, fault.New(fault.TooLarge, "import.large", fault.Args{"Max": MaxImport >> 20})
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readWorkbook(data)
	case bytes.HasPrefix(data, []byte{0xD0, 0xCF, 0x11, 0xE0}): // an .xls, or a workbook behind a password
		return nil, fault.New(fault.Invalid, "import.old_format")
	}
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	lines, err := readCSV(text)
	return []sheet{{lines: lines}}, err
}

// decode makes UTF-8 of what spreadsheet programs write: UTF-8 with and without a byte order mark, UTF-16 with one, and
// what isn't UTF-8 is GBK, which Excel writes in China (read as GB18030, which contains it). It is decoded on the way,
// so that a large file doesn't stand in memory twice.
func decode(data []byte) (io.Reader, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		if data = data[3:]; utf8.Valid(data) {
			return bytes.NewReader(data), nil
		}
		return nil, fault.New(fault.Invalid, "import.encoding", fault.Args{"Line": lineOfBreak(data)})
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case utf8.Valid(data):
		return bytes.NewReader(data), nil
	default:
		from = simplifiedchinese.GB18030
	}
	return &strict{r: transform.NewReader(bytes.NewReader(data), from.NewDecoder()), line: 1}, nil
}

// strict refuses text with bytes in it that belong to no encoding, for which a decoder writes U+FFFD.
type strict struct {
	r    io.Reader
	line int
	tail []byte // the first bytes of a character that the piece before ended in
}

func (s *strict) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	piece := append(s.tail, b[:n]...)
	if i := bytes.Index(piece, []byte("\ufffd")); i >= 0 {
		return 0, fault.New(fault.Invalid, "import.encoding", fault.Args{"Line": s.line + bytes.Count(piece[:i], []byte("\n"))})
	}
	keep := min(len(piece), utf8.UTFMax-1)
	s.line += bytes.Count(piece[:len(piece)-keep], []byte("\n"))
	s.tail = append(s.tail[:0:0], piece[len(piece)-keep:]...)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fault.Wrap(err, fault.Invalid, "import.encoding", fault.Args{"Line": s.line})
	}
	return n, err
}

func lineOfBreak(data []byte) int {
	n := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return n
		}
		if r == '\n' {
			n++
		}
		data = data[size:]
	}
	return n
}

// readCSV reads text with commas, semicolons or tabs between its columns.
func readCSV(text io.Reader) ([]line, error) {
	in := bufio.NewReaderSize(text, 64<<10)
	beginning, err := in.Peek(in.Size())
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r := csv.NewReader(in)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = separator(beginning), -1, false
	var lines []line
	stand := 0 // cells
	for {
		start := r.InputOffset()
		cells, err := r.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return lines, nil
		case errors.As(err, &wrong):
			lines = append(lines, line{number: wrong.StartLine, broken: "import.row.quotes"})
			continue
		case err != nil:
			return nil, err
		}
		n, _ := r.FieldPos(0)
		l := line{number: n, cells: cells[:min(len(cells), maxColumns)]}
		for i, c := range l.cells {
			l.cells[i] = short(asText(c), r.InputOffset()-start > 4*maxCell)
			if strings.HasPrefix(l.cells[i], "=") {
				l.hollow = append(l.hollow, i)
			}
		}
		if !l.blank() {
			lines = append(lines, l)
		}
		if stand += len(l.cells); len(lines) > maxLines || stand > maxCells {
			return nil, tooMany()
		}
	}
}

// maxCell is how many bytes of a cell are kept: more than any name may have, so that too long a one is seen.
const maxCell = 300

// short gives the beginning of a long text. apart gives it memory of its own, so that the rest of a long line goes.
func short(text string, apart bool) string {
	if len(text) > maxCell {
		text, apart = strings.ToValidUTF8(text[:maxCell], ""), true
	}
	if apart {
		return strings.Clone(text)
	}
	return text
}

func tooMany() error {
	return fault.New(fault.TooLarge, "import.many", fault.Args{"Max": maxLines})
}

// asText opens ="0201", with which people keep Excel from taking a text for a number.
func asText(cell string) string {
	if len(cell) >= 3 && strings.HasPrefix(cell, `="`) && strings.HasSuffix(cell, `"`) && strings.Count(cell, `"`) == 2 {
		return cell[2 : len(cell)-1]
	}
	return cell
}

// separator is the one of , ; and tab that the first line with any of them has most of.
func separator(text []byte) rune {
	for first := range bytes.Lines(text) {
		best, most := ',', 0
		for _, c := range []rune{',', ';', '\t'} {
			if n := bytes.Count(first, []byte(string(c))); n > most {
				best, most = c, n
			}
		}
		if most > 0 {
			return best
		}
	}
	return ','
}

// blank tells that nobody wrote anything into the line.
func (l line) blank() bool {
	if l.broken != "" || len(l.hollow) > 0 {
		return false
	}
	for _, c := range l.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}
