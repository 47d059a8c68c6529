package file

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation reads how a phone was held from a JPEG's EXIF block: 1 to 8, 1 where nothing is said. It is all that is
// read of the block, and the block is not kept.
func orientation(raw []byte) int {
	tiff := exif(raw)
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		const tag = 0x0112
		if order.Uint16(entries) == tag {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// exif finds the TIFF part of a JPEG's EXIF segment; nil where there is none.
func exif(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte{0xff, 0xd8}) {
		return nil
	}
	head := []byte("Exif\x00\x00")
	for rest := raw[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		length := int(binary.BigEndian.Uint16(rest[2:]))
		if length < 2 || 2+length > len(rest) || rest[1] == 0xda { // 0xda: the picture itself begins
			return nil
		}
		segment := rest[4 : 2+length]
		if rest[1] == 0xe1 && bytes.HasPrefix(segment, head) {
			return segment[len(head):]
		}
		rest = rest[2+length:]
	}
	return nil
}

// upright turns a picture as its orientation says.
func upright(img *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return img
	}
	size := img.Bounds().Size()
	if orientation >= 5 {
		size.X, size.Y = size.Y, size.X
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			from := source(orientation, image.Pt(x, y), size)
			copy(out.Pix[out.PixOffset(x, y):][:4], img.Pix[img.PixOffset(from.X, from.Y):])
		}
	}
	return out
}

// source is the point of the picture as it came that stands at p in the upright one of the given size.
func source(orientation int, p, size image.Point) image.Point {
	right, bottom := size.X-1-p.X, size.Y-1-p.Y
	switch orientation {
	case 2:
		return image.Pt(right, p.Y)
	case 3:
		return image.Pt(right, bottom)
	case 4:
		return image.Pt(p.X, bottom)
	case 5:
		return image.Pt(p.Y, p.X)
	case 6:
		return image.Pt(p.Y, right)
	case 7:
		return image.Pt(bottom, right)
	case 8:
		return image.Pt(bottom, p.X)
	}
	return p
}
