package web

import (
	"fmt"
	"math"
)

// rgb is a colour: red, green and blue, 0 to 255.
type rgb [3]float64

var (
	white = rgb{255, 255, 255}
	black = rgb{0, 0, 0}
	// The backgrounds of tokens.css (--surface-2) on which text has the least contrast.
	lightPage = rgb{238, 241, 238}
	darkPage  = rgb{35, 45, 42}
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

// toward mixes c with another colour until it is readable on the background.
func (c rgb) toward(other, background rgb) rgb {
	mixed := c
	for step := 0.0; step <= 1; step += 0.02 {
		for i := range mixed {
			mixed[i] = c[i] + (other[i]-c[i])*step
		}
		rounded := rgb{math.Round(mixed[0]), math.Round(mixed[1]), math.Round(mixed[2])}
		if contrast(rounded, background) >= readable {
			return rounded
		}
	}
	return other
}

// sheet says the accent and what goes with it: text on it, a shade for text on light pages, a tint for text on dark ones.
func (c rgb) sheet() string {
	on := white
	if contrast(black, c) > contrast(white, c) {
		on = black
	}
	return fmt.Sprintf(":root{--accent:%s;--on-accent:%s;--accent-strong:%s;--accent-soft:%s}\n",
		c.hex(), on.hex(), c.toward(black, lightPage).hex(), c.toward(white, darkPage).hex())
}
