package pii

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// prefixSize is how many bytes of a sealed value name the key that sealed it: a one, then the key's id.
	prefixSize  = 5
	prefixFirst = 1
	// lookAgain is the shortest time between two reloads for values of unknown keys: some are of no key at all.
	lookAgain = time.Second
	// lookTimeout bounds a reload in the middle of opening a value.
	lookTimeout = 5 * time.Second
)

// ErrRewrapped tells a running server that the ring was wrapped with another LOBBY_KEY than its own.
var ErrRewrapped = errors.New("LOBBY_KEY was changed by 'lobby key rewrap': this server goes on with the keys it has; " +
	"start it again with the new LOBBY_KEY, and before the next 'lobby key rotate'")

// Reload reads the ring anew, as it stands in the database: after `lobby key rotate` new values are sealed with the new
// key. Where the ring can't be read the vault goes on with the keys it has.
func (v *Vault) Reload(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.reload(ctx)
}

func (v *Vault) reload(ctx context.Context) error {
	if v.db == nil {
		return nil
	}
	wrapped, canary, err := readRing(ctx, v.db)
	if err != nil {
		return fmt.Errorf("pii: key ring: %w", err)
	}
	if !opens(v.wrap, canary) {
		return ErrRewrapped
	}
	opened, err := openRing(wrapped, v.wrap)
	if err != nil {
		return err
	}
	v.keys.Store(opened)
	return nil
}

func (v *Vault) knows(id uint32) bool { return slices.Contains(v.keys.Load().all, id) }

// lookFor reloads the ring for a key that this vault doesn't know. That it failed shows when the value is opened.
func (v *Vault) lookFor(id uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.knows(id) || time.Since(v.looked) < lookAgain {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	_ = v.reload(ctx)
	v.looked = time.Now()
}

// sealedBy gives the id of the key that sealed a value; ok is false where nothing of ours did.
func sealedBy(sealed []byte) (id uint32, ok bool) {
	if len(sealed) < prefixSize || sealed[0] != prefixFirst {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:prefixSize]), true
}

// prefix is how the values begin that a key sealed.
func prefix(id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{prefixFirst}, id)
}
