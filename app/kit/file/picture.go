package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"image"
	"image/jpeg"
	"image/png"

	"lobby/app/kit/fault"
)

// decoding lets one picture be open at a time: each may take the whole Budget.
var decoding = make(chan struct{}, 1)

// Photo makes a kept photo of what came in, upright, at most photoSide long. Its faults are TooLarge, or Invalid for
// what is no picture, with the words of "fault.picture.". The person's context ends the wait for others' pictures.
func Photo(ctx context.Context, raw []byte) (*Picture, error) {
	done, err := turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	img, err := open(raw, photoSide)
	if err != nil {
		return nil, err
	}
	img = upright(img, orientation(raw))
	small, err := packed(img, MaxSmall, smallSide)
	if err != nil {
		return nil, err
	}
	for _, side := range []int{photoSide, photoSide * 3 / 4, photoSide / 2} {
		img = fit(img, side)
		if out, err := packed(img, MaxStored, side); err == nil {
			return picture("image/jpeg", raw, img, out, small), nil
		}
	}
	return nil, fault.New(fault.TooLarge, "fault.picture.large")
}

// packed encodes a photo in at most so many bytes, as well as it goes.
func packed(img *image.RGBA, most, side int) ([]byte, error) {
	img = fit(img, side)
	for _, quality := range []int{85, 70, 55, 35} {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if out.Len() <= most {
			return out.Bytes(), nil
		}
	}
	return nil, fault.New(fault.TooLarge, "fault.picture.large")
}

// Signature makes a kept signature: black on white, at most signatureSide long. An empty sheet is refused.
func Signature(ctx context.Context, raw []byte) (*Picture, error) {
	done, err := turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	img, err := open(raw, signatureSide)
	if err != nil {
		return nil, err
	}
	sheet := ink(img)
	if blank(sheet) {
		return nil, fault.New(fault.Invalid, "fault.picture.blank")
	}
	whole, err := asPNG(sheet)
	if err != nil {
		return nil, err
	}
	small, err := asPNG(ink(fit(img, smallSide)))
	if err != nil {
		return nil, err
	}
	return picture("image/png", raw, sheet, whole, small), nil
}

func asPNG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img)
	return out.Bytes(), err
}

func picture(mime string, came []byte, img image.Image, whole, small []byte) *Picture {
	size := img.Bounds().Size()
	return &Picture{Mime: mime, Width: size.X, Height: size.Y, Bytes: whole, Small: small, Sum: Sum(came)}
}

// Sum is what Picture.Sum will be, without opening the picture.
func Sum(raw []byte) []byte {
	sum := sha256.Sum256(raw)
	return sum[:]
}

// turn waits until no other picture is open.
func turn(ctx context.Context) (done func(), err error) {
	select {
	case decoding <- struct{}{}:
		return func() { <-decoding }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
