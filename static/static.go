// Package static holds the files that browsers load: style sheets, scripts, icons. They lie inside the binary; each
// has an address that changes with its content, so that a browser may keep it for a year and never shows an old one.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

//go:embed *.css *.js *.svg vendor/*.css vendor/*.js
var embedded embed.FS

// Prefix is where the files are mounted.
const Prefix = "/static/"

// types are the kinds of files there are; another ending fails the start, so that nothing is served as a guess.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// File is one embedded file.
type File struct {
	Name string // as in the URL, below Prefix
	Type string // content type
	Hash string // of the content, 16 hex digits
	Body []byte

	brotli, gzip packed
}

// packed is one compressed form, made when it is first asked for: compressing everything would cost the start more
// than the start may take.
type packed struct {
	once sync.Once
	body []byte
}

// Files are all embedded files by name.
var Files = load()

// Build is a short hash over all files: it changes whenever any of them does.
var Build = build()

func load() map[string]*File {
	files := map[string]*File{}
	err := fs.WalkDir(embedded, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind, known := types[path.Ext(name)]
		if !known {
			return fmt.Errorf("static: %s: unknown kind of file", name)
		}
		body, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		files[name] = &File{Name: name, Type: kind, Hash: hex.EncodeToString(sum[:8]), Body: body}
		return nil
	})
	if err != nil {
		panic(err) // the binary itself is wrong
	}
	return files
}

func build() string {
	all := sha256.New()
	for _, name := range Names() {
		all.Write([]byte(name + " " + Files[name].Hash + "\n"))
	}
	return hex.EncodeToString(all.Sum(nil)[:8])
}

// URL is the address of a file, with the hash of its content. A name that doesn't exist gives an address that answers
// 404; a test holds the names used in templates against the files.
func URL(name string) string {
	f := Files[name]
	if f == nil {
		return Prefix + name
	}
	return Prefix + name + "?v=" + f.Hash
}

// Encoded gives the body in the best form that the browser takes, by its Accept-Encoding header; encoding is empty
// for the plain form.
func (f *File) Encoded(accept string) (body []byte, encoding string) {
	switch {
	case accepts(accept, "br"):
		return f.brotli.get(f.Body, packBrotli), "br"
	case accepts(accept, "gzip"):
		return f.gzip.get(f.Body, packGzip), "gzip"
	}
	return f.Body, ""
}

func (p *packed) get(body []byte, pack func([]byte) []byte) []byte {
	p.once.Do(func() { p.body = pack(body) })
	return p.body
}

func packBrotli(body []byte) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, 9)
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

func packGzip(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

// accepts tells whether an Accept-Encoding header allows a coding; "br;q=0" refuses it.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q := strings.ReplaceAll(quality, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000") && q != "q=0.0" && q != "q=0.00"
		}
	}
	return false
}
