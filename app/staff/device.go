package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/web"
	"lobby/views/locale"
)

// Device is a screen of a site: a kiosk, a lobby display or a wall.
type Device struct {
	bun.BaseModel `bun:"table:devices,alias:d"`

	ID            int64      `bun:"id,pk,autoincrement"`
	SiteID        int64      `bun:"site_id"`
	Kind          string     `bun:"kind"`
	Name          string     `bun:"name"`
	Language      string     `bun:"language"`
	TokenHash     []byte     `bun:"token_hash"`
	CodeSelector  *string    `bun:"code_selector"` // first digits of the code: which device a try is for
	CodeHash      []byte     `bun:"code_hash"`
	CodeExpiresAt *time.Time `bun:"code_expires_at"`
	CodeTries     int        `bun:"code_tries"`
	CreatedAt     time.Time  `bun:"created_at,nullzero,default:now()"`
	PairedAt      *time.Time `bun:"paired_at"`
	SeenAt        *time.Time `bun:"seen_at"`
	RevokedAt     *time.Time `bun:"revoked_at"`
}

// Kinds lists the kinds of devices.
var Kinds = []string{"kiosk", "display", "wall"}

// State says in one word how the device stands: revoked, paired, waiting (for its code), or expired (its code is over).
func (d Device) State(now time.Time) string {
	switch {
	case d.RevokedAt != nil:
		return "revoked"
	case d.PairedAt != nil:
		return "paired"
	case d.CodeExpiresAt != nil && now.Before(*d.CodeExpiresAt) && d.CodeTries < codeTries:
		return "waiting"
	}
	return "expired"
}

// A pairing code is eight digits, which a TV's remote has. The first three say which device is meant, the other five
// prove it; of those there are five tries in ten minutes.
const (
	codeDigits     = 8
	selectorDigits = 3
	codeTries      = 5
	codeLife       = 10 * time.Minute
)

// Pair is a screen that is to be paired.
type Pair struct {
	Kind     string
	Name     string
	Language string // empty: the site's first
}

// Pair notes a new device of the actor's site and gives the code that is entered on it, once, within ten minutes.
func (s *Service) Pair(ctx context.Context, in Pair) (code string, d *Device, err error) {
	a, err := actor.Require(ctx, ManageDevices)
	if err != nil {
		return "", nil, err
	}
	if in.Language == "" {
		if in.Language, err = siteLanguage(ctx, s.DB, a.Site); err != nil {
			return "", nil, err
		}
	}
	d, err = in.check()
	if err != nil {
		return "", nil, err
	}
	d.SiteID = a.Site
	expires := s.now().Add(codeLife)
	d.CodeExpiresAt = &expires
	// A selector that another open code has already is thrown again.
	for range 20 {
		if code, err = digits(codeDigits); err != nil {
			return "", nil, err
		}
		selector := code[:selectorDigits]
		d.CodeSelector, d.CodeHash = &selector, hashed("code:"+code)
		var stored bool
		stored, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (bool, error) {
			ok, err := insertDevice(ctx, tx, d, s.now())
			if err != nil || !ok {
				return false, err
			}
			return true, audit.Append(ctx, tx, audit.Entry{Verb: "device.add", Subject: "devices", ID: d.ID})
		})
		if err != nil || stored {
			return code, d, err
		}
	}
	return "", nil, fault.New(fault.Conflict, "staff.device.busy")
}

func (in Pair) check() (*Device, error) {
	var fs fault.Fields
	d := &Device{Kind: in.Kind, Language: in.Language}
	if d.Language == "" {
		d.Language = locale.Simplified
	}
	if !slices.Contains(Kinds, d.Kind) {
		fs.Add("kind", "staff.device.kind")
	}
	d.Name = fs.Line("name", in.Name, 60, true)
	if !slices.Contains(locale.Languages, d.Language) {
		fs.Add("language", "staff.language.unknown")
	}
	return d, fs.Err()
}

func digits(n int) (string, error) {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	v, err := rand.Int(rand.Reader, limit)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%0*d", n, v), nil
}

