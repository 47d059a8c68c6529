package team

import (
	"slices"
	"time"

	"lobby/app/kit/actor"
	"lobby/app/staff"
	"lobby/views/locale"
	"lobby/views/part"
	view "lobby/views/team"
)

func line(p staff.Person, reader actor.Actor) view.Person {
	return view.Person{
		ID: p.ID, Login: p.Login, Name: p.Name, Roles: p.Roles, SignedIn: p.SignedInAt, Disabled: p.DisabledAt != nil,
		Temporary: p.Temporary, Self: p.ID == reader.ID,
	}
}

func screen(d staff.Device, now time.Time) view.Device {
	return view.Device{ID: d.ID, Kind: d.Kind, Name: d.Name, Language: staff.LanguageNames[d.Language], State: d.State(now), Seen: d.SeenAt}
}

// boxes are all roles, those that somebody has ticked.
func boxes(has []string) []view.Role {
	list := make([]view.Role, len(staff.Roles))
	for i, r := range staff.Roles {
		list[i] = view.Role{Code: string(r), Has: slices.Contains(has, string(r))}
	}
	return list
}

func roles(codes []string) []staff.Role {
	list := make([]staff.Role, len(codes))
	for i, code := range codes {
		list[i] = staff.Role(code)
	}
	return list
}

func languages() []part.Option {
	list := make([]part.Option, len(locale.Languages))
	for i, l := range locale.Languages {
		list[i] = part.Option{Value: l, Label: staff.LanguageNames[l]}
	}
	return list
}
