package pii

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	// longNumber is a run of seven digits and more, with the separators that people write into phones and identity
	// numbers.
	longNumber = regexp.MustCompile(`\+?\p{Nd}(?:[ \-–—./_]{0,3}\p{Nd}){6,}[Xx]?`)
	// freePlate is a plate within a text, as NormalisePlate would take it.
	freePlate = regexp.MustCompile(`[` + plateProvinces + `][A-Za-zＡ-Ｚａ-ｚ][ ·•・.\-—]{0,2}` +
		`(?:[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]{5,6}|[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]{4}[挂掛学學警港澳领領])`)

	// household is a home as people write it with hyphens: building, entrance, room (30-1-2002).
	household = regexp.MustCompile(`^[0-9]{1,2}-[0-9]{1,2}-[0-9]{3,4}$`)
	// ownNumber is what follows the letter in one of our numbers (T261122-0042).
	ownNumber = regexp.MustCompile(`^[0-9]{6}-[0-9]{4,6}$`)
	// calendarDay is a day with or without the hour after it (2026-11-22 14:05, of which the run ends at the colon).
	calendarDay = regexp.MustCompile(`^20[0-9]{2}([-./])(?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12][0-9]|3[01])(?: [0-2]?[0-9])?$`)
)

// plateProvinces are the characters with which a plate begins, as people write them.
const plateProvinces = provinces + "遼滬蘇閩贛魯粵瓊貴雲陝寧晉"

// suspects tells in one cheap pass whether a text can hold a number or a plate at all: most texts on a wall can't, and
// a wall says hundreds of them at a time.
func suspects(text string) (number, plate bool) {
	digits, before := 0, rune(0)
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9', r > 0x7f && unicode.Is(unicode.Nd, r):
			digits++
		case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ':
			plate = plate || strings.ContainsRune(plateProvinces, before)
		}
		before = r
	}
	return digits >= 7, plate
}

// Redact takes phones, identity numbers and plates out of a free text that goes into the record or onto a screen
// (PRIVACY-2). Households, days and our own numbers stay readable.
func Redact(text string) string {
	number, plate := suspects(text)
	if number {
		text = redactNumbers(text)
	}
	if plate {
		text = freePlate.ReplaceAllString(text, hidden)
	}
	return text
}

func redactNumbers(text string) string {
	var out strings.Builder
	from := 0
	for _, at := range longNumber.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		ours := at[0] > 0 && strings.ContainsRune("TV", rune(text[at[0]-1])) && ownNumber.MatchString(found)
		if ours || household.MatchString(found) || calendarDay.MatchString(found) {
			continue
		}
		out.WriteString(text[from:at[0]] + hidden)
		from = at[1]
	}
	out.WriteString(text[from:])
	return out.String()
}
