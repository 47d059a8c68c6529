package table

import (
	"bufio"
	"io"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// cells measures text in terminal cells: a Chinese character takes two. What is ambiguous takes one, on every machine.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// writeText writes for a terminal: columns aligned, figures on the right, a rule below the head.
func writeText(w io.Writer, tables []*Table) error {
	b := bufio.NewWriter(w)
	for i, t := range tables {
		if i > 0 {
			_, _ = b.WriteString("\n") // its errors come from Flush
		}
		t.text(b)
	}
	return b.Flush()
}

func (t *Table) text(b *bufio.Writer) {
	lines := make([][]string, 0, len(t.Rows)+1)
	widths := make([]int, len(t.Columns))
	add := func(cell func(j int) string) {
		line := make([]string, len(t.Columns))
		for j := range line {
			line[j] = oneLine(cell(j))
			widths[j] = max(widths[j], cells.StringWidth(line[j]))
		}
		lines = append(lines, line)
	}
	add(func(j int) string { return t.Columns[j].Title })
	for _, row := range t.Rows {
		add(func(j int) string { return t.words(t.Columns[j].Kind, row[j]) })
	}
	if t.Title != "" {
		_, _ = b.WriteString(oneLine(t.Title) + "\n")
	}
	for i, line := range lines {
		_, _ = b.WriteString(t.line(line, widths))
		if i == 0 {
			rule := make([]string, len(widths))
			for j, n := range widths {
				rule[j] = strings.Repeat("-", n)
			}
			_, _ = b.WriteString(strings.Join(rule, "  ") + "\n")
		}
	}
	for _, note := range t.Notes {
		_, _ = b.WriteString(oneLine(note) + "\n")
	}
}

func (t *Table) line(line []string, widths []int) string {
	var b strings.Builder
	for j, cell := range line {
		pad := strings.Repeat(" ", widths[j]-cells.StringWidth(cell))
		if j > 0 {
			b.WriteString("  ")
		}
		if t.Columns[j].Kind.right() {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

// oneLine keeps a cell on its line, and what somebody typed at a kiosk from steering the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
}
