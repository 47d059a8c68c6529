package fault

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Text takes what a person typed into the field name and gives it back clean: composed (NFC), trimmed, without marks
// that turn the reading direction or are invisible. Control characters other than line breaks, broken UTF-8, more
// than max characters, and (where required) nothing at all are noted as wrong.
func (fs *Fields) Text(name, raw string, max int, required bool) string {
	if !utf8.ValidString(raw) {
		fs.Add(name, "fault.field.characters")
		return strings.ToValidUTF8(raw, "")
	}
	text := strings.TrimSpace(norm.NFC.String(strings.Map(visible, strings.ReplaceAll(raw, "\r\n", "\n"))))
	switch {
	case strings.ContainsFunc(text, forbidden):
		fs.Add(name, "fault.field.characters")
	case text == "" && required:
		fs.Add(name, "fault.field.required")
	case utf8.RuneCountInString(text) > max:
		fs.Add(name, "fault.field.long", Args{"Max": max})
	}
	return text
}

// visible drops marks that nobody sees and that can make a text read as another one (right-to-left overrides, byte
// order marks); joiners stay, since emoji are built with them.
func visible(r rune) rune {
	switch {
	case r == '\t': // from a spreadsheet
		return ' '
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C, r == 0xFEFF, r == 0x200B:
		return -1
	}
	return r
}

func forbidden(r rune) bool { return r != '\n' && unicode.IsControl(r) }

// Line is Text for a field of one line: pasted line breaks and runs of spaces become one space.
func (fs *Fields) Line(name, raw string, max int, required bool) string {
	return strings.Join(strings.Fields(fs.Text(name, raw, max, required)), " ")
}

// Has tells whether the field is already noted as wrong.
func (fs Fields) Has(name string) bool {
	for _, f := range fs {
		if f.Name == name {
			return true
		}
	}
	return false
}
