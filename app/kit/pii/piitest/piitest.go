// Package piitest has what tests need around personal data: a vault without a database, values that are easily
// recognised, and a search through a database for values that should not be there in the clear.
package piitest

import (
	"testing"

	"lobby/app/kit/pii"
)

// Vault has new keys, in memory only.
func Vault(t testing.TB) *pii.Vault {
	t.Helper()
	v, err := pii.NewVault()
	if err != nil {
		t.Fatal(err)
	}
	return v
}
