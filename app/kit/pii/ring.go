package pii

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkprf "github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
	"github.com/uptrace/bun"
)

// ErrWrongKey tells that LOBBY_KEY does not belong to this database.
var ErrWrongKey = errors.New("LOBBY_KEY does not belong to this database: it does not open the database's key ring. " +
	"Use the key with which this database was first started, or the one that 'lobby key rewrap' gave it since")

// ErrRingLost tells that the database holds records, and no key ring.
var ErrRingLost = errors.New("this database holds records, and its key ring is missing: restore the table key_rings from a backup")

const canaryText = "lobby"

// ring is the key ring as it stands in the database: each keyset is encrypted by the wrapping key, for its name.
type ring struct {
	Seal  []byte `json:"seal"`
	Index []byte `json:"index"`
	Audit []byte `json:"audit"`
}

// OpenVault opens the key ring of a database, and makes it where the database is new. Two instances that start at once
// end up with the same ring. A key that doesn't open the canary is refused (ErrWrongKey).
func OpenVault(ctx context.Context, db bun.IDB, key WrapKey) (*Vault, error) {
	wrap, err := key.aead()
	if err != nil {
		return nil, fmt.Errorf("pii: %w", err)
	}
	wrapped, canary, err := readRing(ctx, db)
	if errors.Is(err, sql.ErrNoRows) {
		if err := createRing(ctx, db, wrap); err != nil {
			return nil, err
		}
		wrapped, canary, err = readRing(ctx, db)
	}
	if err != nil {
		return nil, fmt.Errorf("pii: key ring: %w", err)
	}
	if !opens(wrap, canary) {
		return nil, ErrWrongKey
	}
	opened, err := openRing(wrapped, wrap)
	if err != nil {
		return nil, err
	}
	v := &Vault{db: db, wrap: wrap}
	v.keys.Store(opened)
	return v, nil
}

// opens tells whether the wrapping key is the one of the canary's database.
func opens(wrap tink.AEAD, canary []byte) bool {
	plain, err := wrap.Decrypt(canary, []byte("lobby/canary"))
	return err == nil && string(plain) == canaryText
}

func newCanary(wrap tink.AEAD) ([]byte, error) {
	canary, err := wrap.Encrypt([]byte(canaryText), []byte("lobby/canary"))
	if err != nil {
		return nil, fmt.Errorf("pii: canary: %w", err)
	}
	return canary, nil
}

func readRing(ctx context.Context, db bun.IDB) (wrapped, canary []byte, err error) {
	var row struct{ Wrapped, Canary []byte }
	err = db.NewRaw(`select wrapped, canary from key_rings where id = 1`).Scan(ctx, &row)
	return row.Wrapped, row.Canary, err
}

// createRing stores a new ring, unless another instance was faster or the database has already been in use.
func createRing(ctx context.Context, db bun.IDB, wrap tink.AEAD) error {
	var used bool
	if err := db.NewRaw(`select exists (select from audit_chain) and not exists (select from key_rings)`).Scan(ctx, &used); err != nil {
		return fmt.Errorf("pii: key ring: %w", err)
	}
	if used {
		return ErrRingLost
	}
	wrapped, err := newRing(wrap)
	if err != nil {
		return err
	}
	canary, err := newCanary(wrap)
	if err != nil {
		return err
	}
	_, err = db.NewRaw(`insert into key_rings (id, wrapped, canary) values (1, ?, ?) on conflict do nothing`, wrapped, canary).Exec(ctx)
	if err != nil {
		return fmt.Errorf("pii: key ring: %w", err)
	}
	return nil
}

func newRing(wrap tink.AEAD) ([]byte, error) {
	seal, err1 := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	index, err2 := keyset.NewHandle(tinkprf.HMACSHA256PRFKeyTemplate())
	audit, err3 := keyset.NewHandle(tinkprf.HMACSHA256PRFKeyTemplate())
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("pii: new keys: %w", err)
	}
	return keysets{seal, index, audit}.wrapped(wrap)
}

// keysets are a ring's keys, bare.
type keysets struct{ seal, index, audit *keyset.Handle }

func (k keysets) wrapped(wrap tink.AEAD) ([]byte, error) {
	var r ring
	var err1, err2, err3 error
	r.Seal, err1 = wrapKeyset(k.seal, wrap, "seal")
	r.Index, err2 = wrapKeyset(k.index, wrap, "index")
	r.Audit, err3 = wrapKeyset(k.audit, wrap, "audit")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("pii: wrap keys: %w", err)
	}
	return json.Marshal(r)
}

func wrapKeyset(h *keyset.Handle, wrap tink.AEAD, name string) ([]byte, error) {
	var b bytes.Buffer
	err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), wrap, []byte("lobby/ring/"+name))
	return b.Bytes(), err
}

func unwrapRing(wrapped []byte, wrap tink.AEAD) (k keysets, err error) {
	var r ring
	if err := json.Unmarshal(wrapped, &r); err != nil {
		return k, fmt.Errorf("pii: key ring: %w", err)
	}
	var err1, err2, err3 error
	k.seal, err1 = unwrapKeyset(r.Seal, wrap, "seal")
	k.index, err2 = unwrapKeyset(r.Index, wrap, "index")
	k.audit, err3 = unwrapKeyset(r.Audit, wrap, "audit")
	if err := errors.Join(err1, err2, err3); err != nil {
		return k, fmt.Errorf("pii: key ring: %w", err)
	}
	return k, nil
}

func openRing(wrapped []byte, wrap tink.AEAD) (*keys, error) {
	sets, err := unwrapRing(wrapped, wrap)
	if err != nil {
		return nil, err
	}
	k := &keys{}
	var err1 error
	k.seal, err1 = aead.New(sets.seal)
	indexSet, err2 := tinkprf.NewPRFSet(sets.index)
	auditSet, err3 := tinkprf.NewPRFSet(sets.audit)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("pii: key ring: %w", err)
	}
	k.index = indexSet
	info := sets.seal.KeysetInfo()
	k.primary = info.GetPrimaryKeyId()
	for _, one := range info.GetKeyInfo() {
		k.all = append(k.all, one.GetKeyId())
	}
	k.audit, err = auditSet.ComputePrimaryPRF([]byte("lobby/audit/chain"), 32)
	return k, err
}

func unwrapKeyset(raw []byte, wrap tink.AEAD, name string) (*keyset.Handle, error) {
	return keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(raw)), wrap, []byte("lobby/ring/"+name))
}

// NewVault is a vault with new keys in memory, for tests and demonstrations; what it seals can't be opened after it.
func NewVault() (*Vault, error) {
	wrap, err := NewKey().aead()
	if err != nil {
		return nil, err
	}
	wrapped, err := newRing(wrap)
	if err != nil {
		return nil, err
	}
	opened, err := openRing(wrapped, wrap)
	if err != nil {
		return nil, err
	}
	v := &Vault{wrap: wrap}
	v.keys.Store(opened)
	return v, nil
}
