package journeys

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"golang.org/x/text/unicode/norm"

	"lobby/app/boot/boottest"
)

// pdf is what Chromium prints of the page.
func (b *tab) pdf() []byte {
	b.Helper()
	raw, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(func(p *page.PrintToPDFParams) { p.PreferCSSPageSize = new(true) }))
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// Forms come out of the printer as on paper: with their name, number and what was written, and numbers of people masked.
func TestFormsPrint(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pages := flowPages(t, h)
	agent := desk(t, h.base, deskSize, "agent", boottest.Password)
	printed := func(path string) string {
		t.Helper()
		agent.visit(path)
		raw := agent.pdf()
		if !bytes.HasPrefix(raw, []byte("%PDF")) {
			t.Fatalf("%s: no PDF", path)
		}
		return textOfPDF(t, raw)
	}
	t.Run("FORM-1 the service order as PDF has its name, numbers, work and places to sign", func(t *testing.T) {
		text := printed(pages[5])
		for _, words := range []string{"服务单", "F261", "T261", "18#2单元201", "安保部", "查看了录像", "情况属实", "经办人签字", "盖章处", "打印于"} {
			if !strings.Contains(text, words) {
				t.Errorf("%q isn't on it: %s", words, text)
			}
		}
		if strings.Contains(text, "13800138000") || strings.Contains(text, "退出登录") {
			t.Errorf("what doesn't belong on paper is on it: %s", text)
		}
	})
	t.Run("FORM-1 the ticket's record as PDF has its history to the first step", func(t *testing.T) {
		text := printed(pages[0])
		for _, words := range []string{"报事记录表", "保安态度生硬", "登记", "派单", "完工", "处理经过"} {
			if !strings.Contains(text, words) {
				t.Errorf("%q isn't on it: %s", words, text)
			}
		}
		if strings.Contains(text, "13800138000") || strings.Contains(text, "返回列表") {
			t.Errorf("what doesn't belong on paper is on it: %s", text)
		}
	})
}

var (
	pdfObject = regexp.MustCompile(`(?s)(\d+) 0 obj\s(.*?)endobj`)
	pdfStream = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)
	pdfFont   = regexp.MustCompile(`/(F\d+) (\d+) 0 R`)
	pdfMap    = regexp.MustCompile(`/ToUnicode (\d+) 0 R`)
	pdfChar   = regexp.MustCompile(`<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>(?: <([0-9A-Fa-f]+)>)?`)
	pdfText   = regexp.MustCompile(`/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>`)
)

// textOfPDF is the text of a PDF as Chromium writes it, without blanks: glyphs of each font, turned into letters by its table.
func textOfPDF(t *testing.T, raw []byte) string {
	t.Helper()
	objects := map[string][]byte{}
	for _, m := range pdfObject.FindAllSubmatch(raw, -1) {
		objects[string(m[1])] = m[2]
	}
	inflate := func(object []byte) []byte {
		m := pdfStream.FindSubmatch(object)
		if m == nil {
			return nil
		}
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			return m[1]
		}
		out, err := io.ReadAll(r)
		if err != nil {
			return nil
		}
		return out
	}
	fonts := map[string]font{} // by name
	for _, object := range objects {
		for _, m := range pdfFont.FindAllSubmatch(object, -1) {
			if table := pdfMap.FindSubmatch(objects[string(m[2])]); table != nil {
				fonts[string(m[1])] = glyphs(inflate(objects[string(table[1])]))
			}
		}
	}
	var out strings.Builder
	for _, object := range objects {
		name := ""
		for _, m := range pdfText.FindAllSubmatch(inflate(object), -1) {
			if len(m[1]) > 0 {
				name = string(m[1])
				continue
			}
			wide := fonts[name].digits
			for n := 0; wide > 0 && n+wide <= len(m[2]); n += wide {
				out.WriteString(fonts[name].letters[strings.ToUpper(string(m[2][n:n+wide]))])
			}
		}
	}
	return norm.NFKC.String(strings.ReplaceAll(out.String(), " ", "")) // some fonts give a radical in place of its character
}

// font is how one font of a PDF writes: with how many digits a glyph, and which letters each is.
type font struct {
	digits  int
	letters map[string]string
}

// glyphs reads a font's table from glyphs to letters.
func glyphs(table []byte) font {
	out := font{letters: map[string]string{}}
	_, codes, _ := bytes.Cut(table, []byte("endcodespacerange"))
	for _, m := range pdfChar.FindAllSubmatch(codes, -1) {
		from, to, first := hex(m[1]), hex(m[1]), m[2]
		if len(m[3]) > 0 { // a range: first glyph, last glyph, first letter
			to, first = hex(m[2]), m[3]
		}
		out.digits = len(m[1])
		for glyph := from; glyph <= to && glyph-from < 0x10000; glyph++ {
			units := []uint16{}
			for n := 0; n+4 <= len(first); n += 4 {
				units = append(units, uint16(hex(first[n:n+4])))
			}
			if len(units) > 0 {
				units[len(units)-1] += uint16(glyph - from)
			}
			out.letters[fmt.Sprintf("%0*X", out.digits, glyph)] = string(utf16.Decode(units))
		}
	}
	return out
}

func hex(digits []byte) uint64 {
	n, err := strconv.ParseUint(string(digits), 16, 32)
	if err != nil {
		return 0
	}
	return n
}
