package site

import (
	"bytes"
	"html"
)

// tag is one tag of a sheet's XML.
type tag struct {
	name  string // "/c" for an end tag
	attrs []byte
	empty bool   // <c/>
	text  []byte // what stands between the tag before and this one
}

// tags goes through XML tag by tag. odd is set where it met what it doesn't know.
type tags struct {
	rest []byte
	odd  bool
}

// next gives the next tag; false at the end, or where something is odd.
func (t *tags) next() (tag, bool) {
	for {
		open := bytes.IndexByte(t.rest, '<')
		if open < 0 {
			return tag{}, false
		}
		text := t.rest[:open]
		t.rest = t.rest[open+1:]
		end := closing(t.rest)
		if end < 1 {
			t.odd = true
			return tag{}, false
		}
		body := t.rest[:end]
		t.rest = t.rest[end+1:]
		switch body[0] {
		case '?':
			continue
		case '!':
			t.odd = true
			return tag{}, false
		}
		out := tag{text: text}
		if body[len(body)-1] == '/' {
			out.empty, body = true, body[:len(body)-1]
		}
		name := body
		if space := bytes.IndexAny(body, " \t\r\n"); space >= 0 {
			name, out.attrs = body[:space], body[space:]
		}
		if bytes.IndexByte(name, ':') >= 0 || bytes.IndexByte(out.attrs, '\'') >= 0 {
			t.odd = true
			return tag{}, false
		}
		out.name = known(name)
		return out, true
	}
}

// closing finds the > that ends a tag; one within quotes doesn't.
func closing(b []byte) int {
	end := bytes.IndexByte(b, '>')
	for end >= 0 && bytes.Count(b[:end], []byte{'"'})%2 == 1 {
		more := bytes.IndexByte(b[end+1:], '>')
		if more < 0 {
			return -1
		}
		end += 1 + more
	}
	return end
}

// known gives the names that matter without making a string of each.
func known(name []byte) string {
	switch string(name) {
	case "c":
		return "c"
	case "/c":
		return "/c"
	case "v":
		return "v"
	case "/v":
		return "/v"
	case "t":
		return "t"
	case "/t":
		return "/t"
	case "is":
		return "is"
	case "f":
		return "f"
	case "row":
		return "row"
	case "/row":
		return "/row"
	}
	return string(name)
}

// attr gives an attribute's value as it stands; nil where there is none.
func (t tag) attr(name string) []byte {
	for rest := t.attrs; ; {
		at := bytes.Index(rest, []byte(name))
		if at < 1 {
			return nil
		}
		before, after := rest[at-1], rest[at+len(name):]
		if (before == ' ' || before == '\n' || before == '\t' || before == '\r') && bytes.HasPrefix(after, []byte(`="`)) {
			value := after[2:]
			if end := bytes.IndexByte(value, '"'); end >= 0 {
				return value[:end]
			}
			return nil
		}
		rest = after
	}
}

// plainText opens the entities of XML; ok is false for what excelize has to open.
func plainText(b []byte) (text string, ok bool) {
	switch {
	case bytes.Contains(b, []byte("_x")): // _x000D_ stands for a character
		return "", false
	case bytes.IndexByte(b, '&') < 0:
		return string(b), true
	}
	return html.UnescapeString(string(b)), true
}

// sharedTexts reads the texts that cells point to, each from its runs and without what tells how to pronounce it.
func sharedTexts(data []byte) (texts []string, ok bool) {
	t := tags{rest: data}
	var text []byte
	aside := 0 // within a pronunciation
	for {
		g, more := t.next()
		if !more {
			return texts, !t.odd
		}
		switch g.name {
		case "si":
			text = text[:0]
			if g.empty {
				texts = append(texts, "")
			}
		case "rPh":
			aside++
		case "/rPh":
			aside--
		case "/t":
			if aside == 0 {
				text = append(text, g.text...)
			}
		case "/si":
			s, plain := plainText(text)
			if !plain {
				return nil, false
			}
			texts = append(texts, s)
		}
	}
}
