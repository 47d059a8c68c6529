// Package part holds the small pieces that pages share: fields, badges, alerts, tables.
package part

import (
	"context"
	"strings"

	"github.com/a-h/templ"
)

// HTML writes components as text, one after the other, for what goes to a page over its socket.
func HTML(ctx context.Context, parts ...templ.Component) (string, error) {
	var out strings.Builder
	for _, p := range parts {
		if err := p.Render(ctx, &out); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}
