package pii_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lobby/app/kit/pii"
)

func TestMask(t *testing.T) {
	t.Parallel()
	t.Run("PRIVACY-2 phones, plates and identity numbers are masked by their kind", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			kind pii.Kind
			text string
			want string
		}{
			{pii.Phone, "+8613812341234", "138****1234"},
			{pii.Phone, "138 1234 1234", "138****1234"},
			{pii.Phone, "+8675583456789", "0755-****6789"},
			{pii.Phone, "+861083456789", "010-****6789"},
			{pii.Phone, "+867523456789", "0752-****789"},
			{pii.Phone, "+864001234567", "400****567"},
			{pii.Phone, "+85291234567", "+852 ****4567"},
			{pii.Phone, "+85362345678", "+853 ****5678"},
			{pii.Phone, "+886912345678", "+886 ****5678"},
			{pii.Phone, "+12025550123", "+1 ****0123"},
			{pii.Phone, "+442079460958", "+44 ****0958"},
			{pii.Phone, "110", "****"},
			{pii.Phone, "not a phone", "****"},
			{pii.Phone, "", ""},
			{pii.Plate, "粤B12345", "粤B·****5"},
			{pii.Plate, "粤BD12348", "粤B·****8"},
			{pii.Plate, "粤Z1234港", "粤Z·****港"},
			{pii.Plate, "224578使", "****使"},
			{pii.Plate, "nonsense", "****"},
			{pii.Identity, "440301199001011234", "440****1234"},
			{pii.Identity, "44030119900101123x", "440****123X"},
			{pii.Identity, "A123456(7)", "A****7"},
			{pii.Identity, "12345", "****"},
			{pii.Token, "s3cret", "****"},
			{pii.Kind("unheard of"), "13812341234", "****"},
		} {
			if got := pii.Mask(c.kind, c.text); got != c.want {
				t.Errorf("Mask(%s, %q) = %q, want %q", c.kind, c.text, got, c.want)
			}
		}
	})
	t.Run("PRIVACY-2 of a name the surname or the first letter is shown", func(t *testing.T) {
		t.Parallel()
		for name, want := range map[string]string{
			"王小明": "王**", "王明": "王**", "欧阳娜娜": "欧阳**", "歐陽修": "歐陽**", "欧阳": "欧**", "司马光": "司马**",
			"张先生": "张**", "阿卜杜拉·买买提": "阿**", "John Smith": "J***", "  李雷 ": "李**", "Ærø": "Æ***",
			"": "", "   ": "", "😀王": "***", "123": "***", "\u202eevil": "***",
		} {
			if got := pii.MaskName(name); got != want {
				t.Errorf("MaskName(%q) = %q, want %q", name, got, want)
			}
		}
	})
}

// anyText draws from everything that people and attackers type, digits and Chinese more often than the rest.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[+0-9 ()\-转xX]{0,24}`),
		rapid.StringMatching(`[京粤沪港澳学警挂A-Z0-9·]{0,10}`),
		rapid.StringMatching(`\+[0-9]{5,16}`),
		rapid.StringMatching(`[0-9]{17}[0-9Xx]`),
		rapid.StringMatching(`[欧阳司马王李明A-Za-z ·]{0,8}`),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
}

func count(s string, is func(rune) bool) (n int) {
	for _, r := range s {
		if is(r) {
			n++
		}
	}
	return n
}

func TestMaskNeverShowsMoreThanAllowed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		for _, kind := range []pii.Kind{pii.Phone, pii.Plate, pii.Identity, pii.Token} {
			mask := pii.Mask(kind, text)
			if !utf8.ValidString(mask) {
				t.Fatalf("Mask(%s, %q) = %q is broken text", kind, text, mask)
			}
			if mask != "" && !strings.Contains(mask, "****") {
				t.Fatalf("Mask(%s, %q) = %q hides nothing", kind, text, mask)
			}
			given := count(text, unicode.IsNumber)
			shown := count(mask, unicode.IsNumber)
			switch kind {
			case pii.Phone:
				if shown > 8 || (shown > 0 && given < shown+4) {
					t.Fatalf("Mask(phone, %q) = %q shows too much", text, mask)
				}
			case pii.Plate:
				if n := utf8.RuneCountInString(strings.ReplaceAll(mask, "*", "")); n > 4 { // two, dot, one
					t.Fatalf("Mask(plate, %q) = %q shows too much", text, mask)
				}
			case pii.Identity:
				if n := utf8.RuneCountInString(strings.ReplaceAll(mask, "*", "")); n > 7 {
					t.Fatalf("Mask(identity, %q) = %q shows too much", text, mask)
				}
			case pii.Token:
				if mask != "" && mask != "****" {
					t.Fatalf("a token is shown: %q", mask)
				}
			}
		}
		name := pii.MaskName(text)
		if n := utf8.RuneCountInString(strings.ReplaceAll(name, "*", "")); n > 2 || (name != "" && !strings.HasSuffix(name, "**")) {
			t.Fatalf("MaskName(%q) = %q shows too much", text, name)
		}
	})
}

func TestMaskNeverShowsAWholeNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mobile := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "mobile")
		if want, got := mobile[:3]+"****"+mobile[7:], pii.Mask(pii.Phone, mobile); got != want && got != "****" {
			t.Fatalf("Mask(%s) = %s", mobile, got)
		}
		id := rapid.StringMatching(`[1-9][0-9]{16}[0-9X]`).Draw(t, "identity")
		if got := pii.Mask(pii.Identity, id); strings.Contains(got, id[6:14]) || got != id[:3]+"****"+id[14:] {
			t.Fatalf("Mask(%s) = %s", id, got)
		}
	})
}
