package site

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"lobby/app/kit/fault"
)

const small = "类别,区域,责任人,楼栋,单元,房号\n区域,1,周敏,,,\n楼栋,1,,18#,,\n住户,,,18#,2单元,0201\n商铺,1,,,,07\n"

// encoded gives a text in another encoding.
func encoded(t *testing.T, f func(string) (string, error), text string) []byte {
	t.Helper()
	out, err := f(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

func TestImportReadsWhatOfficesWrite(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"UTF-8":              []byte(small),
		"UTF-8 with a mark":  []byte("\ufeff" + small),
		"GBK":                encoded(t, simplifiedchinese.GBK.NewEncoder().String, small),
		"UTF-16":             encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String, strings.ReplaceAll(small, ",", "\t")),
		"semicolons, CRLF":   []byte(strings.NewReplacer(",", ";", "\n", "\r\n").Replace(small)),
		"quoted":             []byte(strings.NewReplacer("2单元", `"2单元"`, "0201", `"=""0201"""`).Replace(small)),
		"no kinds, English":  []byte("Zone *,Owner,Building,Unit,Room (no.)\n1,周敏,,,\n1,,18,,\n,,18,2,0201\n1,,shops,,7\n"),
		"households first":   []byte("楼栋,区域,单元,房号,责任人\n18#,1,2单元,0201,\n商铺,1,,07,\n,1,,,周敏\n"),
		"titles and a total": []byte("翠园小区\n制表：张三,,2026年\n\n" + small + ",,,,,\n"),
	} {
		t.Run("RESIDENT-3 a spreadsheet is read rightly: "+name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.load(Import{Data: data})
			var got string
			err := b.db.NewRaw(`select string_agg(p.login || ' ' || z.code || ' ' || b.name || ' ' || h.entrance || ' ' || h.room || ' ' || h.kind, ', ' order by h.room)
				from households h join buildings b on b.id = h.building_id join zones z on z.id = b.zone_id join staff p on p.id = z.owner_id`).Scan(t.Context(), &got)
			if want := "supervisor 1 18# 2单元 0201 household, supervisor 1 商铺  07 shop"; err != nil || got != want {
				t.Errorf("%q, want %q (%v)", got, want, err)
			}
		})
	}
}

func TestImportRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := workbook(t, func(f *excelize.File) { rowsOf(t, f, "Sheet1", small) })
	for name, c := range map[string]struct {
		data []byte
		key  string
	}{
		"100 MB and a byte":     {make([]byte, MaxImport+1), "import.large"},
		"a bomb that says so":   {bomb(t, maxUnzipped+1), "import.unzipped"},
		"a bomb in many parts":  {bomb(t, maxUnzipped/2, maxUnzipped/2, 1), "import.unzipped"},
		"a bomb that lies":      {bomb(t, 1000), "import.unreadable"},
		"too many rows":         {[]byte("区域\n" + strings.Repeat("1\n", maxLines+1)), "import.many"},
		"too many cells":        {[]byte(strings.Repeat(strings.Repeat("1,", maxColumns-1)+"1\n", maxCells/maxColumns+1)), "import.many"},
		"too many rows, packed": {rows(t, maxLines+1), "import.many"},
		"an old workbook":       {[]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1..."), "import.old_format"},
		"a workbook cut off":    {good[:len(good)/2], "import.unreadable"},
		"a sheet cut off":       {replace(t, good, "xl/worksheets/sheet1.xml", func(text string) string { return text[:strings.LastIndex(text, "<row")] }), "import.unreadable"},
		"a zip of something":    {[]byte("PK\x03\x04 and nothing more"), "import.unreadable"},
		"neither UTF-8 nor GBK": {[]byte("区域,楼栋\n\xff\xff\xff,1\n"), "import.encoding"},
		"a mark and no UTF-8":   {[]byte("\ufeff区域,楼栋\n\xff,1\n"), "import.encoding"},
		"nothing":               {nil, "import.empty"},
		"a head alone":          {[]byte(csvHead), "import.empty"},
		"no head":               {[]byte("住户,18#,201\n"), "import.bad_rows"},
	} {
		t.Run(name, func(t *testing.T) {
			out := b.refused(c.key, Import{Data: c.data, AcceptDifferences: true})
			if c.key == "import.bad_rows" && !strings.Contains(b.said(out), "No line names the columns") {
				t.Error(b.said(out))
			}
		})
	}
	_, err := b.Import(b.ctx, Import{Data: []byte("区域,楼栋\n1,\n\xff\xff\xff,1\n")})
	if f, ok := fault.As(err); !ok || f.Args["Line"] != 3 {
		t.Errorf("the line is not named: %v", err)
	}
}

