package site

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// slow reads a workbook's first sheet with excelize alone.
func slow(t interface{ Fatal(...any) }, data []byte) []line {
	b, err := openBook(data)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	b.plain = false
	lines, err := b.read(b.names[0], b.paths[b.names[0]], maxLines)
	if err != nil {
		t.Fatal(err)
	}
	return shape(lines)
}

// fast reads it with the scanner alone; false where it gives the sheet up.
func fast(t interface{ Fatal(...any) }, data []byte) ([]line, bool) {
	b, err := openBook(data)
	if err != nil {
		t.Fatal(err)
	}
	text, err := readPart(b.zip, b.paths[b.names[0]])
	if err != nil {
		t.Fatal(err)
	}
	s := sheetScan{shared: b.shared, general: b.general, room: maxLines}
	if !b.plain || !s.scan(text) || !s.whole {
		return nil, false
	}
	lines := s.merged()
	return shape(lines), s.sure(lines)
}

// shape leaves out what makes no difference: empty cells at the end of a line.
func shape(lines []line) []line {
	for i := range lines {
		c := lines[i].cells
		for len(c) > 0 && c[len(c)-1] == "" {
			c = c[:len(c)-1]
		}
		lines[i].cells = append([]string{}, c...)
		lines[i].hollow = append([]int{}, lines[i].hollow...)
	}
	return lines
}

// The scanner reads a sheet as excelize does, or not at all.
func TestScannerReadsAsExcelizeDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := excelize.NewFile()
		defer f.Close()
		styles := []int{0}
		for _, format := range []int{1, 2, 14, 22, 49} {
			s, err := f.NewStyle(&excelize.Style{NumFmt: format})
			if err != nil {
				t.Fatal(err)
			}
			styles = append(styles, s)
		}
		heads := []string{"区域", "楼栋", "房号", "面积"}
		if err := f.SetSheetRow("Sheet1", "A1", &heads); err != nil {
			t.Fatal(err)
		}
		text := rapid.OneOf(rapid.SampledFrom([]string{"", " ", "18#", "2单元", "<&>\"'", "a\nb", "_x000D_", "０１", "#REF!", "201 "}), rapid.StringN(0, 8, 20))
		for range rapid.IntRange(0, 12).Draw(t, "cells") {
			at := fmt.Sprintf("%c%d", 'A'+rapid.IntRange(0, 3).Draw(t, "column"), rapid.IntRange(1, 8).Draw(t, "row"))
			var err error
			switch rapid.IntRange(0, 6).Draw(t, "sort") {
			case 0:
				err = f.SetCellStr("Sheet1", at, strings.Map(printable, text.Draw(t, "text")))
			case 1:
				err = f.SetCellInt("Sheet1", at, rapid.Int64Range(-5, 2_000_000).Draw(t, "int"))
			case 2:
				err = f.SetCellFloat("Sheet1", at, rapid.SampledFrom([]float64{0.5, 89.5, 1e21, 201.0}).Draw(t, "float"), -1, 64)
			case 3:
				err = f.SetCellBool("Sheet1", at, rapid.Bool().Draw(t, "bool"))
			case 4:
				err = f.SetCellFormula("Sheet1", at, "1+2")
			case 5:
				err = f.SetCellStyle("Sheet1", at, at, rapid.SampledFrom(styles).Draw(t, "style"))
			case 6:
				err = f.MergeCell("Sheet1", at, fmt.Sprintf("%c%d", at[0]+1, int(at[1]-'0')+rapid.IntRange(0, 2).Draw(t, "tall")))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		b, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := fast(t, b.Bytes())
		if !ok {
			return
		}
		want := slow(t, b.Bytes())
		if h, _, found := findHeading(want); found { // columns that are not read may look as they like
			for _, lines := range [][]line{got, want} {
				for i := range lines {
					for c := range lines[i].cells {
						used := false
						for _, column := range h.at {
							used = used || column == c
						}
						if !used {
							lines[i].cells[c] = ""
						}
					}
				}
			}
			got, want = present(shape(got)), present(shape(want))
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("scanned\n%+v\nexcelize\n%+v", got, want)
		}
	})
}

// present leaves out lines in which nothing that is read stands.
func present(lines []line) []line {
	var out []line
	for _, l := range lines {
		if !l.blank() {
			out = append(out, l)
		}
	}
	return out
}

func printable(r rune) rune {
	if r < ' ' && r != '\n' || r == '\ufffd' || r >= 0xd800 && r < 0xe000 || r == '\ufffe' || r == '\uffff' {
		return -1
	}
	return r
}

// What other programs write, cell by cell.
func TestScannerGivesUpWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	const head = `<?xml version="1.0"?><worksheet xmlns="x"><sheetData>`
	for _, c := range []struct {
		rows string
		want string // cells with | between, lines with /; "!" where excelize has to read it
	}{
		{`<row r="2"><c r="B2" t="inlineStr"><is><r><t>18</t></r><r><t>#</t></r><rPh><t>no</t></rPh></is></c></row>`, "2:|18#"},
		{`<row><c t="str"><f>A1</f><v>a&amp;b &#x4e00;</v></c><c/><c><v>7</v></c></row>`, "1:a&b 一||7"},
		{`<row r="3" spans="1:2"><c r="A3" s="1"><v>7</v></c><c r="C3" t="s"><v>1</v></c></row><row/><row><c><v>1</v></c></row>`, "3:7||one/5:1"},
		{`<row><c><f>1+1</f></c><c t="str"><f>""</f><v></v></c></row>`, "1:0"},
		{`<row><c t="e"><v>#REF!</v></c><c t="b"><v>1</v></c><c t="d"><v>2026-01-02</v></c></row>`, "1:#REF!|TRUE|2026-01-02"},
		{`<row><c t="s"><v>99</v></c></row>`, "!"},
		{`<x:row><c><v>1</v></c></x:row>`, "!"},
		{`<row r='1'><c><v>1</v></c></row>`, "!"},
		{`<row><!-- a --><c><v>1</v></c></row>`, "!"},
		{`<row><c t="inlineStr"><is><t><![CDATA[a]]></t></is></c></row>`, "!"},
		{`<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>`, "!"},
		{`<row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>`, "!"},
		{`<row><c t="inlineStr"><is><t>_x000D_</t></is></c></row>`, "!"},
		{`<row><c><v>1</v>`, "!"},
		{`<row a=">" b="1"><c><v>1</v></c></row>`, "1:1"},
	} {
		s := sheetScan{shared: []string{"nought", "one"}, general: []bool{true, true}, room: 10}
		ok := s.scan([]byte(head + c.rows + `</sheetData></worksheet>`))
		var lines []string
		for _, l := range s.lines {
			text := strings.Join(l.cells, "|")
			if len(l.hollow) > 0 {
				text += fmt.Sprint(l.hollow[0])
			}
			lines = append(lines, fmt.Sprintf("%d:%s", l.number, text))
		}
		got := strings.Join(lines, "/")
		if !ok {
			got = "!"
		}
		if got != c.want {
			t.Errorf("%s\n%s, want %s", c.rows, got, c.want)
		}
	}
	whole := head + `<row><c><v>1</v></c></row></sheetData></worksheet>`
	for cut := range len(whole) - len(`</worksheet>`) {
		s := sheetScan{room: 10}
		if s.scan([]byte(whole[:cut])) && s.whole {
			t.Fatalf("cut off at %d it is taken for whole", cut)
		}
	}
}
