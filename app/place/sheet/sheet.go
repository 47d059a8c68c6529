// Package sheet holds the pages on which places go in and out as spreadsheets: a dry run that names every bad row, the
// load, the template, and the places as they stand.
package sheet

import (
	"context"
	"slices"
	"strings"
	"time"

	"lobby/app/site"
	"lobby/views/locale"
	page "lobby/views/place"
)

// MaxUpload is how many bytes a spreadsheet on a page may have: some ten times the largest compound there is. The
// command line takes site.MaxImport.
const MaxUpload = 16 << 20

// importTime is how long reading and loading a spreadsheet may take; other requests have far less.
const importTime = 2 * time.Minute

// shownLines is how many lines of a kind the page lists; the rest is counted.
const shownLines = 100

// looked fills what a dry run found.
func looked(ctx context.Context, r *site.Imported, draft int64) *page.Looked {
	l := &page.Looked{Zones: r.Zones, Buildings: r.Buildings, Households: r.Households, Shops: r.Shops,
		Ignored: strings.Join(unique(r.Ignored), locale.T(ctx, "import.comma")), Draft: draft, Seen: r.Seen()}
	for _, d := range r.Differences {
		l.Differences = append(l.Differences, d.Say(ctx))
	}
	l.Bad = lines(len(r.Bad), func(i int) string { return r.Bad[i].Say(ctx) })
	l.Changes = lines(len(r.Changes), func(i int) string { return r.Changes[i].Say(ctx) })
	l.Left = lines(len(r.Left), func(i int) string { return r.Left[i].Say(ctx) })
	return l
}

func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func lines(n int, say func(i int) string) page.List {
	l := page.List{More: max(0, n-shownLines)}
	for i := range min(n, shownLines) {
		l.Lines = append(l.Lines, say(i))
	}
	return l
}
