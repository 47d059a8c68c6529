package pii

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

// home is the country of a number without a country code.
const home = "CN"

// NormalisePhone gives a number as E.164 (+8613812341234), or false where nobody could be reached by it. Without a
// country code it is taken as mainland China's; 852, 853 and 886 are understood without the plus. Extensions are
// refused, since the number would not be found without them.
func NormalisePhone(raw string) (string, bool) {
	digits, international, ok := phoneDigits(raw)
	if !ok {
		return "", false
	}
	if international {
		return parsePhone("+" + digits)
	}
	if number, ok := parsePhone(digits); ok {
		return number, true
	}
	for _, code := range []string{"86", "852", "853", "886"} {
		if strings.HasPrefix(digits, code) {
			return parsePhone("+" + digits)
		}
	}
	return "", false
}

func parsePhone(digits string) (string, bool) {
	n, err := phonenumbers.Parse(digits, home)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// phoneDigits takes the digits out of what a person typed; anything that doesn't belong to a number is refused.
func phoneDigits(raw string) (digits string, international, ok bool) {
	if len(raw) > 100 {
		return "", false, false
	}
	text := strings.ReplaceAll(norm.NFKC.String(raw), "(0)", "")
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0 && !international:
			international = true
		case strings.ContainsRune(" \u00a0\t-‐‑‒–—−().·\u202a\u202c\u202d\u200b\u200e", r):
		default:
			return "", false, false
		}
	}
	digits = b.String()
	if rest, found := strings.CutPrefix(digits, "00"); found && !international {
		return rest, true, true
	}
	return digits, international, digits != ""
}

// twoDigitCodes are the country codes of two digits; 1 and 7 have one, all others three.
const twoDigitCodes = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "

// threeDigitZones are the first two digits of the country codes of three.
const threeDigitZones = " 21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99 "

// splitCountry parts a number with country code; the code is empty where there is no such country.
func splitCountry(digits string) (code, rest string) {
	if len(digits) < 4 {
		return "", digits
	}
	two := " " + digits[:2] + " "
	switch {
	case digits[0] == '1' || digits[0] == '7':
		return digits[:1], digits[1:]
	case strings.Contains(twoDigitCodes, two):
		return digits[:2], digits[2:]
	case strings.Contains(threeDigitZones, two):
		return digits[:3], digits[3:]
	}
	return "", digits
}

// ShowPhone writes a normalised number the way staff dial it: 13812341234, 0755-83456789, +852 91234567.
func ShowPhone(e164 string) string {
	code, rest := splitCountry(strings.TrimPrefix(e164, "+"))
	if !strings.HasPrefix(e164, "+") || code == "" {
		return e164
	}
	if code != "86" {
		return "+" + code + " " + rest
	}
	if area, subscriber := splitArea(rest); area != "" {
		return area + "-" + subscriber
	}
	return rest
}

// landline is a mainland number with area code: 10 and 2x with eight digits, three digits from 3 on with seven or eight.
var landline = regexp.MustCompile(`^(?:(?:10|2[0-9])[2-9][0-9]{7}|[3-9][0-9]{2}[2-9][0-9]{6,7})$`)

// splitArea parts a mainland landline into area code (with its 0) and subscriber; the area is empty for other numbers.
func splitArea(national string) (area, subscriber string) {
	switch {
	case !landline.MatchString(national), strings.HasPrefix(national, "400"), strings.HasPrefix(national, "800"):
		return "", national
	case strings.HasPrefix(national, "10"), strings.HasPrefix(national, "2"):
		return "0" + national[:2], national[2:]
	}
	return "0" + national[:3], national[3:]
}
