package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

var shanghai = time.FixedZone("CST", 8*3600)

func sample() *Table {
	t := &Table{Key: "sample", Title: "访客登记表", Zone: shanghai, Notes: []string{"共 2 人次"}, Columns: []Column{
		{"name", "姓名", Text}, {"people", "人数", Number}, {"deposit", "押金", Money}, {"share", "占比", Share},
		{"arrived", "到访时间", Time}, {"day", "日期", Date}, {"stay", "停留", Duration}, {"phone", "电话", Masked},
	}}
	at := time.Date(2026, 11, 22, 16, 5, 0, 0, time.UTC) // past midnight in the zone
	t.Add("王**", 2, int64(1250), 0.375, at, at, 26*time.Hour+5*time.Minute, "138****1234")
	t.Add("=HYPERLINK(\"http://x\")", int64(-3), int64(-5), 1.0, nil, at, 29*time.Second, "+852 ****4567")
	return t
}

func write(t *testing.T, f Format, tables ...*Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, tables...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCSV(t *testing.T) {
	t.Parallel()
	raw := write(t, CSV, sample())
	if !bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")) || !bytes.Contains(raw, []byte("\r\n")) {
		t.Fatal("no byte order mark or no CRLF")
	}
	rows, err := csv.NewReader(bytes.NewReader(raw[3:])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"姓名", "人数", "押金", "占比", "到访时间", "日期", "停留", "电话"},
		{"王**", "2", "12.50", "37.5%", "2026-11-23 00:05", "2026-11-23", "26:05", "138****1234"},
		{"'=HYPERLINK(\"http://x\")", "-3", "-0.05", "100.0%", "", "2026-11-23", "0:00", "'+852 ****4567"},
	}
	if fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Fatalf("%q", rows)
	}
	several := string(write(t, CSV, sample(), sample()))
	if strings.Count(several, "访客登记表\r\n") != 2 || !strings.Contains(several, "\r\n\r\n访客登记表") {
		t.Fatalf("%q", several)
	}
}