// cleanCode takes the digits out of what was typed: people type spaces and full-width figures.
func cleanCode(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		}
		return -1
	}, typed)
}

// Claim pairs the browser in which a code was entered: its token goes into the cookie. A code works once, even where
// two browsers enter it at the same moment.
func (s *Service) Claim(ctx context.Context, typed string, from netip.Addr) (token string, d *Device, err error) {
	wait, err := s.try(ctx, pairingKey(from), ofPairing)
	if err != nil {
		return "", nil, err
	}
	if wait > 0 {
		return "", nil, tooMany(wait)
	}
	code := cleanCode(typed)
	if len(code) != codeDigits {
		return "", nil, wrong("code", "staff.pair.wrong")
	}
	token, stored := newToken()
	d, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Device, error) {
		d, err := lockCode(ctx, tx, code[:selectorDigits], s.now())
		if err != nil || d == nil {
			return nil, err
		}
		if subtle.ConstantTimeCompare(d.CodeHash, hashed("code:"+code)) != 1 {
			return nil, countTry(ctx, tx, d.ID) // the count is committed with the refusal
		}
		if err := pairDevice(ctx, tx, d.ID, stored, s.now()); err != nil {
			return nil, err
		}
		if err := uncount(ctx, tx, pairingKey(from)); err != nil {
			return nil, err
		}
		ctx = actor.With(ctx, actor.Actor{Kind: actor.Device, ID: d.ID, Site: d.SiteID})
		return d, audit.Append(ctx, tx, audit.Entry{Verb: "device.pair", Subject: "devices", ID: d.ID})
	})
	if err != nil {
		return "", nil, err
	}
	if d == nil {
		return "", nil, wrong("code", "staff.pair.wrong")
	}
	return token, d, nil
}

// Device finds the paired device of a token. One that was revoked is told apart, since its screen says so.
func (s *Service) Device(ctx context.Context, token string) (actor.Actor, error) {
	d, err := findDevice(ctx, s.DB, tokenHash(token))
	if err != nil {
		return actor.Actor{}, err
	}
	if d == nil {
		return actor.Actor{}, fault.New(fault.SignIn, "fault.sign_in")
	}
	if d.RevokedAt != nil {
		return actor.Actor{}, fault.Wrap(web.ErrRevoked, fault.SignIn, "staff.device.revoked")
	}
	if now := s.now(); d.SeenAt == nil || now.Sub(*d.SeenAt) > seenEvery {
		if err := touchDevice(ctx, s.DB, d.ID, now); err != nil {
			return actor.Actor{}, err
		}
	}
	return actor.Actor{Kind: actor.Device, ID: d.ID, Name: d.Name, Site: d.SiteID, Screen: d.Kind, Lang: d.Language, May: screenMay[d.Kind]}, nil
}

// OpenKiosk is the kiosk of a demo site that this machine may use without pairing.
func OpenKiosk(site int64) actor.Actor {
	return actor.Actor{Kind: actor.Device, Site: site, Screen: "kiosk", May: screenMay["kiosk"]}
}

// Devices lists the devices of the actor's site, or all where it has none.
func (s *Service) Devices(ctx context.Context) ([]Device, error) {
	a, err := actor.Require(ctx, ManageDevices)
	if err != nil {
		return nil, err
	}
	return devices(ctx, s.DB, a.Site)
}

// Revoke shuts a device out at once; its screen leads back to pairing.
func (s *Service) Revoke(ctx context.Context, id int64) (*Device, error) {
	a, err := actor.Require(ctx, ManageDevices)
	if err != nil {
		return nil, err
	}
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (*Device, error) {
		d, err := revokeDevice(ctx, tx, id, a.Site, s.now())
		if err != nil {
			return nil, err
		}
		if d == nil {
			return nil, fault.New(fault.NotFound, "fault.not_found")
		}
		live.Publish(ctx, live.Control, "device.revoked", d.ID)
		return d, audit.Append(ctx, tx, audit.Entry{Verb: "device.revoke", Subject: "devices", ID: d.ID, Site: d.SiteID})
	})
}
