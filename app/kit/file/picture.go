package file

import (
	"bytes"
	"context"
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

// decoders are the formats that may come in. Anything else, such as a vector drawing that can hold a script, is refused.
var decoders = map[string]struct {
	size  func(io.Reader) (image.Config, error)
	whole func(io.Reader) (image.Image, error)
}{
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	"image/png":  {png.DecodeConfig, png.Decode},
	"image/webp": {webp.DecodeConfig, webp.Decode},
}

// decoding bounds how many pictures are open at once: one of MaxPixels takes 200 MB.
var decoding = make(chan struct{}, 2)

// Photo makes a kept photo of what came in, upright, at most photoSide long. Its faults are TooLarge, or Invalid for
// what is no picture, with the words of "fault.picture.".
func Photo(ctx context.Context, raw []byte) (*Picture, error) {
	img, err := open(ctx, raw, photoSide)
	if err != nil {
		return nil, err
	}
	img = upright(img, orientation(raw))
	for _, side := range []int{photoSide, photoSide * 3 / 4, photoSide / 2} {
		img = fit(img, side)
		for _, quality := range []int{85, 70, 55} {
			var out bytes.Buffer
			if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
				return nil, err
			}
			if out.Len() <= MaxStored {
				return picture("image/jpeg", img, out.Bytes()), nil
			}
		}
	}
	return nil, fault.New(fault.TooLarge, "fault.picture.large")
}

// Signature makes a kept signature: black on white, at most signatureSide long. An empty sheet is refused.
func Signature(ctx context.Context, raw []byte) (*Picture, error) {
	img, err := open(ctx, raw, signatureSide)
	if err != nil {
		return nil, err
	}
	sheet := ink(img)
	if blank(sheet) {
		return nil, fault.New(fault.Invalid, "fault.picture.blank")
	}
	var out bytes.Buffer
	if err := png.Encode(&out, sheet); err != nil {
		return nil, err
	}
	return picture("image/png", sheet, out.Bytes()), nil
}

func picture(mime string, img image.Image, raw []byte) *Picture {
	size := img.Bounds().Size()
	return &Picture{Mime: mime, Width: size.X, Height: size.Y, Bytes: raw}
}

// open decodes what came in and fits it, after a look at how large it says it is: a small file can claim to be a huge
// picture.
func open(ctx context.Context, raw []byte, most int) (*image.RGBA, error) {
	if len(raw) > MaxUpload {
		return nil, fault.New(fault.TooLarge, "fault.picture.large")
	}
	format, ok := decoders[http.DetectContentType(raw)]
	if !ok {
		return nil, fault.New(fault.Invalid, "fault.picture.format")
	}
	size, err := format.size(bytes.NewReader(raw))
	if err != nil || size.Width <= 0 || size.Height <= 0 {
		return nil, fault.Wrap(err, fault.Invalid, "fault.picture.broken")
	}
	if float64(size.Width)*float64(size.Height) > MaxPixels {
		return nil, fault.New(fault.TooLarge, "fault.picture.large")
	}
	select {
	case decoding <- struct{}{}:
		defer func() { <-decoding }()
	case <-ctx.Done():
		return nil, ctx.Err()
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

// ink is what was drawn in black, and the rest in white, whatever the colours of the pen and of a dark screen were.
func ink(img *image.RGBA) *image.Gray {
	out := image.NewGray(img.Bounds())
	draw.Draw(out, out.Bounds(), img, image.Point{}, draw.Src)
	paper := out.GrayAt(0, 0)
	for i, v := range out.Pix {
		if diff := int(v) - int(paper.Y); diff > 96 || diff < -96 {
			out.Pix[i] = 0
			continue
		}
		out.Pix[i] = 255
	}
	return out
}

func blank(img *image.Gray) bool {
	return !bytes.Contains(img.Pix, []byte{color.Gray{}.Y})
}
