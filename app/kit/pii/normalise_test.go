package pii_test

import (
	"testing"

	"pgregory.net/rapid"

	"lobby/app/kit/pii"
)

func TestNormalisePhone(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"13812341234":             "+8613812341234",
		" 138-1234-1234 ":         "+8613812341234",
		"１３８１２３４１２３４":             "+8613812341234",
		"+86 138 1234 1234":       "+8613812341234",
		"008613812341234":         "+8613812341234",
		"8613812341234":           "+8613812341234",
		"19912341234":             "+8619912341234",
		"0755-83456789":           "+8675583456789",
		"(0755) 8345 6789":        "+8675583456789",
		"010 83456789":            "+861083456789",
		"4008123123":              "+864008123123",
		"+852 9123 4567":          "+85291234567",
		"852 9123 4567":           "+85291234567",
		"0085291234567":           "+85291234567",
		"+853 6612 3456":          "+85366123456",
		"+886 912 345 678":        "+886912345678",
		"+886 0912 345 678":       "+886912345678",
		"+44 (0)20 7946 0958":     "+442079460958",
		"+1 (202) 555-0123":       "+12025550123",
		"\u202d13812341234\u202c": "+8613812341234",
	} {
		if got, ok := pii.NormalisePhone(raw); !ok || got != want {
			t.Errorf("NormalisePhone(%q) = %q, %v; want %q", raw, got, ok, want)
		}
	}
	for _, raw := range []string{"", " ", "1", "110", "95588", "1381234123", "138123412345", "12345678901", "abc", "1381234123a",
		"13812341234 ext 5", "0755-83456789转801", "+", "+0", "++8613812341234", "+999 123456789", "+86 12381234", "13812341234'; drop table visits; --",
		"\x00", "13812341234\n13812341235", string(make([]byte, 1<<16))} {
		if got, ok := pii.NormalisePhone(raw); ok {
			t.Errorf("NormalisePhone(%.40q) = %q, want refusal", raw, got)
		}
	}
}

func TestNormalisePlate(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"粤B12345": "粤B12345", "粤b·12345": "粤B12345", "粵B 12345": "粤B12345", "粤Ｂ１２３４５": "粤B12345", "粤BO1I45": "粤B01145",
		"粤BD12345": "粤BD12345", "粤B12345D": "粤B12345D", "粤BF1234５": "粤BF12345", "粤Z1234港": "粤Z1234港", "粤Z·AB12澳": "粤ZAB12澳",
		"京O12345": "京O12345", "沪A1234学": "沪A1234学", "滬A1234學": "沪A1234学", "京A1234警": "京A1234警", "粤B1234挂": "粤B1234挂",
		"224578使": "224578使", "京X1234应急": "京X1234应急", "WJ粤12345": "WJ粤12345", "VA12345": "VA12345",
	} {
		if got, ok := pii.NormalisePlate(raw); !ok || got != want {
			t.Errorf("NormalisePlate(%q) = %q, %v; want %q", raw, got, ok, want)
		}
	}
	for _, raw := range []string{"", "粤", "粤B", "粤B123", "粤B1234567", "B12345", "粤B1234!", "国B12345", "粤112345", "粤B12345港澳",
		"13812341234", "粤B\x0012345", "<b>粤B12345", string(make([]byte, 1<<16)), "\xff\xfe\xfd123"} {
		if got, ok := pii.NormalisePlate(raw); ok {
			t.Errorf("NormalisePlate(%.40q) = %q, want refusal", raw, got)
		}
	}
}

func TestNormalisingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		if phone, ok := pii.NormalisePhone(text); ok {
			if again, ok := pii.NormalisePhone(phone); !ok || again != phone {
				t.Fatalf("%q → %q → %q", text, phone, again)
			}
			if shown, ok := pii.NormalisePhone(pii.ShowPhone(phone)); !ok || shown != phone {
				t.Fatalf("%q is shown as %q, which reads as %q", phone, pii.ShowPhone(phone), shown)
			}
		}
		if plate, ok := pii.NormalisePlate(text); ok {
			if again, ok := pii.NormalisePlate(pii.ShowPlate(plate)); !ok || again != plate {
				t.Fatalf("%q → %q → %q", text, plate, again)
			}
		}
	})
}