// bomb is a workbook whose first sheets say that they unpack to so many bytes; what they really unpack to is 2 MB each.
func bomb(t *testing.T, says ...uint64) []byte {
	t.Helper()
	var sheet bytes.Buffer
	f, err := flate.NewWriter(&sheet, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(append([]byte("<worksheet>"), bytes.Repeat([]byte(" "), 2<<20)...)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	good := workbook(t, func(f *excelize.File) { rowsOf(t, f, "Sheet1", small) })
	in, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i, size := range says {
		name := "xl/worksheets/sheet1.xml"
		if i > 0 {
			name = fmt.Sprintf("xl/media/%d", i)
		}
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: size, CompressedSize64: uint64(sheet.Len())})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(sheet.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range in.File {
		if part.Name == "xl/worksheets/sheet1.xml" {
			continue
		}
		if err := z.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// rows is a workbook with a head and so many rows.
func rows(t *testing.T, many int) []byte {
	t.Helper()
	sheet := `<worksheet><sheetData><row><c t="inlineStr"><is><t>区域</t></is></c></row>` +
		strings.Repeat(`<row><c><v>1</v></c></row>`, many) + `</sheetData></worksheet>`
	return replace(t, workbook(t, func(*excelize.File) {}), "xl/worksheets/sheet1.xml", func(string) string { return sheet })
}

// workbook makes an .xlsx.
func workbook(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rowsOf puts comma-separated lines into a sheet, from its first row.
func rowsOf(t testing.TB, f *excelize.File, sheet, text string) {
	t.Helper()
	for i, l := range strings.Split(strings.TrimSpace(text), "\n") {
		var row []any
		for _, c := range strings.Split(l, ",") {
			row = append(row, c)
		}
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
}

func TestImportWorkbook(t *testing.T) {
	t.Parallel()
	// Zones under a title and a head of two levels; places on another sheet, the building merged over its households,
	// one room by a formula, a gap of empty rows; a third sheet that is empty.
	fill := func(formula func(f *excelize.File)) []byte {
		return workbook(t, func(f *excelize.File) {
			must := func(err error) {
				if err != nil {
					t.Fatal(err)
				}
			}
			rowsOf(t, f, "Sheet1", "翠园小区责任区一览,,,\n区域,责任人,申报,\n,,户数,商铺数\n1,desk,4,0\nall,cashier,4,0")
			must(f.MergeCell("Sheet1", "A1", "D1"))
			must(f.MergeCell("Sheet1", "A2", "A3"))
			must(f.MergeCell("Sheet1", "B2", "B3"))
			must(f.MergeCell("Sheet1", "C2", "D2"))
			for _, name := range []string{"房屋", "Sheet3"} {
				_, err := f.NewSheet(name)
				must(err)
			}
			rowsOf(t, f, "房屋", "区域,楼栋,单元,房号,业主\n1,18#,1,101,张三\n,,,102,\n,,2,101,\n")
			must(f.MergeCell("房屋", "A2", "A4"))
			must(f.MergeCell("房屋", "B2", "B4"))
			must(f.MergeCell("房屋", "C2", "C3"))
			must(f.SetCellValue("房屋", "A9", 1))
			must(f.SetCellValue("房屋", "B9", 25))
			must(f.SetCellValue("房屋", "D9", 3304))
			formula(f)
		})
	}
	t.Run("RESIDENT-3 two sheets, merged heads and cells, numbers and gaps are read as they look", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		out := b.load(Import{Data: fill(func(*excelize.File) {})})
		var got string
		err := b.db.NewRaw(`select string_agg(b.name || h.entrance || h.room, ' ' order by b.name, h.entrance, h.room) from households h join buildings b on b.id = h.building_id`).Scan(t.Context(), &got)
		if want := "18#1单元101 18#1单元102 18#2单元101 25#3304"; err != nil || got != want || out.Zones != 2 || out.Households != 4 {
			t.Errorf("%q, want %q (%v)\n%s", got, want, err, b.said(out))
		}
		if !slices.Equal(out.Ignored, []string{"业主"}) {
			t.Errorf("columns not read: %q", out.Ignored)
		}
	})
	t.Run("RESIDENT-3 a formula counts by its calculated value, and is refused with its line where it has none", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		data := fill(func(f *excelize.File) {
			if err := f.SetCellFormula("房屋", "D9", "3300+4"); err != nil {
				t.Fatal(err)
			}
		})
		calculated := edit(t, data, "xl/worksheets/sheet2.xml", "<f>3300+4</f>", "<f>3300+4</f><v>3304</v>")
		out := b.load(Import{Data: calculated})
		if out.Households != 4 || !strings.Contains(b.said(out), "25#") {
			t.Error(b.said(out))
		}
		empty := edit(t, edit(t, calculated, "xl/worksheets/sheet2.xml", "<v>3304</v>", ""), "xl/worksheets/sheet2.xml", "<v></v>", "")
		out = b.refused("import.bad_rows", Import{Data: empty})
		if said := b.said(out); !strings.HasPrefix(said, "Sheet “房屋”, line 9: room: A formula without a calculated value") {
			t.Error(said)
		}
	})
	t.Run("RESIDENT-3 a further sheet with something else is named, not left out unseen", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		out := b.refused("import.bad_rows", Import{Data: fill(func(f *excelize.File) { rowsOf(t, f, "Sheet3", "值班表,周一\n王芳,早班") })})
		if said := b.said(out); !strings.HasPrefix(said, "Sheet “Sheet3”: No line names the columns") {
			t.Error(said)
		}
	})
}

// edit changes one part of a workbook as another program would have written it.
func edit(t *testing.T, data []byte, part, from, to string) []byte {
	t.Helper()
	return replace(t, data, part, func(text string) string { return strings.ReplaceAll(text, from, to) })
}

// replace puts another text in place of a workbook's part.
func replace(t testing.TB, data []byte, part string, with func(string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		content := text.String()
		if f.Name == part {
			content = with(content)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A large file is decoded piece by piece: characters that lie across two pieces are whole, and the line of a byte that
// belongs to no encoding is told, wherever it is.
func TestDecodeOnTheWay(t *testing.T) {
	t.Parallel()
	gbk := func(text string) string { return string(encoded(t, simplifiedchinese.GBK.NewEncoder().String, text)) }
	row := gbk("区域,楼栋" + strings.Repeat("业", 101) + "\n")
	const many = 3000
	for _, shift := range []string{"", "x", "xy"} {
		lines, err := func() ([]line, error) {
			text, err := decode([]byte(shift + strings.Repeat(row, many)))
			if err != nil {
				return nil, err
			}
			return readCSV(text)
		}()
		if err != nil || len(lines) != many || lines[many-1].cells[1] != "楼栋"+strings.Repeat("业", 98) {
			t.Errorf("shifted by %d: %d lines, %v", len(shift), len(lines), err)
		}
	}
	for _, before := range []int{0, 1, 150, many} {
		text, err := decode([]byte(strings.Repeat(row, before) + "\xff\xff\xff\n" + strings.Repeat(row, 10)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = readCSV(text)
		if f, ok := fault.As(err); !ok || f.Key != "import.encoding" || f.Args["Line"] != before+1 {
			t.Errorf("after %d lines: %v", before, err)
		}
	}
}
