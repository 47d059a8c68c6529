package demo

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"strings"
	"time"

	"lobby/app/ticket"
)

// scenes are what photos can show, by a word of the matter; the first that fits.
var scenes = []struct {
	words []string
	paint func(*canvas)
}{
	{[]string{"水", "漏"}, (*canvas).pipe},
	{[]string{"灯", "照明", "停电"}, (*canvas).lamp},
	{[]string{"对讲", "按键", "刷卡", "屏"}, (*canvas).panel},
	{[]string{"门", "锁", "窗"}, (*canvas).door},
	{[]string{"瓷砖", "井盖", "地面", "玻璃"}, (*canvas).tiles},
}

// photoOf draws what a matter looks like, before or after the work on it; nothing where there is no such drawing. Every
// photo differs a little from every other, since one that came in already isn't kept again.
func photoOf(text string, index int, mended bool) []byte {
	for _, s := range scenes {
		for _, word := range s.words {
			if !strings.Contains(text, word) {
				continue
			}
			c := newCanvas(index, mended)
			s.paint(c)
			var b bytes.Buffer
			if err := jpeg.Encode(&b, c.img, &jpeg.Options{Quality: 82}); err != nil {
				return nil
			}
			return b.Bytes()
		}
	}
	return nil
}

// photos hangs a photo on a ticket or on one of its orders, as somebody on the spot does.
func (w *world) photos(ctx context.Context, at time.Time, of ticket.PhotosOf, matter string, index int) error {
	raw := photoOf(matter, index, of.Stage == ticket.After)
	if raw == nil {
		return nil
	}
	return w.tickets(at).AddPhotos(ctx, of, [][]byte{raw})
}

// pictured tells whether somebody took photos of a matter: of some that are open, enough to see how it looks.
func (m matter) pictured() bool {
	return m.stage > 0 || m.index >= 1000 && m.index < 1500 && m.index%3 == 0
}

// canvas is a small picture with a wall and a floor.
type canvas struct {
	img    *image.RGBA
	shift  int // how far to the side whoever took it stood
	mended bool
}

const (
	wide, high = 640, 480
	skirting   = 372 // where the floor begins
)

func newCanvas(index int, mended bool) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, wide, high)), shift: index*37%90 - 45, mended: mended}
	d := throw("photo", index)
	for y := range high {
		wall, grain := color.RGBA{214, 208, 196, 255}, 5
		if y >= skirting {
			wall, grain = color.RGBA{150, 138, 122, 255}, 9
		}
		for x := range wide { // darker towards the corners, and the grain of a cheap camera
			far := math.Hypot(float64(x-wide/2)/wide, float64(y-high/2)/high)
			shade := 1.06 - far*far*0.9
			n := d.IntN(2*grain) - grain
			c.img.SetRGBA(x, y, color.RGBA{tone(wall.R, shade, n), tone(wall.G, shade, n), tone(wall.B, shade, n), 255})
		}
	}
	c.box(0, skirting-14, wide, 14, color.RGBA{232, 228, 220, 255})
	return c
}

func tone(v uint8, shade float64, grain int) uint8 {
	return uint8(min(max(float64(v)*shade+float64(grain), 0), 255))
}

// box fills a rectangle.
func (c *canvas) box(x, y, width, height int, of color.Color) {
	draw.Draw(c.img, image.Rect(x, y, x+width, y+height), image.NewUniform(of), image.Point{}, draw.Over)
}

// oval fills an ellipse.
func (c *canvas) oval(x, y, rx, ry int, of color.Color) {
	for dy := -ry; dy <= ry; dy++ {
		half := int(float64(rx) * math.Sqrt(1-float64(dy*dy)/float64(ry*ry)))
		c.box(x-half, y+dy, 2*half+1, 1, of)
	}
}

// tube is an upright or lying pipe, lit from the left or from above.
func (c *canvas) tube(x, y, width, height int) {
	lying := width > height
	across := min(width, height)
	for i := range across {
		light := uint8(150 + 80*math.Sin(math.Pi*(0.15+0.75*float64(i)/float64(across))))
		of := color.RGBA{light, light, uint8(min(int(light)+6, 255)), 255}
		if lying {
			c.box(x, y+i, width, 1, of)
		} else {
			c.box(x+i, y, 1, height, of)
		}
	}
}

