// Package pii keeps personal data closed: it encrypts phones, plates and identity numbers for the database, finds them
// by exact match through a keyed hash, masks them for screens, and says who may open one (PRIVACY-2, PRIVACY-3).
package pii

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
	"github.com/uptrace/bun"
)

// Kind is what sort of personal value it is. A value sealed as one kind can't be opened as another.
type Kind string

// The kinds of sealed values.
const (
	Phone    Kind = "phone"
	Plate    Kind = "plate"
	Identity Kind = "identity"
	Token    Kind = "token" // a secret of ours that must be shown again, such as the link of a visitor's pass
)

// indexSize is the length of an index value in bytes: no two values of a site ever meet by chance at 128 bits.
const indexSize = 16

type prf interface {
	ComputePrimaryPRF(input []byte, outputLength uint32) ([]byte, error)
}

// Vault encrypts and indexes with the keys of the ring. It is safe for concurrent use, and takes up a ring that was
// changed meanwhile (see Reload).
type Vault struct {
	keys atomic.Pointer[keys]

	db     bun.IDB // where the ring stands; nil: in memory only
	wrap   tink.AEAD
	mu     sync.Mutex // one reload for many that need it
	looked time.Time  // when a value of an unknown key last led to a reload
}

// keys are a ring, opened.
type keys struct {
	seal    tink.AEAD
	index   prf
	audit   []byte
	primary uint32   // seals
	all     []uint32 // open
}

// Seal encrypts a value. Two seals of the same value differ, so equality can't be read off the database.
func (v *Vault) Seal(k Kind, text string) ([]byte, error) {
	sealed, err := v.keys.Load().seal.Encrypt([]byte(text), k.bound())
	if err != nil {
		return nil, fmt.Errorf("pii: seal %s: %w", k, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same kind. A value that was sealed by a newer key than this vault knows makes
// it read the ring anew. The error never holds the value.
func (v *Vault) Open(k Kind, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", errors.New("pii: open " + string(k) + ": nothing is sealed here")
	}
	if id, ok := sealedBy(sealed); ok && !v.knows(id) {
		v.lookFor(id)
	}
	plain, err := v.keys.Load().seal.Decrypt(sealed, k.bound())
	if err != nil {
		return "", fmt.Errorf("pii: open %s: %w", k, err)
	}
	return string(plain), nil
}

// Index is the keyed hash by which a normalised value is found again by exact match (PRIVACY-3). Equal values of
// different kinds have different hashes.
func (v *Vault) Index(k Kind, normalised string) []byte {
	hash, err := v.keys.Load().index.ComputePrimaryPRF(append(k.bound(), normalised...), indexSize)
	if err != nil {
		panic("pii: index: " + err.Error()) // only an impossible length is refused
	}
	return hash
}

// AuditKey is the key of the audit chain's HMAC. It stands in the ring, so a copy of the database alone can't make it.
func (v *Vault) AuditKey() []byte { return append([]byte(nil), v.keys.Load().audit...) }

// bound is what ties a sealed value or a hash to its kind; the NUL keeps kind and value apart.
func (k Kind) bound() []byte { return append([]byte("lobby/"+string(k)), 0) }
