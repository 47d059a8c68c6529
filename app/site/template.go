package site

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"lobby/views/locale"
)

// templateSheets are the sheets of the template with their columns. A CSV template has all columns in one.
var templateSheets = []struct {
	name    string
	columns []string
}{
	{"zones", []string{"zone", "name", "owner", "households", "shops"}},
	{"buildings", []string{"zone", "building", "households", "shops"}},
	{"places", []string{"building", "entrance", "room", "type"}},
}

// TemplateColumns are the columns of a CSV template, in order.
var TemplateColumns = []string{"type", "zone", "name", "owner", "building", "entrance", "room", "households", "shops"}

// TemplateCSV writes an empty CSV for lobby site import, its heads in the language of ctx, with a byte order mark,
// since it is opened in Excel.
func TemplateCSV(ctx context.Context, out io.Writer) error {
	if _, err := io.WriteString(out, "\ufeff"); err != nil {
		return err
	}
	heads := make([]string, len(TemplateColumns))
	for i, c := range TemplateColumns {
		heads[i] = columnTitle(c, locale.Lang(ctx))
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	if err := w.Write(heads); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// TemplateXLSX writes an empty workbook for lobby site import in the language of ctx: one sheet each for zones,
// buildings and places, and one that explains every column and isn't read. All cells are text, so that no program takes
// 1-2 for a date.
func TemplateXLSX(ctx context.Context, out io.Writer) error {
	lang := locale.Lang(ctx)
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // nothing is unpacked
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: 49})
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	for i, s := range templateSheets {
		name := wordIn(speech().Sheets[s.name], lang)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err != nil {
			return fmt.Errorf("template: %w", err)
		}
		if err := templateSheet(f, name, s.columns, lang, bold, text); err != nil {
			return fmt.Errorf("template: %w", err)
		}
	}
	if err := templateNotes(ctx, f, bold); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	if err := f.Write(out); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return nil
}

func templateSheet(f *excelize.File, name string, columns []string, lang string, bold, text int) error {
	last, err := excelize.ColumnNumberToName(len(columns))
	if err != nil {
		return err
	}
	if err := f.SetColWidth(name, "A", last, 16); err != nil {
		return err
	}
	if err := f.SetColStyle(name, "A:"+last, text); err != nil {
		return err
	}
	for i, c := range columns {
		cell, err := excelize.CoordinatesToCellName(i+1, 1)
		if err != nil {
			return err
		}
		if err := f.SetCellStr(name, cell, columnTitle(c, lang)); err != nil {
			return err
		}
	}
	if err := f.SetCellStyle(name, "A1", last+"1", bold); err != nil {
		return err
	}
	return f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// templateNotes says of each column what belongs into it.
func templateNotes(ctx context.Context, f *excelize.File, bold int) error {
	name := wordIn(speech().Sheets["notes"], locale.Lang(ctx))
	if _, err := f.NewSheet(name); err != nil {
		return err
	}
	if err := f.SetCellStr(name, "A1", locale.T(ctx, "import.template.intro")); err != nil {
		return err
	}
	for i, c := range TemplateColumns {
		row := i + 3
		if err := f.SetCellStr(name, fmt.Sprintf("A%d", row), columnTitle(c, locale.Lang(ctx))); err != nil {
			return err
		}
		if err := f.SetCellStyle(name, fmt.Sprintf("A%d", row), fmt.Sprintf("A%d", row), bold); err != nil {
			return err
		}
		if err := f.SetCellStr(name, fmt.Sprintf("B%d", row), locale.T(ctx, "import.template."+c)); err != nil {
			return err
		}
	}
	return f.SetColWidth(name, "A", "A", 16)
}
