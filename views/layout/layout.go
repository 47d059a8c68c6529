// Package layout holds the shells of all pages: staff pages, small cards such as sign-in, and unattended screens.
package layout

import (
	"strconv"
	"strings"
)

func siteValue(id int64) string { return strconv.FormatInt(id, 10) }

// accentHex is the colour without its '#', for the address of the accent sheet.
func accentHex(accent string) string { return strings.TrimPrefix(accent, "#") }