func TestNoFormulaGetsIntoCSV(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[ \t\r\n]{0,2}[=+\-@|%＝a王]?.{0,5}`).Draw(rt, "text")
		guarded := guard(text)
		if !strings.HasSuffix(guarded, text) || len(guarded) > len(text)+1 {
			rt.Fatalf("%q became %q", text, guarded)
		}
		if s := strings.TrimSpace(guarded); s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
			rt.Fatalf("%q stays a formula", guarded)
		}
	})
}

func TestJSON(t *testing.T) {
	t.Parallel()
	raw := write(t, JSON, sample())
	var got []struct {
		Key, Title string
		Columns    []struct{ Key, Title, Kind string }
		Rows       []map[string]any
		Notes      []string
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	one := got[0].Rows[0]
	if one["name"] != "王**" || one["people"] != 2.0 || one["deposit"] != 12.5 || one["share"] != 0.375 || one["day"] != "2026-11-23" ||
		one["arrived"] != "2026-11-23T00:05:00+08:00" || one["stay"] != 93900.0 || got[0].Columns[7].Kind != "masked" || got[0].Notes[0] != "共 2 人次" {
		t.Fatalf("%s", raw)
	}
	if v, there := got[0].Rows[1]["arrived"]; !there || v != nil {
		t.Fatalf("an empty cell is null: %s", raw)
	}
	if i := bytes.Index(raw, []byte(`"name": "王`)); i < 0 || bytes.Index(raw[i:], []byte(`"people"`)) > bytes.Index(raw[i:], []byte(`"deposit"`)) {
		t.Fatalf("keys aren't in the order of the columns: %s", raw)
	}
	if empty := write(t, JSON, &Table{Key: "x"}); !bytes.Contains(empty, []byte(`"rows": []`)) || !bytes.Contains(empty, []byte(`"columns": []`)) {
		t.Fatalf("%s", empty)
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	tab := &Table{Key: "x", Title: "x", Columns: []Column{{"kind", "类别", Text}}}
	tab.Add(Label{"repair", "=报修"})
	if got := string(write(t, JSON, tab)); !strings.Contains(got, `"kind": "repair"`) {
		t.Error(got)
	}
	if got := string(write(t, CSV, tab)); !strings.Contains(got, "'=报修") {
		t.Error(got)
	}
	if got := string(write(t, Terminal, tab)); !strings.Contains(got, "=报修") {
		t.Error(got)
	}
	f, err := excelize.OpenReader(bytes.NewReader(write(t, XLSX, tab)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := f.GetCellValue("x", "A3"); got != "=报修" {
		t.Error(got, err)
	}
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	second := sample()
	second.Title = "访客登记表" // the same name again
	f, err := excelize.OpenReader(bytes.NewReader(write(t, XLSX, sample(), second)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); fmt.Sprint(got) != "[访客登记表 访客登记表 (2)]" {
		t.Fatalf("%q", got)
	}
	shown, err := f.GetRows("访客登记表")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"访客登记表"},
		{"姓名", "人数", "押金", "占比", "到访时间", "日期", "停留", "电话"},
		{"王**", "2", "12.50", "37.5%", "2026-11-23 00:05", "2026-11-23", "26:05", "138****1234"},
		{"=HYPERLINK(\"http://x\")", "-3", "-0.05", "100.0%", "", "2026-11-23", "0:00", "+852 ****4567"},
		{},
		{"共 2 人次"},
	}
	if fmt.Sprintf("%q", shown) != fmt.Sprintf("%q", want) {
		t.Fatalf("%q", shown)
	}
	for cell, kind := range map[string]excelize.CellType{"A3": excelize.CellTypeInlineString, "A4": excelize.CellTypeInlineString, "B3": excelize.CellTypeUnset,
		"C3": excelize.CellTypeUnset, "E3": excelize.CellTypeUnset, "G3": excelize.CellTypeUnset} {
		if got, err := f.GetCellType("访客登记表", cell); err != nil || got != kind {
			t.Errorf("%s has type %v, want %v (%v)", cell, got, kind, err)
		}
	}
	if formula, err := f.GetCellFormula("访客登记表", "A4"); err != nil || formula != "" {
		t.Fatalf("a visitor's text became the formula %q", formula)
	}
	raw, err := f.GetCellValue("访客登记表", "E3", excelize.Options{RawCellValue: true})
	if err != nil || !strings.HasPrefix(raw, "46349.00347") {
		t.Fatalf("the time is no number that Excel calculates with: %s", raw)
	}
}

func TestSheetNames(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		title := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a:/ ']{0,3}`), rapid.StringMatching(`访{25,40}`)).Draw(rt, "title")
		name := sheetName(&Table{Title: title}, 0, used)
		if n := len([]rune(name)); n == 0 || n > 31 || strings.ContainsAny(name, `[]:*?/\`) {
			rt.Fatalf("%q became %q", title, name)
		}
	})
}

func TestText(t *testing.T) {
	t.Parallel()
	tab := &Table{Title: "工单", Columns: []Column{{"kind", "类别", Text}, {"n", "件数", Number}, {"note", "备注", Text}}, Notes: []string{"完"}}
	tab.Add("报修", 12, "灯\x1b[31m坏了\n请修")
	tab.Add("help", 7, "")
	want := "工单\n" +
		"类别  件数  备注\n" +
		"----  ----  ----------------\n" +
		"报修    12  灯 [31m坏了 请修\n" +
		"help     7\n" +
		"完\n"
	if got := string(write(t, Terminal, tab)); got != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWrongCellsAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range [][]any{{}, {"a", "b"}, {"a", 1.5}, {1, 1}, {"a", 1, 1}} {
		tab := &Table{Key: "x", Columns: []Column{{"a", "A", Text}, {"n", "N", Number}}, Rows: [][]any{row}}
		for _, f := range Formats {
			if err := Write(&bytes.Buffer{}, f, tab); err == nil {
				t.Errorf("%v was written as %s", row, f)
			}
		}
	}
	if err := Write(&bytes.Buffer{}, "pdf"); err == nil {
		t.Error("pdf was written")
	}
}
