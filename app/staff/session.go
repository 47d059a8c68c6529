package staff

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/audit"
	"lobby/app/kit/db"
	"lobby/app/kit/fault"
	"lobby/app/kit/live"
	"lobby/app/kit/patience"
)

// SignIn is somebody at the sign-in page.
type SignIn struct {
	Login    string
	Password string
	From     netip.Addr // where from, as limits count it
	Old      string     // session token that the browser brought along; it ends here
}

// seenEvery is how exactly a session's last request is known.
const seenEvery = time.Minute

// SignIn checks login and password and opens a session; its token goes into the cookie. The answer to a wrong login, a
// wrong password and a disabled person is the same, and takes the same time. Too many tries have to wait, by account
// and by address.
func (s *Service) SignIn(ctx context.Context, in SignIn) (token string, err error) {
	login := normal(in.Login)
	for _, c := range []struct {
		of  string
		key []byte
		p   patience.Patience
	}{{"address", addressKey(in.From), ofAddress}, {"account", accountKey(login), ofAccount}} {
		wait, err := s.try(ctx, c.key, c.p)
		if err != nil {
			return "", err
		}
		if wait > 0 {
			s.log().InfoContext(ctx, "sign-in has to wait", "of", c.of, "wait", wait)
			return "", tooMany(wait)
		}
	}
	p, err := findLogin(ctx, s.DB, login)
	if err != nil {
		return "", err
	}
	ok, err := s.matches(ctx, p, in.Password)
	if err != nil {
		return "", err
	}
	if !ok || p.DisabledAt != nil {
		return "", s.refuse(ctx, p)
	}
	return s.open(ctx, p, in, login)
}

func tooMany(wait time.Duration) error { return fault.Wait("staff.sign_in.wait", wait) }

// refuse records a failed try at an account that exists, and answers as for one that doesn't.
func (s *Service) refuse(ctx context.Context, p *Person) error {
	if p != nil {
		_, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
			return nil, audit.Append(ctx, tx, audit.Entry{Verb: "session.refuse", Subject: "staff", ID: p.ID})
		})
		if err != nil {
			return err
		}
	}
	return fault.New(fault.Invalid, "staff.sign_in.wrong")
}

func (s *Service) open(ctx context.Context, p *Person, in SignIn, login string) (string, error) {
	token, stored := newToken()
	now := s.now()
	_, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
		same, err := holdPerson(ctx, tx, p)
		if err != nil {
			return nil, err
		}
		if !same { // a new password or a disabling was faster than this sign-in
			return nil, fault.New(fault.Invalid, "staff.sign_in.wrong")
		}
		if err := forgive(ctx, tx, accountKey(login)); err != nil {
			return nil, err
		}
		if err := uncount(ctx, tx, addressKey(in.From)); err != nil {
			return nil, err
		}
		if in.Old != "" { // rotation: a token from before the sign-in is worth nothing after it
			if err := s.revoke(ctx, tx, "token_hash = ?", tokenHash(in.Old)); err != nil {
				return nil, err
			}
		}
		site, err := lastSite(ctx, tx, p.ID)
		if err != nil {
			return nil, err
		}
		row := &Session{TokenHash: stored, StaffID: p.ID, SiteID: site, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(s.terms().Longest)}
		if err := insertSession(ctx, tx, row); err != nil {
			return nil, err
		}
		ctx = actor.With(ctx, actor.Actor{Kind: actor.Person, ID: p.ID, Site: value(site), Session: row.ID})
		return nil, audit.Append(ctx, tx, audit.Entry{Verb: "session.open", Subject: "sessions", ID: row.ID})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// signedIn gives the acting person, or the fault that leads to the sign-in page.
func signedIn(ctx context.Context) (actor.Actor, error) {
	a := actor.From(ctx)
	if a.Kind != actor.Person {
		return a, fault.New(fault.SignIn, "fault.sign_in")
	}
	return a, nil
}

func value(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// Session finds who holds a token. It asks the database each time: a revoked session, a disabled person and a role
// taken away count from the next request on, on every instance.
func (s *Service) Session(ctx context.Context, token string) (actor.Actor, error) {
	row, err := findSession(ctx, s.DB, tokenHash(token))
	if errors.Is(err, sql.ErrNoRows) {
		return actor.Actor{}, fault.New(fault.SignIn, "fault.sign_in")
	}
	if err != nil {
		return actor.Actor{}, db.Translate(err)
	}
	now, terms := s.now(), s.terms()
	if !now.Before(row.ExpiresAt) || now.Sub(row.SeenAt) > terms.Idle {
		return actor.Actor{}, fault.New(fault.SignIn, "fault.sign_in")
	}
	if len(row.Roles) == 0 { // the site is gone, or the role there
		if err := s.moveSession(ctx, row); err != nil {
			return actor.Actor{}, err
		}
	}
	if now.Sub(row.SeenAt) > seenEvery {
		if err := touchSession(ctx, s.DB, row.ID, now); err != nil {
			return actor.Actor{}, db.Translate(err)
		}
	}
	who := actor.Actor{Kind: actor.Person, ID: row.StaffID, Name: row.Name, Site: row.SiteID, Session: row.ID, Roams: row.Roams, Until: row.ExpiresAt,
		Lang: row.Language, Renew: row.Temporary}
	if !row.Temporary {
		who.May = may(row.Roles)
	}
	return who, nil
}

// moveSession takes a session to a site where its person has a role; where there is none it stays without.
func (s *Service) moveSession(ctx context.Context, row *heldSession) error {
	site, err := lastSite(ctx, s.DB, row.StaffID)
	if err != nil {
		return err
	}
	row.SiteID = value(site)
	if site == nil {
		return nil
	}
	if err := setSessionSite(ctx, s.DB, row.ID, *site); err != nil {
		return err
	}
	row.Roles, err = rolesAt(ctx, s.DB, row.StaffID, *site)
	return err
}

// SignOut ends the actor's session.
func (s *Service) SignOut(ctx context.Context) error {
	a := actor.From(ctx)
	if a.Kind != actor.Person {
		return nil
	}
	_, err := db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
		if err := s.revoke(ctx, tx, "id = ?", a.Session); err != nil {
			return nil, err
		}
		return nil, audit.Append(ctx, tx, audit.Entry{Verb: "session.close", Subject: "sessions", ID: a.Session})
	})
	return err
}

