package pii

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const provinces = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"

// The plates of mainland China. The letters I and O stand in no serial, so they are read as 1 and 0 there.
var plateForms = []*regexp.Regexp{
	regexp.MustCompile(`^[` + provinces + `][A-HJ-Z][0-9A-HJ-NP-Z]{5}$`),                                 // common
	regexp.MustCompile(`^[` + provinces + `][A-HJ-Z][0-9A-HJ-NP-Z]{4}[挂学警港澳领]$`),                         // trailer, school, police, Hong Kong, Macau, consulate
	regexp.MustCompile(`^[` + provinces + `][A-HJ-Z](?:[A-HJK][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[A-HJK])$`), // new energy: eight characters
	regexp.MustCompile(`^[` + provinces + `]X[0-9A-HJ-NP-Z]{4,5}应急$`),                                    // fire and rescue
	regexp.MustCompile(`^(?:使[0-9]{6}|[0-9]{6}使)$`),                                                      // embassy
	regexp.MustCompile(`^[A-Z]{2}[0-9]{5}$`),                                                             // army
	regexp.MustCompile(`^WJ[` + provinces + `]?[0-9]{4}[0-9A-HJ-NP-Z]$`),                                 // armed police
}

// plateLetters writes the traditional characters of plates as the plates have them, and drops what stands between.
var plateLetters = strings.NewReplacer("遼", "辽", "滬", "沪", "蘇", "苏", "閩", "闽", "贛", "赣", "魯", "鲁", "粵", "粤", "瓊", "琼",
	"貴", "贵", "雲", "云", "陝", "陕", "寧", "宁", "晉", "晋", "掛", "挂", "學", "学", "領", "领", "應", "应",
	" ", "", "\t", "", "·", "", "•", "", "・", "", "‧", "", ".", "", "-", "", "—", "", "–", "")

// NormalisePlate gives a mainland plate without separators, in capitals and simplified characters: 粤B12345, 粤BD12345,
// 粤Z1234港. False where no plate looks like that.
func NormalisePlate(raw string) (string, bool) {
	if len(raw) > 100 {
		return "", false
	}
	plate := strings.ToUpper(plateLetters.Replace(norm.NFKC.String(raw)))
	runes := []rune(plate)
	if len(runes) < 6 || len(runes) > 9 {
		return "", false
	}
	if strings.ContainsRune(provinces, runes[0]) {
		plate = string(runes[:2]) + strings.NewReplacer("I", "1", "O", "0").Replace(string(runes[2:]))
	}
	for _, form := range plateForms {
		if form.MatchString(plate) {
			return plate, utf8.ValidString(plate)
		}
	}
	return "", false
}

// ShowPlate writes a normalised plate as it stands on the car: 粤B·12345.
func ShowPlate(plate string) string {
	runes := []rune(plate)
	if len(runes) < 3 || !strings.ContainsRune(provinces, runes[0]) {
		return plate
	}
	return string(runes[:2]) + "·" + string(runes[2:])
}
