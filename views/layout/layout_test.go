package layout

import (
	"fmt"
	"testing"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	var items []NavItem
	for n, group := range []string{"desk", "tickets", "desk", "", "records", "tickets", "desk"} {
		items = append(items, NavItem{Href: fmt.Sprint("/", n), Group: group})
	}
	said := func(items []NavItem) (out string) {
		for _, g := range groups(items) {
			out += g.Name + ":"
			for _, item := range g.Items {
				out += item.Href
			}
			out += " "
		}
		return out
	}
	if got, want := said(items), "desk:/0/2/6 tickets:/1/5 :/3 records:/4 "; got != want {
		t.Errorf("many: %q, want %q", got, want)
	}
	if got, want := said(items[:6]), "desk:/0 tickets:/1 desk:/2 :/3 records:/4 tickets:/5 "; got != want {
		t.Errorf("few stand alone: %q, want %q", got, want)
	}
}

func TestWhereIs(t *testing.T) {
	t.Parallel()
	items := []NavItem{{Href: "/desk"}, {Href: "/desk/tickets"}, {Href: "/settings"}}
	for path, want := range map[string]string{"/desk": "/desk", "/desk/tickets/12": "/desk/tickets", "/desk/visits": "/desk", "/settings/hours": "/settings",
		"/desktop": "", "/inbox": ""} {
		if got := whereIs(items, path); got != want {
			t.Errorf("%s lies below %q, want %q", path, got, want)
		}
	}
}

func TestInboxFigure(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]string{0: "0", 1: "1", 99: "99", 100: "99+", 200: "99+"} {
		if got := (Inbox{Count: count}).Shown(); got != want {
			t.Errorf("%d is shown as %q, want %q", count, got, want)
		}
	}
}
