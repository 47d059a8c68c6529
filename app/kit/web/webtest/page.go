package webtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Page is an answer.
type Page struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   string
	Path   string
	Root   *html.Node // nil where the answer is no HTML
}

// Want fails the test where the status is another one.
func (p *Page) Want(status int) *Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("%s: status %d, want %d\n%s", p.Path, p.Status, status, excerpt(p.Body))
	}
	return p
}

// WantLocation fails the test where the answer doesn't lead to path.
func (p *Page) WantLocation(path string) *Page {
	p.t.Helper()
	to := p.Header.Get("Location")
	if to == "" {
		to = p.Header.Get("HX-Redirect")
	}
	if to != path {
		p.t.Fatalf("%s: leads to %q, want %q", p.Path, to, path)
	}
	return p
}

// WantText fails the test where one of the texts is not on the page.
func (p *Page) WantText(texts ...string) *Page {
	p.t.Helper()
	all := p.Body
	if p.Root != nil {
		all = Text(p.Root)
	}
	for _, text := range texts {
		if !strings.Contains(all, text) {
			p.t.Fatalf("%s: %q is not on the page\n%s", p.Path, text, excerpt(p.Body))
		}
	}
	return p
}

// WantNo fails the test where one of the texts stands anywhere in the answer, its markup included.
func (p *Page) WantNo(texts ...string) *Page {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Body, text) {
			p.t.Fatalf("%s: %q should not be in the answer\n%s", p.Path, text, excerpt(p.Body))
		}
	}
	return p
}

func excerpt(body string) string {
	if len(body) > 3000 {
		return body[:3000] + "…"
	}
	return body
}

// One gives the first element that a selector picks, and fails the test where there is none.
func (p *Page) One(selector string) *html.Node {
	p.t.Helper()
	all := p.All(selector)
	if len(all) == 0 {
		p.t.Fatalf("%s: no %s on the page\n%s", p.Path, selector, excerpt(p.Body))
	}
	return all[0]
}

// All gives the elements that a selector picks: tag, #id, .class, [attribute] and [attribute=value], and several of
// them after one another for elements within elements ("form .error").
func (p *Page) All(selector string) []*html.Node {
	p.t.Helper()
	if p.Root == nil {
		p.t.Fatalf("%s: the answer is no HTML\n%s", p.Path, excerpt(p.Body))
	}
	found := []*html.Node{p.Root}
	for part := range strings.FieldsSeq(selector) {
		want := parse(part)
		var next []*html.Node
		seen := map[*html.Node]bool{}
		for _, root := range found {
			for n := range root.Descendants() {
				if n.Type == html.ElementNode && want.matches(n) && !seen[n] {
					seen[n] = true
					next = append(next, n)
				}
			}
		}
		found = next
	}
	return found
}

// Form gives action and fields of the first form that a selector picks, as a browser would send it.
func (p *Page) Form(selector string) (action string, fields url.Values) {
	p.t.Helper()
	form := p.One(selector)
	return Attr(form, "action"), Fields(form)
}

// Fields are the fields of a form, as a browser would send them.
func Fields(form *html.Node) url.Values {
	fields := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || Attr(n, "name") == "" {
			continue
		}
		switch n.Data {
		case "input":
			kind := Attr(n, "type")
			if kind == "submit" || kind == "button" || ((kind == "radio" || kind == "checkbox") && !Has(n, "checked")) {
				continue
			}
			fields.Add(Attr(n, "name"), Attr(n, "value"))
		case "textarea":
			fields.Add(Attr(n, "name"), raw(n))
		case "select":
			fields.Add(Attr(n, "name"), selected(n))
		}
	}
	return fields
}

func selected(n *html.Node) string {
	first, some := "", false
	for o := range n.Descendants() {
		if o.Type != html.ElementNode || o.Data != "option" {
			continue
		}
		if Has(o, "selected") {
			return Attr(o, "value")
		}
		if !some {
			first, some = Attr(o, "value"), true
		}
	}
	return first
}

// Text is the text within a node.
func Text(n *html.Node) string {
	var b strings.Builder
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	for d := range n.Descendants() {
		if d.Type == html.TextNode && (d.Parent == nil || (d.Parent.Data != "script" && d.Parent.Data != "style")) {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// raw is the text within a node as it stands.
func raw(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// Attr is the value of an attribute, or nothing.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Has tells whether an element has an attribute, with whatever value.
func Has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// wanted is one part of a selector.
type wanted struct {
	tag     string
	classes []string
	attrs   []html.Attribute // an empty Namespace: must be there; "=": with this value
}

func parse(part string) wanted {
	var w wanted
	rest := part
	cut := func() string {
		end := strings.IndexAny(rest, ".#[")
		if end < 0 {
			end = len(rest)
		}
		word := rest[:end]
		rest = rest[end:]
		return word
	}
	w.tag = cut()
	for rest != "" {
		mark := rest[0]
		rest = rest[1:]
		switch mark {
		case '.':
			w.classes = append(w.classes, cut())
		case '#':
			w.attrs = append(w.attrs, html.Attribute{Namespace: "=", Key: "id", Val: cut()})
		case '[':
			inner, after, _ := strings.Cut(rest, "]")
			rest = after
			name, value, exact := strings.Cut(inner, "=")
			a := html.Attribute{Key: name, Val: strings.Trim(value, `"'`)}
			if exact {
				a.Namespace = "="
			}
			w.attrs = append(w.attrs, a)
		}
	}
	return w
}

func (w wanted) matches(n *html.Node) bool {
	if w.tag != "" && w.tag != "*" && n.Data != w.tag {
		return false
	}
	have := strings.Fields(Attr(n, "class"))
	for _, class := range w.classes {
		found := false
		for _, h := range have {
			found = found || h == class
		}
		if !found {
			return false
		}
	}
	for _, a := range w.attrs {
		if !Has(n, a.Key) || (a.Namespace == "=" && Attr(n, a.Key) != a.Val) {
			return false
		}
	}
	return true
}
