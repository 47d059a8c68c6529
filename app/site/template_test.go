package site

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"lobby/views/locale"
)

func TestTemplateIsWhatImportReads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, lang := range locale.Languages {
		ctx := locale.With(t.Context(), lang)
		var sheet, text bytes.Buffer
		if err := TemplateXLSX(ctx, &sheet); err != nil {
			t.Fatal(err)
		}
		if err := TemplateCSV(ctx, &text); err != nil {
			t.Fatal(err)
		}
		b.refused("import.empty", Import{Data: sheet.Bytes()})
		b.refused("import.empty", Import{Data: text.Bytes()})
		f, err := excelize.OpenReader(&sheet)
		if err != nil {
			t.Fatal(err)
		}
		names := f.GetSheetList()
		for j, row := range [][]any{{fmt.Sprint("z", i), "", "desk", 1, 0}, {fmt.Sprint("z", i), fmt.Sprint(i + 1), 1}, {fmt.Sprint(i + 1), "", "101"}} {
			if err := f.SetSheetRow(names[j], "A2", &row); err != nil {
				t.Fatal(err)
			}
		}
		var filled bytes.Buffer
		if err := f.Write(&filled); err != nil {
			t.Fatal(err)
		}
		out := b.load(Import{Data: filled.Bytes()})
		if out.Zones != 1 || out.Buildings != 1 || out.Households != 1 || len(out.Ignored) != 0 {
			t.Errorf("%s: %+v", lang, out)
		}
		fmt.Fprintf(&text, ",y%d,,,,,,1,\r\n,y%d,,,%d#,,101,,\r\n", i, i, 50+i)
		if out := b.load(Import{Data: text.Bytes()}); out.Zones != 1 || out.Households != 1 || len(out.Ignored) != 0 {
			t.Errorf("%s: %+v", lang, out)
		}
	}
}

// TestImportOfManyHouseholds loads 50,000 as a workbook; how long it takes beside a bare insert, make bench measures.
func TestImportOfManyHouseholds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const many = 50_000
	var sheet strings.Builder
	row := func(cells ...string) {
		sheet.WriteString(`<row><c t="str"><v>` + strings.Join(cells, `</v></c><c t="str"><v>`) + `</v></c></row>`)
	}
	sheet.WriteString("<worksheet><sheetData>")
	row("区域", "楼栋", "单元", "房号", "申报户数")
	row("1", "", "", "", strconv.Itoa(many))
	for i := range many {
		row("1", strconv.Itoa(i/500+1), strconv.Itoa(i/100%5+1), strconv.Itoa((i/4%25+1)*100+i%4+1))
	}
	sheet.WriteString("</sheetData></worksheet>")
	data := replace(t, workbook(t, func(*excelize.File) {}), "xl/worksheets/sheet1.xml", func(string) string { return sheet.String() })
	out := b.load(Import{Data: data})
	if out.Households != many || b.counts() != fmt.Sprintf("[1 100 %d 0 1]", many) {
		t.Fatal(b.counts())
	}
}
