package site

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/width"

	"lobby/app/kit/fault"
)

// entry is one row of a spreadsheet, read.
type entry struct {
	kind              string // zone, building, household, shop
	sheet             string
	line              int
	bad               bool // something of it is wrong; what it says of zones and buildings still holds for other rows
	zone, name, owner string
	place             Place
	households, shops *int // as declared
}

// all is the code of the zone that stands for the whole site.
const all = "all"

// row reads one line under its head, with everything that is wrong with it.
func (h heading) row(l line) (entry, []fault.Field) {
	var wrong fault.Fields
	if l.broken != "" {
		wrong.Add("", l.broken)
		return entry{}, wrong
	}
	e := entry{line: l.number}
	e.zone = h.text(l, "zone", 20, &wrong)
	if slices.Contains(speech().All, strings.ToLower(e.zone)) {
		e.zone = all
	}
	e.name = h.text(l, "name", 60, &wrong)
	e.owner = h.text(l, "owner", 60, &wrong)
	e.place.Building = h.once(buildingName, "building", h.text(l, "building", 40, &wrong))
	e.place.Entrance = h.once(entranceName, "entrance", h.text(l, "entrance", 40, &wrong))
	e.place.Room = roomName(h.text(l, "room", 40, &wrong))
	e.households = h.number(l, "households", &wrong)
	e.shops = h.number(l, "shops", &wrong)
	e.kind = h.kind(l, &e, &wrong)
	e.place.Shop = e.kind == "shop"
	if e.place.Shop && e.place.Building == "" {
		e.place.Building = ShopRow
	}
	e.place.Room = roomIn(e.place.Building, e.place.Room)
	e.whole(&wrong)
	return e, wrong
}

// kind is what the row says it is, or what it can only be by what it has.
func (h heading) kind(l line, e *entry, wrong *fault.Fields) string {
	if word := h.text(l, "type", 20, wrong); word != "" {
		kind, known := speech().kind[plainHead(word)]
		if !known {
			wrong.Add("type", "import.row.kind")
		}
		return kind
	}
	switch {
	case e.place.Room != "" && e.place.Building == ShopRow:
		return "shop"
	case e.place.Room != "":
		return "household"
	case e.place.Building != "" || h.filled(l, "entrance"):
		return "building"
	}
	return "zone"
}

var (
	// need is what a row of a kind can't do without, unfit what has no place in it.
	need  = map[string][]string{"zone": {"zone"}, "building": {"building"}, "household": {"building", "room"}, "shop": {"room"}}
	unfit = map[string][]string{
		"zone":      {"building", "entrance", "room"},
		"building":  {"name", "owner", "entrance", "room"},
		"household": {"name", "owner", "households", "shops"},
		"shop":      {"name", "owner", "households", "shops"},
	}
)

// has tells whether the row says something in a column.
func (e *entry) has(column string) bool {
	switch column {
	case "zone":
		return e.zone != ""
	case "name":
		return e.name != ""
	case "owner":
		return e.owner != ""
	case "building":
		return e.place.Building != ""
	case "entrance":
		return e.place.Entrance != ""
	case "room":
		return e.place.Room != ""
	case "households":
		return e.households != nil
	}
	return e.shops != nil
}

// whole notes what the row lacks, and what has no place in a row of its kind.
func (e *entry) whole(wrong *fault.Fields) {
	for _, column := range need[e.kind] {
		if !e.has(column) && !wrong.Has(column) {
			wrong.Add(column, "fault.field.required")
		}
	}
	for _, column := range unfit[e.kind] {
		if e.has(column) && !wrong.Has(column) {
			wrong.Add(column, "import.row.unfit."+e.kind)
		}
	}
	if e.zone == all && e.kind != "zone" {
		wrong.Add("zone", "import.row.all")
	}
}

func (h heading) filled(l line, column string) bool {
	i, there := h.at[column]
	return there && i < len(l.cells) && strings.TrimSpace(l.cells[i]) != ""
}

