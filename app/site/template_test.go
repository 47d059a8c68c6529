package site

import (
	"bytes"
	"fmt"
	"testing"
	"time"

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

// TestImportOfManyHouseholds loads 50,000 as a workbook, in statements for many rows each; a bare insert of the same
// rows stands beside it for the figures.
func TestImportOfManyHouseholds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const many = 50_000
	data := workbook(t, func(f *excelize.File) {
		w, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			t.Fatal(err)
		}
		row := 0
		put := func(cells ...any) {
			row++
			if err := w.SetRow(fmt.Sprintf("A%d", row), cells); err != nil {
				t.Fatal(err)
			}
		}
		put("区域", "楼栋", "单元", "房号", "申报户数")
		put("1", nil, nil, nil, many)
		for i := range many {
			put("1", fmt.Sprintf("%d#", i/500+1), fmt.Sprintf("%d单元", i/100%5+1), fmt.Sprintf("%d%02d", i/4%25+1, i%4+1))
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	})
	sheets, err := read(data)
	if err != nil || len(sheets[0].lines) != many+2 {
		t.Fatal(len(sheets[0].lines), err)
	}
	start := time.Now()
	out := b.load(Import{Data: data})
	took := time.Since(start)
	if out.Households != many || b.counts() != fmt.Sprintf("[1 100 %d 0 1]", many) {
		t.Fatal(b.counts())
	}
	start = time.Now()
	if out := b.load(Import{Data: data}); out.Loaded {
		t.Error("the same again changed something")
	}
	again := time.Since(start)
	start = time.Now()
	_, err = b.db.NewRaw(`insert into households (site_id, building_id, entrance, room, kind)
		select site_id, building_id, entrance || 'x', room, kind from households`).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d households: import %v, the same again %v; a bare insert of the same rows %v", many, took, again, time.Since(start))
	if took > 2*time.Minute {
		t.Errorf("%v for %d households", took, many)
	}
}
