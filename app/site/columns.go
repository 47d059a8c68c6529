package site

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/width"

	"lobby/views/locale"
)

// What the heads of a spreadsheet's columns may read, and the words for its kinds of row: the first three of each list
// are those of our own template in zh-CN, zh-TW and English, the others are what offices write.
//
//go:embed columns.json
var columnsFile []byte

type words struct {
	Columns map[string][]string `json:"columns"`
	Kinds   map[string][]string `json:"kinds"`
	All     []string            `json:"all"` // the zone that stands for the whole site
	Sheets  map[string][]string `json:"sheets"`
}

// vocabulary is columns.json, and its heads and kinds the other way round, in their plain form.
type vocabulary struct {
	words
	column map[string]string // head → column
	kind   map[string]string // word → kind
}

var speech = sync.OnceValue(func() vocabulary {
	v := vocabulary{column: map[string]string{}, kind: map[string]string{}}
	if err := json.Unmarshal(columnsFile, &v.words); err != nil {
		panic("site: columns.json: " + err.Error()) // the binary itself is wrong
	}
	for name, heads := range v.Columns {
		for _, h := range heads {
			v.column[plainHead(h)] = name
		}
	}
	for name, kinds := range v.Kinds {
		for _, k := range kinds {
			v.kind[plainHead(k)] = name
		}
	}
	return v
})

// columnTitle is the head that our template gives a column in a language.
func columnTitle(column, lang string) string { return wordIn(speech().Columns[column], lang) }

func wordIn(list []string, lang string) string {
	return list[max(0, slices.Index(locale.Languages, lang))]
}

var headMarks = strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "", "　", "", "*", "", ":", "", "_", "", "\ufeff", "")

// plainHead is a head without what people put around it: spaces, a star for 'required', a remark in brackets.
func plainHead(text string) string {
	text = headMarks.Replace(strings.ToLower(width.Narrow.String(text)))
	if before, _, ok := strings.Cut(text, "("); ok && before != "" {
		return before
	}
	return text
}

// heading says which column of a sheet holds what.
type heading struct {
	at      map[string]int       // column → index
	ignored []string             // heads that we have no use for
	lines   int                  // how many lines the head takes: two where it has a second level under merged cells
	names   map[[2]string]string // column and text → name of a place, made once
}

// findHeading looks for the head below titles and remarks; ok is false where the sheet has none within its first
// lines. A head of two levels (申报 over 户数 and 商铺数) is read by its lower one.
func findHeading(lines []line) (h heading, first int, ok bool) {
	for i := range min(len(lines), 20) {
		one := readHeading(lines[i].cells)
		if len(one.at) < 2 || !one.usable() {
			continue
		}
		if i+1 < len(lines) {
			if two, ok := secondLevel(lines[i], lines[i+1]); ok {
				one = two
			}
		}
		return one, i, true
	}
	return h, 0, false
}

func (h heading) usable() bool {
	_, zone := h.at["zone"]
	_, building := h.at["building"]
	return zone || building
}

func readHeading(cells []string) heading {
	h := heading{at: map[string]int{}, lines: 1, names: map[[2]string]string{}}
	for i, text := range cells {
		if plainHead(text) == "" {
			continue
		}
		name, known := speech().column[plainHead(text)]
		if _, twice := h.at[name]; !known || twice {
			h.ignored = append(h.ignored, strings.TrimSpace(text))
			continue
		}
		h.at[name] = i
	}
	return h
}

// secondLevel joins a head with the line below it, where every word there is a head and names a column that the
// first line leaves unnamed.
func secondLevel(upper, lower line) (heading, bool) {
	joined := slices.Clone(upper.cells)
	for len(joined) < len(lower.cells) {
		joined = append(joined, "")
	}
	found := false
	for i, text := range lower.cells {
		word := plainHead(text)
		if word == "" || word == plainHead(joined[i]) { // a head that is merged over both lines
			continue
		}
		_, known := speech().column[word]
		_, named := speech().column[plainHead(joined[i])]
		if !known || named {
			return heading{}, false
		}
		joined[i], found = text, true
	}
	h := readHeading(joined)
	h.lines = 2
	return h, found
}