// SignOutEverywhere ends all sessions of the acting person, this one too.
func (s *Service) SignOutEverywhere(ctx context.Context) error {
	a, err := signedIn(ctx)
	if err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
		if err := s.revoke(ctx, tx, "staff_id = ?", a.ID); err != nil {
			return nil, err
		}
		return nil, audit.Append(ctx, tx, audit.Entry{Verb: "session.close_all", Subject: "staff", ID: a.ID})
	})
	return err
}

// Sessions lists where the acting person is signed in, the latest first.
func (s *Service) Sessions(ctx context.Context) ([]Session, error) {
	a, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	now := s.now()
	return openSessions(ctx, s.DB, a.ID, now, now.Add(-s.terms().Idle))
}

// SwitchSite makes another site the session's current one. A site where the person has no role doesn't exist for them.
func (s *Service) SwitchSite(ctx context.Context, site int64) error {
	a, err := signedIn(ctx)
	if err != nil {
		return err
	}
	_, err = db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (any, error) {
		roles, err := rolesAt(ctx, tx, a.ID, site)
		if err != nil {
			return nil, err
		}
		if len(roles) == 0 {
			return nil, fault.New(fault.NotFound, "fault.not_found")
		}
		if err := setSessionSite(ctx, tx, a.Session, site); err != nil {
			return nil, err
		}
		live.Publish(ctx, live.Control, "staff.changed", a.ID) // screens that still follow the other site start anew
		return nil, audit.Append(ctx, tx, audit.Entry{Verb: "session.switch", Subject: "sessions", ID: a.Session, Site: site})
	})
	return err
}

// revoke ends the open sessions that a condition picks, and tells every instance.
func (s *Service) revoke(ctx context.Context, tx bun.Tx, where string, args ...any) error {
	ids, err := revokeSessions(ctx, tx, s.now(), where, args...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		live.Publish(ctx, live.Control, "session.revoked", id)
	}
	return nil
}

// batch is how many rows a job changes in one transaction, so that it holds nothing for long.
const batch = 200

// Sweep ends sessions whose time is over, so that their sockets close too, and drops what nobody needs any more: old
// sessions, old failures, devices whose code nobody ever entered. It tells how many sessions it ended.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	now := s.now()
	return db.Tx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (int, error) {
		ids, err := expireSessions(ctx, tx, now, now.Add(-s.terms().Idle), batch)
		if err != nil {
			return 0, err
		}
		for _, id := range ids {
			live.Publish(ctx, live.Control, "session.revoked", id)
		}
		return len(ids), dropOld(ctx, tx, now, batch)
	})
}
