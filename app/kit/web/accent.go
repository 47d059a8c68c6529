package web

import (
	"fmt"
	"math"
	"strings"
)

// rgb is a colour: red, green and blue, 0 to 255.
type rgb [3]float64

var (
	white = rgb{255, 255, 255}
	black = rgb{0, 0, 0}
	// The backgrounds of tokens.css (--surface-2) on which text has the least contrast.
	lightPage = rgb{238, 241, 238}
	darkPage  = rgb{35, 45, 42}

	darkPaper, darkSurface = rgb{17, 23, 21}, rgb{26, 34, 32} // --paper and --surface, in the dark
)

// readable is the least contrast of text (WCAG 2.2 AA).
const readable = 4.5

func (c rgb) hex() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c[0])), int(math.Round(c[1])), int(math.Round(c[2])))
}

// luminance as WCAG defines it.
func (c rgb) luminance() float64 {
	var l [3]float64
	for i, v := range c {
		v /= 255
		if v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// toward mixes c with another colour until it has a contrast with the background.
func (c rgb) toward(other, background rgb, least float64) rgb {
	for step := 0.0; step <= 1; step += 0.02 {
		if mixed := c.mixed(other, step); contrast(mixed, background) >= least {
			return mixed
		}
	}
	return other
}

// Least contrast of the accent itself with a page, so that a button or a mark in it is seen at all.
const (
	LeastOnLight = 1.25
	LeastOnDark  = 1.2
)

// Accent is what becomes of an accent colour on our pages.
type Accent struct {
	Color   string  // #rrggbb
	On      string  // of text on it: white or black, whichever is read better
	Strong  string  // of text in it on light pages: the colour itself, or darkened until it can be read
	Soft    string  // of text in it on dark pages: the same, or lightened
	OnLight float64 // its contrast with a white surface
	OnDark  float64 // with dark paper or a dark surface, whichever is less
	Instead string  // the nearest colour that would do, where this one can't be told from the pages; else empty
}

// JudgeAccent says what becomes of "#rrggbb"; false where that is no colour.
func JudgeAccent(color string) (Accent, bool) {
	c, ok := parseHex(strings.TrimPrefix(color, "#"))
	if !ok || !strings.HasPrefix(color, "#") {
		return Accent{}, false
	}
	a := Accent{Color: c.hex(), On: c.on().hex(), Strong: c.toward(black, lightPage, readable).hex(), Soft: c.toward(white, darkPage, readable).hex(),
		OnLight: contrast(c, white), OnDark: c.onDark()}
	switch {
	case a.OnLight < LeastOnLight:
		a.Instead = c.toward(black, white, LeastOnLight).hex()
	case a.OnDark < LeastOnDark:
		for step := 0.02; c.onDark() < LeastOnDark; step += 0.02 {
			c = c.mixed(white, step)
		}
		a.Instead = c.hex()
	}
	return a, true
}

func (c rgb) onDark() float64 { return min(contrast(c, darkPaper), contrast(c, darkSurface)) }

// mixed is c with a share of another colour.
func (c rgb) mixed(other rgb, share float64) rgb {
	for i := range c {
		c[i] = math.Round(c[i] + (other[i]-c[i])*share)
	}
	return c
}

// on is the colour of text on c.
func (c rgb) on() rgb {
	if contrast(black, c) > contrast(white, c) {
		return black
	}
	return white
}

// sheet says the accent and what goes with it: text on it, a shade for text on light pages, a tint for text on dark ones.
func (c rgb) sheet() string {
	return fmt.Sprintf(":root{--accent:%s;--on-accent:%s;--accent-strong:%s;--accent-soft:%s}\n",
		c.hex(), c.on().hex(), c.toward(black, lightPage, readable).hex(), c.toward(white, darkPage, readable).hex())
}
