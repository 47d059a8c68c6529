// Package layout holds the shells of all pages: staff pages, small cards such as sign-in, and unattended screens.
package layout

import (
	"context"
	"strconv"
	"strings"
)

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

// leads tells whether an entry of the navigation is that of a page: its own, or of the settings any of theirs.
func leads(href, path string) bool {
	return href == path || href == SettingsPath && strings.HasPrefix(path, SettingsPath+"/")
}

// accentHex is the colour without its '#', for the address of the accent sheet.
func accentHex(accent string) string { return strings.TrimPrefix(accent, "#") }
