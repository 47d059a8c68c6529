package boot

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/site"
	"lobby/app/staff"
)

// firstLife is how long the link of the first start is good.
const firstLife = time.Hour

// First is what the first start asks: a site and who administers it.
type First struct {
	Site  site.Add
	Admin staff.Add
	Again string // the password once more
}

// linkState is how a link of the first start stands.
type linkState int

const (
	linkUnknown linkState = iota // never was one, or a later start has voided it
	linkOpen
	linkOver // used, too old, or a site stands already
)

// errLinkOver says that a link was used up by somebody faster.
var errLinkOver = errors.New("the link of the first start is over")

// Empty tells whether there is no site yet.
func (a *App) Empty(ctx context.Context) (empty bool, err error) {
	err = a.DB.NewRaw(`select not exists (select from sites)`).Scan(ctx, &empty)
	return empty, db.Translate(err)
}

// FirstToken makes the secret of the first start's link; the one before it is worth nothing any more. Only its hash is
// kept, so it is said once.
func (a *App) FirstToken(ctx context.Context) (string, error) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	_, err := a.DB.NewRaw(`insert into first_links (id, token_hash, expires_at) values (1, ?, ?)
		on conflict (id) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at, used_at = null`,
		firstHash(token), a.Now().Add(firstLife)).Exec(ctx)
	return token, db.Translate(err)
}

func firstHash(token string) []byte {
	h := sha256.Sum256([]byte("first:" + token))
	return h[:]
}

// firstLink tells how the link with this secret stands, and until when it is good.
func (a *App) firstLink(ctx context.Context, token string) (state linkState, until time.Time, err error) {
	var row struct {
		Expires time.Time  `bun:"expires_at"`
		Used    *time.Time `bun:"used_at"`
		Empty   bool       `bun:"empty"`
	}
	err = a.DB.NewRaw(`select expires_at, used_at, not exists (select from sites) as empty from first_links where token_hash = ?`, firstHash(token)).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return linkUnknown, until, nil
	}
	if err != nil {
		return linkUnknown, until, db.Translate(err)
	}
	if row.Used != nil || !row.Empty || !a.Now().Before(row.Expires) {
		return linkOver, until, nil
	}
	return linkOpen, row.Expires, nil
}

// check gathers everything that is wrong with both halves of the form. What is the person's has names of its own, since a
// site has a name too.
func (in First) check(prepared error) error {
	var all fault.Fields
	take := func(err error, rename map[string]string) error {
		f, ok := fault.As(err)
		if err != nil && (!ok || f.Kind != fault.Invalid) {
			return err
		}
		if ok {
			for _, field := range f.Fields {
				if name := rename[field.Name]; name != "" {
					field.Name = name
				}
				all = append(all, field)
			}
		}
		return nil
	}
	if err := errors.Join(take(in.Site.Check(), nil), take(prepared, map[string]string{"name": "person"})); err != nil {
		return err
	}
	if in.Admin.Password != in.Again {
		all.Add("password_again", "first.password_differs")
	}
	return all.Err()
}

// Found carries the first start out: the site and its first administrator come together, or not at all, and the link is
// used up by it. Of several people with the same link one is the first; the others get errLinkOver.
func (a *App) Found(ctx context.Context, token string, in First) error {
	ctx = actor.AsJob(ctx, "first-start", 0)
	in.Admin.Roles = []staff.Role{staff.Admin}
	person, err := a.Staff.Prepare(ctx, in.Admin)
	if err := in.check(err); err != nil {
		return err
	}
	_, err = db.Tx(ctx, a.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
		if err := useLink(ctx, tx, token, a.Now()); err != nil {
			return nil, err
		}
		here, err := a.SiteService().Found(ctx, tx, in.Site)
		if err != nil {
			return nil, err
		}
		var others bool // since Found no other one can come
		if err := tx.NewRaw(`select exists (select from sites where id <> ?)`, here.ID).Scan(ctx, &others); err != nil {
			return nil, err
		}
		if others {
			return nil, errLinkOver
		}
		ctx = actor.AsJob(ctx, "first-start", here.ID)
		if err := a.Staff.Join(ctx, tx, person, in.Admin.Roles); err != nil {
			return nil, err
		}
		return nil, audit.Append(ctx, tx, audit.Entry{Verb: "first.start", Subject: "sites", ID: here.ID})
	})
	return err
}

// useLink marks the link as used. Whoever comes at the same moment waits here, and finds it used.
func useLink(ctx context.Context, tx bun.Tx, token string, now time.Time) error {
	res, err := tx.NewRaw(`update first_links set used_at = ? where token_hash = ? and used_at is null and expires_at > ?`, now, firstHash(token), now).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errLinkOver)
	}
	return nil
}
