// Package team holds the pages on which an administrator looks after people and screens.
package team

import (
	"strconv"
	"time"

	"lobby/views/part"
)

// Person is one line of the staff list.
type Person struct {
	ID        int64
	Login     string
	Name      string
	Roles     []string   // codes, said by "team.role.<code>"
	SignedIn  *time.Time // nil: not within a month
	Disabled  bool
	Temporary bool // the password has to be changed at the next sign-in
	Self      bool
}

func (p Person) href() string { return "/staff/" + strconv.FormatInt(p.ID, 10) }

// StaffPage is the staff of the current site.
type StaffPage struct {
	Site   string
	Done   string
	People []Person
	Join   JoinForm
}

// JoinForm gives somebody who is there already a role here.
type JoinForm struct {
	Login   string
	Roles   []Role
	Summary string
	Errors  map[string]string
}

// Role is one role to tick.
type Role struct {
	Code      string
	Has       bool
	Seniority int // 1 to 3 where they have it
}

// NewPage takes somebody in.
type NewPage struct {
	Login, Name, Language string
	Languages             []part.Option
	Roles                 []Role
	Summary               string
	Errors                map[string]string
}

// PasswordPage says a temporary password, once.
type PasswordPage struct {
	Person   Person
	Password string
	New      bool // they have just been taken in
}

// PersonPage is one of the staff.
type PersonPage struct {
	Site     string
	Person   Person
	Sessions int    // browsers in which they are signed in
	Roles    []Role // all there are
	Whole    bool   // password, sessions and disabling are the reader's to decide
	Done     string
	Error    string
}

// Device is one screen.
type Device struct {
	ID       int64
	Kind     string
	Name     string
	Language string // as it calls itself
	State    string // paired, waiting, expired, revoked
	Seen     *time.Time
}

// DevicesPage is the screens of the current site, and the form for one more.
type DevicesPage struct {
	Site                 string
	Done                 string
	Devices              []Device
	Kind, Name, Language string
	Languages            []part.Option
	Summary              string
	Errors               map[string]string
	Code                 *Code // a screen that is just being connected
}

// Code is what is typed on a screen to connect it.
type Code struct {
	Device     Device
	Text       string // "1234 5678"
	Address    string // where to type it; empty where the public address isn't known
	From, Till time.Time
}

func tone(state string) string {
	switch state {
	case "paired":
		return "good"
	case "waiting":
		return "info"
	}
	return "plain"
}
