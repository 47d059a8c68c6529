package pii_test

import (
	"testing"

	"lobby/app/kit/pii"
	"lobby/app/kit/pii/piitest"
)

func BenchmarkVault(b *testing.B) {
	v := piitest.Vault(b)
	sealed, err := v.Seal(pii.Phone, "+8613812341234")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			piitest.Vault(b)
		}
	})
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			_, _ = v.Seal(pii.Phone, "+8613812341234")
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			_, _ = v.Open(pii.Phone, sealed)
		}
	})
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			v.Index(pii.Phone, "+8613812341234")
		}
	})
	b.Run("mask", func(b *testing.B) {
		for b.Loop() {
			pii.Mask(pii.Phone, "+8613812341234")
		}
	})
	b.Run("normalise", func(b *testing.B) {
		for b.Loop() {
			pii.NormalisePhone("138 1234 1234")
		}
	})
	b.Run("redact, nothing to hide", func(b *testing.B) {
		for b.Loop() {
			pii.Redact("18#2单元201室厨房水管漏水，请尽快派人来看，已经第二次了")
		}
	})
	b.Run("redact", func(b *testing.B) {
		for b.Loop() {
			pii.Redact("18#2单元201室厨房水管漏水，请尽快派人来看，回电 138 1234 1234，车牌粤B12345")
		}
	})
}