var (
	// What a spreadsheet program makes of 1-2 and 1-2-201 when nobody tells it that they are text.
	dated = regexp.MustCompile(`(?i)^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$|^\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d|月\d{1,2}日$|^\d{4}年`)
	// 201.0, as programs write numbers.
	whole = regexp.MustCompile(`^(\d+)\.0+$`)
	// 2.01E+05: the digits that were there are lost.
	powers = regexp.MustCompile(`(?i)^\d(?:\.\d+)?e\+\d+$`)

	cellErrors = []string{"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)

// text takes one cell as a name.
func (h heading) text(l line, column string, longest int, wrong *fault.Fields) string {
	i, there := h.at[column]
	switch {
	case !there:
		return ""
	case slices.Contains(l.hollow, i):
		wrong.Add(column, "import.row.formula")
		return ""
	case i >= len(l.cells):
		return ""
	}
	text := wrong.Line(column, l.cells[i], longest, false)
	if strings.HasPrefix(text, "#") && slices.Contains(cellErrors, strings.ToUpper(text)) {
		wrong.Add(column, "import.row.error", fault.Args{"Error": strings.ToUpper(text)})
		return ""
	}
	if !strings.ContainsAny(text, "-/.+月年") { // nearly all are names and numbers
		return text
	}
	if dated.MatchString(text) || powers.MatchString(text) {
		wrong.Add(column, "import.row.date", fault.Args{"Text": text})
	}
	if m := whole.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return text
}

// number takes one cell as a declared total; an empty one declares nothing.
func (h heading) number(l line, column string, wrong *fault.Fields) *int {
	text := h.text(l, column, 20, wrong)
	if text == "" || wrong.Has(column) {
		return nil
	}
	plain := strings.NewReplacer(",", "", " ", "").Replace(width.Narrow.String(text))
	n, err := strconv.Atoi(strings.TrimRight(plain, "户戶间間家套"))
	if err != nil || n < 0 || n > 10_000_000 {
		wrong.Add(column, "import.row.number")
		return nil
	}
	return &n
}

// once makes a name of a column's text, the first time that this text comes: a building stands in hundreds of rows.
func (h heading) once(name func(string) string, column, text string) string {
	if made, known := h.names[[2]string{column, text}]; known {
		return made
	}
	made := name(text)
	h.names[[2]string{column, text}] = made
	return made
}

var (
	houseForm    = regexp.MustCompile(`^(?:bldg|building)?0*([1-9]\d{0,2})(?:#|号楼|號樓|栋|棟|幢|座|楼|樓|号|號)?$`)
	shopsForm    = regexp.MustCompile(`^(?:商铺|商鋪|商店|店家|店铺|店鋪|shops?)$`)
	entranceForm = regexp.MustCompile(`^(?:unit)?(?:0*([1-9]\d?)|([一二三四五六七八九十]))(?:单元|單元|门|門|梯)?$`)
	roomForm     = regexp.MustCompile(`^(?:room)?(\d{1,5})(?:室|号|號|房|户|戶|铺|鋪)?$`)
	numerals     = []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}
)

// buildingName writes a building as the tables have it, so that a typed place finds it: 18, 18栋, Building 18 → 18#.
// A name of another form stays as it is.
func buildingName(text string) string {
	plain := spaces.Replace(strings.ToLower(width.Narrow.String(text)))
	if m := houseForm.FindStringSubmatch(plain); m != nil {
		return m[1] + "#"
	}
	if shopsForm.MatchString(plain) {
		return ShopRow
	}
	return text
}

func entranceName(text string) string {
	m := entranceForm.FindStringSubmatch(spaces.Replace(strings.ToLower(width.Narrow.String(text))))
	switch {
	case m == nil:
		return text
	case m[2] != "":
		return strconv.Itoa(slices.Index(numerals, m[2])) + "单元"
	}
	return m[1] + "单元"
}

func roomName(text string) string {
	if m := roomForm.FindStringSubmatch(spaces.Replace(strings.ToLower(width.Narrow.String(text)))); m != nil {
		return m[1]
	}
	return text
}