// pipe leaks at its joint, or has a new one.
func (c *canvas) pipe() {
	x := 300 + c.shift
	c.tube(x, 0, 44, 262)
	c.tube(x, 240, wide-x, 40)
	joint := color.RGBA{146, 96, 52, 255}
	if c.mended {
		joint = color.RGBA{188, 156, 60, 255}
	}
	c.box(x-7, 216, 58, 12, joint)
	c.box(x-7, 286, 58, 10, joint)
	c.box(x-4, 228, 52, 58, color.RGBA{174, 176, 180, 255})
	if c.mended {
		return
	}
	c.oval(x+22, 330, 46, 34, color.RGBA{120, 112, 98, 60}) // the wall is wet
	for i, y := range []int{306, 326, 344, 360} {
		c.oval(x+20+i%2*6, y, 4, 8, color.RGBA{92, 140, 178, 200})
	}
	c.oval(x+24, 424, 150, 30, color.RGBA{70, 104, 130, 150})
	c.oval(x+6, 418, 96, 15, color.RGBA{150, 186, 206, 120})
}

// lamp is dark, or shines.
func (c *canvas) lamp() {
	x := wide/2 + c.shift
	if c.mended {
		for r := 190; r > 0; r -= 10 {
			c.oval(x, 130, r, r*2/3, color.RGBA{22, 20, 12, 22})
		}
	} else {
		c.box(0, 0, wide, high, color.RGBA{0, 4, 14, 150})
	}
	c.box(x-3, 0, 6, 84, color.RGBA{60, 60, 62, 255})
	glass := color.RGBA{84, 84, 82, 255}
	if c.mended {
		glass = color.RGBA{255, 246, 214, 255}
	}
	c.oval(x, 112, 84, 30, color.RGBA{112, 108, 100, 255})
	c.oval(x, 120, 72, 24, glass)
}

// door has a lock that hangs loose, or sits.
func (c *canvas) door() {
	x := 210 + c.shift
	c.box(x-14, 40, 248, skirting-40, color.RGBA{96, 70, 50, 255})
	c.box(x, 54, 220, skirting-54, color.RGBA{132, 94, 62, 255})
	for _, y := range []int{84, 236} {
		c.box(x+28, y, 164, 116, color.RGBA{118, 82, 54, 255})
		c.box(x+34, y+6, 152, 104, color.RGBA{140, 101, 68, 255})
	}
	tilt := 12
	if c.mended {
		tilt = 0
	}
	c.box(x+184, 190+tilt, 24, 62, color.RGBA{186, 186, 190, 255})
	for i := range 52 {
		c.box(x+150+i, 210+tilt+(52-i)*tilt/24, 1, 10, color.RGBA{206, 206, 210, 255})
	}
	c.oval(x+196, 238+tilt, 5, 5, color.RGBA{30, 30, 32, 255})
}

// panel has buttons that stay dark, or shine.
func (c *canvas) panel() {
	x := 240 + c.shift
	c.box(x-6, 60, 172, 290, color.RGBA{110, 112, 116, 255})
	c.box(x, 66, 160, 278, color.RGBA{176, 178, 182, 255})
	screen, ring := color.RGBA{24, 26, 30, 255}, color.RGBA{96, 98, 102, 255}
	if c.mended {
		screen, ring = color.RGBA{96, 168, 150, 255}, color.RGBA{250, 214, 120, 255}
	}
	c.box(x+30, 84, 100, 56, screen)
	for row := range 4 {
		for col := range 3 {
			c.oval(x+36+col*44, 172+row*44, 17, 17, ring)
			c.oval(x+36+col*44, 172+row*44, 13, 13, color.RGBA{216, 218, 220, 255})
		}
	}
}

// tiles have a hole among them, or are whole.
func (c *canvas) tiles() {
	for row := range 4 {
		for col := range 8 {
			c.box(col*84+row%2*42-42+c.shift/4, 60+row*76, 80, 72, color.RGBA{190, uint8(176 + (row+col)%3*5), 158, 255})
		}
	}
	if c.mended {
		return
	}
	c.oval(320+c.shift, 210, 74, 46, color.RGBA{74, 66, 58, 255})
	for i, at := range []int{-60, -18, 34, 66} {
		c.box(306+c.shift+at, 398+i%2*22, 30-i*4, 14, color.RGBA{186, 174, 154, 255})
	}
}
