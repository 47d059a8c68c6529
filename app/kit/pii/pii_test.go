package pii_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lobby/app/kit/actor"
	"lobby/app/kit/fault"
	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
)

var kinds = []pii.Kind{pii.Phone, pii.Plate, pii.Identity, pii.Token}

func TestVault(t *testing.T) {
	t.Parallel()
	v, other := piitest.Vault(t), piitest.Vault(t)
	t.Run("PRIVACY-3 what is sealed opens again, only as its kind and only with its keys", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			text := rapid.String().Draw(t, "text")
			kind := rapid.SampledFrom(kinds).Draw(t, "kind")
			sealed, err := v.Seal(kind, text)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > 3 && bytes.Contains(sealed, []byte(text)) {
				t.Fatalf("%q stands in the clear", text)
			}
			if plain, err := v.Open(kind, sealed); err != nil || plain != text {
				t.Fatalf("opened %q: %v", plain, err)
			}
			for _, k := range kinds {
				if _, err := v.Open(k, sealed); k != kind && err == nil {
					t.Fatalf("sealed as %s, opened as %s", kind, k)
				}
			}
			if _, err := other.Open(kind, sealed); err == nil {
				t.Fatal("opened with other keys")
			}
			i := rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")
			sealed[i] ^= 1
			if _, err := v.Open(kind, sealed); err == nil {
				t.Fatal("opened after a change")
			}
		})
		if _, err := v.Open(pii.Phone, nil); err == nil {
			t.Fatal("opened nothing")
		}
	})
	t.Run("PRIVACY-3 the index is equal exactly where kind and value are", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
			if (a == b) != bytes.Equal(v.Index(pii.Phone, a), v.Index(pii.Phone, b)) {
				t.Fatalf("%q and %q", a, b)
			}
			if !bytes.Equal(v.Index(pii.Phone, a), v.Index(pii.Phone, a)) || bytes.Equal(v.Index(pii.Phone, a), v.Index(pii.Plate, a)) ||
				bytes.Equal(v.Index(pii.Phone, a), other.Index(pii.Phone, a)) {
				t.Fatalf("index of %q", a)
			}
		})
	})
	t.Run("sealing twice gives two different values", func(t *testing.T) {
		t.Parallel()
		a, _ := v.Seal(pii.Phone, "+8613812341234")
		b, _ := v.Seal(pii.Phone, "+8613812341234")
		if bytes.Equal(a, b) {
			t.Fatal("equality shows in the database")
		}
	})
}

func TestRequireReveal(t *testing.T) {
	t.Parallel()
	may := actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: 1, May: map[actor.Permission]bool{actor.Reveal: true}})
	t.Run("PRIVACY-2 opening needs the permission, which administrators, jobs and the command line don't have", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			ctx  context.Context
			kind fault.Kind
		}{
			"nobody":       {t.Context(), fault.SignIn},
			"person":       {actor.With(t.Context(), actor.Actor{Kind: actor.Person, ID: 1}), fault.Forbidden},
			"job":          {actor.AsJob(t.Context(), "scan", 1), fault.Forbidden},
			"command line": {actor.With(t.Context(), actor.Actor{Kind: actor.CLI, Name: "cli:root", All: true}), fault.Forbidden},
		} {
			if _, err := pii.RequireReveal(c.ctx, "访客遗失物品，需联系"); !fault.Is(err, c.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("PRIVACY-2 opening needs a reason of 4 to 200 characters", func(t *testing.T) {
		t.Parallel()
		for reason, key := range map[string]string{
			"": "fault.field.required", "   ": "fault.field.required", "找他": "pii.reason_short",
			strings.Repeat("因", 201): "fault.field.long", "line\x00break": "fault.field.characters",
		} {
			_, err := pii.RequireReveal(may, reason)
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "reason" || f.Fields[0].Key != key {
				t.Errorf("%q: %v", reason, err)
			}
		}
		for _, reason := range []string{"联系访客", strings.Repeat("因", 200)} {
			if got, err := pii.RequireReveal(may, " "+reason+" "); err != nil || got != reason {
				t.Errorf("%q: %q, %v", reason, got, err)
			}
		}
	})
	t.Run("PRIVACY-4 a reason carries no phone or identity number into the record", func(t *testing.T) {
		t.Parallel()
		got, err := pii.RequireReveal(may, "回拨 138 1234-1234，证件 44030119900101123X，房号 1203")
		if err != nil || got != "回拨 ****，证件 ****，房号 1203" {
			t.Fatalf("%q, %v", got, err)
		}
	})
}
