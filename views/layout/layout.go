// Package layout holds the shells of all pages: staff pages, small cards such as sign-in, and unattended screens.
package layout

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// navFlat is how many entries of the navigation stand side by side at most; more are put together by what they are about.
const navFlat = 6

// navGroup is what the navigation shows at one place: one entry, or under a name those of a kind.
type navGroup struct {
	Name  string // the message key is "layout.nav.<Name>"
	Items []NavItem
}

// groups puts the entries together, in the order in which their groups appear first. Few of them stand alone.
func groups(items []NavItem) []navGroup {
	var out []navGroup
	for _, item := range items {
		at := slices.IndexFunc(out, func(g navGroup) bool { return len(items) > navFlat && g.Name != "" && g.Name == item.Group })
		if at < 0 {
			out = append(out, navGroup{Name: item.Group})
			at = len(out) - 1
		}
		out[at].Items = append(out[at].Items, item)
	}
	return out
}

// whereIs gives the address of the entry below which a page lies; empty for none.
func whereIs(items []NavItem, path string) (href string) {
	for _, item := range items {
		if (path == item.Href || strings.HasPrefix(path, item.Href+"/")) && len(item.Href) > len(href) {
			href = item.Href
		}
	}
	return href
}

// holds tells whether an entry stands in the group.
func (g navGroup) holds(href string) bool {
	return slices.ContainsFunc(g.Items, func(item NavItem) bool { return item.Href == href })
}

// HereField is the hidden field by which a form says at which site it was opened.
const HereField = "here"

type hereKey struct{}

// WithHere notes the site for which a page is rendered.
func WithHere(ctx context.Context, site int64) context.Context {
	return context.WithValue(ctx, hereKey{}, site)
}

// here is the site of the page as its forms carry it, or nothing.
func here(ctx context.Context) string {
	if id, ok := ctx.Value(hereKey{}).(int64); ok && id != 0 {
		return siteValue(id)
	}
	return ""
}

func siteValue(id int64) string { return strconv.FormatInt(id, 10) }

// accentHex is the colour without its '#', for the address of the accent sheet.
func accentHex(accent string) string { return strings.TrimPrefix(accent, "#") }

// figureMost is the largest figure that the head of a page shows of an inbox.
const figureMost = 99

// Many tells that more waits than is counted.
func (i Inbox) Many() bool { return i.Count > figureMost }

// Shown is the figure as the head of a page shows it.
func (i Inbox) Shown() string {
	if i.Many() {
		return strconv.Itoa(figureMost) + "+"
	}
	return strconv.Itoa(i.Count)
}
