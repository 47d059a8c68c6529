package table

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"github.com/xuri/excelize/v2"
)

// writeXLSX writes a workbook with one sheet per table: the title in the first line, the head in the second and fixed,
// cells of their own type, so that Excel can calculate with them. Text is never a formula.
func writeXLSX(w io.Writer, tables []*Table) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	used := map[string]bool{}
	for i, t := range tables {
		name := sheetName(t, i, used)
		if i == 0 {
			if err := f.SetSheetName("Sheet1", name); err != nil {
				return fmt.Errorf("workbook: %w", err)
			}
		} else if _, err := f.NewSheet(name); err != nil {
			return fmt.Errorf("workbook: %w", err)
		}
		if err := t.sheet(f, name); err != nil {
			return fmt.Errorf("workbook: %s: %w", t.Key, err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}

// sheetName is the title within what Excel allows: 31 characters without []:*?/\ and quotes at the ends, each once.
func sheetName(t *Table, i int, used map[string]bool) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) || r < ' ' {
			return ' '
		}
		return r
	}, t.Title), "' ")
	suffix := ""
	for n := 2; name == "" || used[strings.ToLower(clip(name, suffix))]; n++ {
		if name == "" {
			name = fmt.Sprintf("%d", i+1)
			continue
		}
		suffix = fmt.Sprintf(" (%d)", n)
	}
	name = clip(name, suffix)
	used[strings.ToLower(name)] = true
	return name
}

func clip(name, suffix string) string {
	room := 31 - utf8.RuneCountInString(suffix)
	if r := []rune(name); len(r) > room {
		name = strings.TrimRight(string(r[:room]), " '")
	}
	return name + suffix
}

// formats are Excel's number formats of the kinds.
var formats = map[Kind]string{
	Text: "@", Masked: "@", Number: "0", Money: "#,##0.00", Share: "0.0%", Time: "yyyy-mm-dd hh:mm", Date: "yyyy-mm-dd", Duration: "[h]:mm",
}

func (t *Table) sheet(f *excelize.File, name string) error {
	s, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	styles := make([]int, len(t.Columns))
	for j, c := range t.Columns {
		format := formats[c.Kind]
		if styles[j], err = f.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return err
		}
		if err := s.SetColWidth(j+1, j+1, t.width(j)); err != nil {
			return err
		}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	line := 0
	put := func(values []any) error {
		line++
		return s.SetRow(fmt.Sprintf("A%d", line), values)
	}
	head := make([]any, len(t.Columns))
	for j, c := range t.Columns {
		head[j] = excelize.Cell{StyleID: bold, Value: c.Title}
	}
	if err := put([]any{excelize.Cell{StyleID: bold, Value: t.Title}}); err != nil {
		return err
	}
	if err := put(head); err != nil {
		return err
	}
	for _, row := range t.Rows {
		values := make([]any, len(row))
		for j, cell := range row {
			if cell != nil {
				values[j] = excelize.Cell{StyleID: styles[j], Value: t.typed(t.Columns[j].Kind, cell)}
			}
		}
		if err := put(values); err != nil {
			return err
		}
	}
	line++
	for _, note := range t.Notes {
		if err := put([]any{note}); err != nil {
			return err
		}
	}
	return s.Flush()
}

// width is a column's width by its head and kind, in characters.
func (t *Table) width(j int) float64 {
	least := map[Kind]int{Text: 14, Masked: 16, Time: 17, Date: 12}[t.Columns[j].Kind]
	return float64(max(least, 10, runewidth.StringWidth(t.Columns[j].Title)+2))
}

// typed is the value that Excel calculates with. Times have no zone there, so it is the clock's reading in the table's.
func (t *Table) typed(k Kind, cell any) any {
	switch v := cell.(type) {
	case Label:
		return v.Words
	case int64:
		if k == Money {
			return float64(v) / 100 // Excel has nothing but floats; two places are shown
		}
	case time.Time:
		local := v.In(t.zone())
		wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
		if k == Date {
			wall = time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
		}
		return wall
	case time.Duration:
		return v.Seconds() / (24 * time.Hour).Seconds()
	}
	return cell
}
