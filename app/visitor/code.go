package visitor

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"

	"lobby/app/kit/patience"
)

// newCode draws six random digits (VISIT-4). That no two open visits of a site share one is the database's to say.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic("visitor: no randomness: " + err.Error())
	}
	return fmt.Sprintf("%06d", n.Int64())
}

// newToken draws the 128 bits of a pass link.
func newToken() string {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		panic("visitor: no randomness: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ofCodes is the patience with a device that enters codes: six digits can be guessed by who may try without end. How
// many slips of the finger are free is a site's setting.
func ofCodes(free int) patience.Patience {
	return patience.Patience{Free: free, First: 5 * time.Second, Longest: 5 * time.Minute, Forget: 15 * time.Minute}
}
