package pii

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"lobby/app/kit/db/cluster"
)

const (
	keyPrefix   = "lobby1_"
	keySize     = 32
	checkSize   = 4
	keyTextSize = len(keyPrefix) + (keySize+checkSize)*8/6
)

// WrapKey is LOBBY_KEY: it wraps the key ring and is never stored in the database. Printing it shows nothing; only
// Text gives it away.
type WrapKey struct{ raw [keySize]byte }

// NewKey makes a random key.
func NewKey() WrapKey {
	var k WrapKey
	_, _ = rand.Read(k.raw[:]) // never fails: the runtime ends the program instead
	return k
}

// Text is the key as it stands in LOBBY_KEY or the key file: a prefix, then base64 of key and checksum.
func (k WrapKey) Text() string {
	sum := checksum(k.raw[:])
	return keyPrefix + base64.RawURLEncoding.EncodeToString(append(k.raw[:], sum...))
}

// String keeps the key out of logs.
func (k WrapKey) String() string { return keyPrefix + "…" }

// GoString keeps the key out of %#v.
func (k WrapKey) GoString() string { return k.String() }

// ParseKey reads a key as Text writes it. The error says what is wrong with it, and shows none of it.
func ParseKey(text string) (WrapKey, error) {
	var k WrapKey
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return k, errors.New("the key is empty")
	case !strings.HasPrefix(text, keyPrefix):
		return k, fmt.Errorf("the key does not begin with %q; is it another program's?", keyPrefix)
	case len(text) != keyTextSize:
		return k, fmt.Errorf("the key has %d characters where %d belong; was it cut, or pasted twice?", len(text), keyTextSize)
	}
	raw, err := base64.RawURLEncoding.DecodeString(text[len(keyPrefix):])
	if err != nil {
		return k, errors.New("the key holds a character that no key has")
	}
	if string(checksum(raw[:keySize])) != string(raw[keySize:]) {
		return k, errors.New("the key has a typing error: its checksum does not fit")
	}
	copy(k.raw[:], raw)
	return k, nil
}

func checksum(raw []byte) []byte {
	sum := sha256.Sum256(append([]byte("lobby key"), raw...))
	return sum[:checkSize]
}

// aead is the cipher that wraps the ring.
func (k WrapKey) aead() (tink.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, k.raw[:], nil, "lobby/wrap/1", keySize)
	if err != nil {
		return nil, err
	}
	return subtle.NewAESGCM(derived)
}

// LoadKey finds the wrapping key: env (the value of LOBBY_KEY) where it is set, else keyFile. An empty keyFile means
// that the variable is required, as with DATABASE_URL. A missing file is made only where create is true, which is for a
// new embedded cluster; then the notice, not empty, tells the operator to keep a copy.
func LoadKey(env, keyFile string, create bool) (k WrapKey, notice string, err error) {
	if strings.TrimSpace(env) != "" {
		if k, err = ParseKey(env); err != nil {
			return k, "", fmt.Errorf("LOBBY_KEY: %w", err)
		}
		return k, "", nil
	}
	if keyFile == "" {
		return k, "", errors.New("LOBBY_KEY is not set, and is required with DATABASE_URL; 'lobby key new' prints a new one for a new database")
	}
	k, err = readKey(keyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, "", err
	}
	if !create {
		return k, "", fmt.Errorf("the key file %s is missing, and the database beside it already holds data: "+
			"put your copy of the file back, or set LOBBY_KEY", keyFile)
	}
	return makeKey(keyFile)
}

func readKey(keyFile string) (WrapKey, error) {
	info, err := os.Stat(keyFile)
	if err != nil {
		return WrapKey{}, fmt.Errorf("key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return WrapKey{}, fmt.Errorf("the key file %s can be read by others (mode %04o): chmod 600 %s", keyFile, info.Mode().Perm(), keyFile)
	}
	raw, err := os.ReadFile(keyFile)
	if err != nil {
		return WrapKey{}, fmt.Errorf("key file: %w", err)
	}
	k, err := ParseKey(string(raw))
	if err != nil {
		return k, fmt.Errorf("key file %s: %w", keyFile, err)
	}
	return k, nil
}

// makeKey writes a new key whole or not at all; of two starts at once, both use the file that came first.
func makeKey(keyFile string) (WrapKey, string, error) {
	k := NewKey()
	tmp, err := os.CreateTemp(filepath.Dir(keyFile), ".key-*") // mode 0600
	if err != nil {
		return WrapKey{}, "", fmt.Errorf("key file: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(k.Text() + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return WrapKey{}, "", fmt.Errorf("key file: %w", err)
	}
	if err := cluster.Adopt(tmp.Name()); err != nil {
		return WrapKey{}, "", fmt.Errorf("key file: %w", err)
	}
	err = os.Link(tmp.Name(), keyFile)
	if errors.Is(err, fs.ErrExist) {
		k, err = readKey(keyFile)
		return k, "", err
	}
	if err != nil {
		return WrapKey{}, "", fmt.Errorf("key file: %w", err)
	}
	return k, "A new key was made: " + keyFile + ". Copy it to a safe place outside this machine now. " +
		"Without it nobody can read the phones and identity numbers in this database or in its backups.", nil
}
