package file

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"lobby/app/kit/fault"
)

// decoders are the formats that may come in, each with what a point of such a picture takes while it is decoded. Anything
// else, such as a vector drawing that can hold a script, is refused.
var decoders = map[string]struct {
	head  func(io.Reader) (image.Config, error)
	whole func(io.Reader) (image.Image, error)
	point func(raw []byte, head image.Config) int // bytes
}{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode, jpegPoint},
	"image/png":  {png.DecodeConfig, png.Decode, pngPoint},
	"image/webp": {webp.DecodeConfig, webp.Decode, func([]byte, image.Config) int { return 8 }},
}

// jpegPoint: three planes at most, and as many bytes again where they are turned into other colours; a picture that comes
// in passes over the whole (progressive) is held as numbers of four bytes until the last of them.
func jpegPoint(raw []byte, head image.Config) int {
	point := 3
	if head.ColorModel != color.YCbCrModel && head.ColorModel != color.GrayModel {
		point = 8
	}
	if progressive(raw) {
		point += 4 * point
	}
	return point
}

// pngPoint: four bytes, twice that with 16 bits, and again where it comes in passes.
func pngPoint(raw []byte, _ image.Config) int {
	const depth, passes = 24, 28 // places in the head
	point := 4
	if len(raw) > passes && raw[depth] == 16 {
		point = 8
	}
	if len(raw) > passes && raw[passes] != 0 {
		point *= 2
	}
	return point
}

// progressive tells whether a JPEG comes in passes, by the kind of its frame.
func progressive(raw []byte) bool {
	for rest := raw[min(2, len(raw)):]; len(rest) >= 4 && rest[0] == 0xff; {
		kind := rest[1]
		switch kind {
		case 0xff: // filling
			rest = rest[1:]
			continue
		case 0xc2:
			return true
		case 0xc0, 0xc1, 0xda:
			return false
		}
		length := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if length > len(rest) {
			return true // nothing good: count the worst
		}
		rest = rest[length:]
	}
	return true
}

// open decodes what came in and fits it, after a look at what its head says: a small file can claim to be a huge
// picture, and is refused before any of it is decoded.
func open(raw []byte, most int) (*image.RGBA, error) {
	if len(raw) > MaxUpload {
		return nil, fault.New(fault.TooLarge, "fault.picture.large")
	}
	format, ok := decoders[http.DetectContentType(raw)]
	if !ok {
		return nil, fault.New(fault.Invalid, "fault.picture.format")
	}
	head, err := format.head(bytes.NewReader(raw))
	if err != nil || head.Width <= 0 || head.Height <= 0 {
		return nil, fault.Wrap(err, fault.Invalid, "fault.picture.broken")
	}
	pixels := int64(head.Width) * int64(head.Height)
	if pixels > MaxPixels {
		return nil, fault.New(fault.TooLarge, "fault.picture.large")
	}
	if pixels*int64(format.point(raw, head)) > Budget {
		return nil, fault.New(fault.TooLarge, "fault.picture.heavy")
	}
	img, err := format.whole(bytes.NewReader(raw))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "fault.picture.broken")
	}
	return fit(img, most), nil
}

// fit makes a picture smaller where its longest side is above most, and lays it on white, since a photo has no holes.
// It goes down by halves first, so that every point of the large picture counts.
func fit(img image.Image, most int) *image.RGBA {
	size := img.Bounds().Size()
	long := max(size.X, size.Y)
	if long <= most {
		if done, ok := img.(*image.RGBA); ok && done.Opaque() {
			return done
		}
		return scaled(img, size)
	}
	if long > 2*most {
		return fit(scaled(img, size.Div(2)), most)
	}
	return scaled(img, image.Pt(size.X*most/long, size.Y*most/long))
}

func scaled(img image.Image, size image.Point) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, max(size.X, 1), max(size.Y, 1)))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Over, nil)
	return out
}

// ink is what was drawn in black, and the rest in white, whatever the colours of the pen and of a dark screen were: most
// of a sheet is paper.
func ink(img *image.RGBA) *image.Gray {
	out := image.NewGray(img.Bounds())
	draw.Draw(out, out.Bounds(), img, image.Point{}, draw.Src)
	light := 0
	for _, v := range out.Pix {
		if v > 127 {
			light++
		}
	}
	paper := 0
	if 2*light >= len(out.Pix) {
		paper = 255
	}
	for i, v := range out.Pix {
		out.Pix[i] = 255
		if diff := int(v) - paper; diff > 96 || diff < -96 {
			out.Pix[i] = 0
		}
	}
	return out
}

// strokes is how many points of a kept signature have to be drawn on at least: less is a slip of the finger.
const strokes = 40

func blank(img *image.Gray) bool { return bytes.Count(img.Pix, []byte{0}) < strokes }
