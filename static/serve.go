package static

import (
	"slices"
	"strings"
)

// Answer is what the route of a file sends; it knows nothing of the web framework.
type Answer struct {
	Status   int
	Type     string
	Encoding string // Content-Encoding, or empty
	Cache    string // Cache-Control
	ETag     string
	Body     []byte
}

// Lifetimes: an address with the right hash never changes what it answers; any other is asked for again.
const (
	forever = "public, max-age=31536000, immutable"
	recheck = "no-cache"
)

// Serve answers for the file name (below Prefix), version (the query "v"), and the headers Accept-Encoding and
// If-None-Match. The route adds "Vary: Accept-Encoding".
func Serve(name, version, accept, match string) Answer {
	f := Files[name]
	if f == nil {
		return Answer{Status: 404, Cache: recheck}
	}
	a := Answer{Status: 200, Type: f.Type, Cache: recheck}
	if version == f.Hash {
		a.Cache = forever
	}
	a.Body, a.Encoding = f.Encoded(accept)
	a.ETag = `"` + f.Hash + a.Encoding + `"`
	if strings.Contains(match, a.ETag) {
		a.Status, a.Body = 304, nil
	}
	return a
}

// Names lists all files, sorted.
func Names() []string {
	names := make([]string, 0, len(Files))
	for name := range Files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
