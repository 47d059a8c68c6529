package staff

import (
	"context"
	"crypto/rand"
	"math/big"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"lobby/app/kit/fault"
)

// Lengths of a password, in characters.
const (
	PasswordMin = 10
	PasswordMax = 128
)

// strong is the cost of a password: about 50 ms of one core.
var strong = &argon2id.Params{Memory: 32 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing bounds how many hashes are made at once, so that a flood of sign-ins can't take the memory.
var hashing = make(chan struct{}, 4)

// common are beginnings and wholes that everybody tries first.
var common = []string{"password", "passw0rd", "1234567890", "0123456789", "0987654321", "qwertyuiop", "1q2w3e4r5t", "abcdefghij",
	"admin12345", "administrator", "letmein", "iloveyou", "lobbylobby", "woaini1314", "a123456789", "5201314"}

// checkPassword notes what is wrong with a new password.
func checkPassword(fs *fault.Fields, field, password, login string) {
	low := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		fs.Add(field, "fault.field.characters")
	case n < PasswordMin:
		fs.Add(field, "staff.password.short", fault.Args{"Min": PasswordMin})
	case n > PasswordMax:
		fs.Add(field, "fault.field.long", fault.Args{"Max": PasswordMax})
	case login != "" && strings.Contains(low, login):
		fs.Add(field, "staff.password.login")
	case weak(low):
		fs.Add(field, "staff.password.common")
	}
}

// CheckPassword tells what is wrong with a new password for a login.
func CheckPassword(password, login string) error {
	var fs fault.Fields
	checkPassword(&fs, "password", password, normal(login))
	return fs.Err()
}

func weak(low string) bool {
	if strings.Count(low, low[:1]) == len(low) {
		return true
	}
	for _, c := range common {
		if strings.HasPrefix(low, c) && len(low) < len(c)+6 {
			return true
		}
	}
	return false
}

// temporaryPassword makes a password to be said over a desk: three groups of four letters and figures that can't be
// mistaken for one another, 59 bits.
func temporaryPassword(login string) string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	for {
		var b strings.Builder
		for i := range 12 {
			if i > 0 && i%4 == 0 {
				b.WriteByte('-')
			}
			n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
			if err != nil {
				panic("staff: no randomness: " + err.Error())
			}
			b.WriteByte(letters[n.Int64()])
		}
		if login == "" || !strings.Contains(b.String(), login) {
			return b.String()
		}
	}
}

func (s *Service) params() *argon2id.Params {
	if s.Params != nil {
		return s.Params
	}
	return strong
}

// turn waits for a place among those who hash, no longer than the request lasts; done gives it back.
func turn(ctx context.Context) (done func(), err error) {
	select {
	case hashing <- struct{}{}:
		return func() { <-hashing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash makes what is stored of a password. Composed characters (NFC) make it independent of the keyboard.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	done, err := turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return argon2id.CreateHash(norm.NFC.String(password), s.params())
}

// nobodys are hashes of no password, by cost: an unknown login costs as much time as a known one.
var nobodys sync.Map

func (s *Service) nobodysHash(ctx context.Context) (string, error) {
	p := *s.params()
	if known, ok := nobodys.Load(p); ok {
		if h, ok := known.(string); ok {
			return h, nil
		}
	}
	h, err := s.hash(ctx, "nobody has this password")
	if err == nil {
		nobodys.Store(p, h)
	}
	return h, err
}

// matches tells whether the password is the person's. Without a person it works just as long and says no.
func (s *Service) matches(ctx context.Context, p *Person, password string) (bool, error) {
	against, err := s.nobodysHash(ctx)
	if err != nil {
		return false, err
	}
	if p != nil {
		against = p.PasswordHash
	}
	if utf8.RuneCountInString(password) > PasswordMax {
		password = ""
	}
	done, err := turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	ok, err := argon2id.ComparePasswordAndHash(norm.NFC.String(password), against)
	return ok && p != nil, err
}
