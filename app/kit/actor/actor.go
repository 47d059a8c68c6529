// Package actor says who acts: a person at a desk, a paired device, a job or the command line. It travels in the
// context, so that a service can check permission and the record can name who did it, whichever way the call came.
package actor

import (
	"context"
	"time"

	"lobby/app/kit/fault"
)

// Kind is what sort of actor it is.
type Kind string

// The kinds of actor.
const (
	Nobody Kind = ""       // not signed in
	Person Kind = "person" // a member of staff with a session
	Device Kind = "device" // a paired kiosk, display or wall
	Guest  Kind = "guest"  // a visitor's own phone, holding a pass link
	Job    Kind = "job"    // something the server does by itself
	CLI    Kind = "cli"    // somebody at the command line of the server
)

// Permission is one thing that somebody may do, for example "visit.register". The list stands in app/staff.
type Permission string

// Actor is who acts, and for which site.
type Actor struct {
	Kind    Kind
	ID      int64     // staff or device id; 0 for the other kinds
	Name    string    // display name; for the record of a command line "cli:<os user>", of a job its name
	Site    int64     // the site that this actor works for now; 0 where none is chosen
	Session int64     // id of the session, for a person
	Roams   bool      // has a role at another site as well
	Until   time.Time // when that session ends at the latest; zero: not by itself
	Screen  string    // for a device: kiosk, display or wall
	Lang    string    // preferred language tag, or empty
	Renew   bool      // signed in with a temporary password: until it is changed there is nothing else to do
	All     bool      // jobs and the command line: every permission but opening personal data
	May     map[Permission]bool
}

// Reveal is the permission to open masked personal data (PRIVACY-2). Nobody has it merely by being an administrator,
// a job or the command line.
const Reveal Permission = "pii.reveal"

// Can tells whether the actor has a permission.
func (a Actor) Can(p Permission) bool {
	if a.All && p != Reveal {
		return true
	}
	return a.May[p]
}

type key struct{}

// With puts the actor into the context.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From takes the actor from the context; the zero actor can do nothing.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(key{}).(Actor)
	return a
}

// Require gives the actor, or the fault that web turns into a sign-in page (nobody there) or a refusal.
func Require(ctx context.Context, p Permission) (Actor, error) {
	a := From(ctx)
	if a.Kind == Nobody {
		return a, fault.New(fault.SignIn, "fault.sign_in")
	}
	if !a.Can(p) {
		return a, fault.New(fault.Forbidden, "fault.forbidden")
	}
	return a, nil
}

// AsJob is a context in which the server itself acts for a site.
func AsJob(ctx context.Context, name string, site int64) context.Context {
	return With(ctx, Actor{Kind: Job, Name: name, Site: site, All: true})
}
