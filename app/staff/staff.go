package staff

import (
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/uptrace/bun"
)

// Person is a member of staff.
type Person struct {
	bun.BaseModel `bun:"table:staff,alias:p"`

	ID           int64      `bun:"id,pk,autoincrement"`
	Login        string     `bun:"login"`
	Name         string     `bun:"name"`
	PasswordHash string     `bun:"password_hash"`
	Language     string     `bun:"language"`
	Demo         bool       `bun:"demo"`
	DisabledAt   *time.Time `bun:"disabled_at"`
	CreatedAt    time.Time  `bun:"created_at,nullzero,default:now()"`

	Roles      []string   `bun:"roles,array,scanonly"`   // at the site that was asked about
	SignedInAt *time.Time `bun:"signed_in_at,scanonly"`  // last sign-in that is still known: sessions are kept for a month
	Temporary  bool       `bun:"is_temporary,scanonly"`  // the password has to be changed at the next sign-in
	Open       int        `bun:"open_sessions,scanonly"` // browsers in which they are signed in
}

// Session is one signed-in browser of a person.
type Session struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	ID        int64      `bun:"id,pk,autoincrement"`
	TokenHash []byte     `bun:"token_hash"`
	StaffID   int64      `bun:"staff_id"`
	SiteID    *int64     `bun:"site_id"`
	CreatedAt time.Time  `bun:"created_at"`
	SeenAt    time.Time  `bun:"seen_at"`
	ExpiresAt time.Time  `bun:"expires_at"`
	RevokedAt *time.Time `bun:"revoked_at"`
}

// Terms are how long a session lasts.
type Terms struct {
	Idle    time.Duration // without a request; 0: 10 hours, a shift and its breaks
	Longest time.Duration // at all; 0: 24 hours
}

// Service does everything with staff and devices. DB is required; the rest has defaults.
type Service struct {
	DB     *bun.DB
	Now    func() time.Time
	Terms  Terms
	Log    *slog.Logger
	Params *argon2id.Params // cost of a password hash; nil: as strong as the trade advises
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Service) terms() Terms {
	t := s.Terms
	if t.Idle <= 0 {
		t.Idle = 10 * time.Hour
	}
	if t.Longest <= 0 {
		t.Longest = 24 * time.Hour
	}
	return t
}

func (s *Service) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

var loginShape = regexp.MustCompile(`^[a-z0-9._-]{2,40}$`)

// normal is how a login is stored and looked up.
func normal(login string) string { return strings.ToLower(strings.TrimSpace(login)) }
