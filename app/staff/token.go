package staff

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// newToken makes a secret of 256 bits for a cookie, and what is stored of it: a hash, so that nobody who reads the
// database can sign in with it.
func newToken() (token string, stored []byte) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	return token, tokenHash(token)
}

func tokenHash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}
