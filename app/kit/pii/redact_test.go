package pii_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lobby/app/kit/pii"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-2 phones, identity numbers and plates in free text are hidden, places and days stay", func(t *testing.T) {
		t.Parallel()
		for text, want := range map[string]string{
			"水管漏水，回电13812341234":            "水管漏水，回电****",
			"回电 +86 138 - 1234 - 1234 找王先生": "回电 **** 找王先生",
			"(0755)8345 6789":               "(0755)****",
			"证件44030119900101123X":          "证件****",
			"１３８１２３４１２３４":                   "****",
			"T13812341234":                  "T****",
			"粤B12345 堵了通道":                  "**** 堵了通道",
			"粤B·D12345和粵z 1234港":            "****和****",
			"滬a12345":                       "****",
			"30-1-2002 漏水":                  "30-1-2002 漏水",
			"18#2单元201室灯坏，见 T261122-0042":   "18#2单元201室灯坏，见 T261122-0042",
			"2026-11-22 14:05 起停水":          "2026-11-22 14:05 起停水",
			"新B1001室，3台电梯":                  "新B1001室，3台电梯",
			"":                              "",
		} {
			if got := pii.Redact(text); got != want {
				t.Errorf("Redact(%q) = %q, want %q", text, got, want)
			}
		}
	})
	t.Run("PRIVACY-2 no mobile number or plate stays in any text, however it is written", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			mobile := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "mobile")
			gap := rapid.SampledFrom([]string{"", " ", "-", " - ", ".", "/"}).Draw(t, "gap")
			plate := rapid.StringMatching(`[京沪粤川][A-HJ-Z][0-9A-HJ-NP-Z]{5,6}`).Draw(t, "plate")
			before, after := rapid.StringMatching(`[^0-9]{0,6}`).Draw(t, "before"), rapid.StringMatching(`[^0-9]{0,6}`).Draw(t, "after")
			got := pii.Redact(before + mobile[:3] + gap + mobile[3:7] + gap + mobile[7:] + after + "，" + plate)
			if strings.Contains(got, mobile[3:7]+gap+mobile[7:]) || strings.Contains(got, plate) || !utf8.ValidString(got) {
				t.Fatalf("%q", got)
			}
		})
	})
	t.Run("what is redacted once stays as it is", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			once := pii.Redact(anyText().Draw(t, "text"))
			if pii.Redact(once) != once {
				t.Fatalf("%q", once)
			}
		})
	})
}
