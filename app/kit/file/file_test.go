package file_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/fault"
	"lobby/app/kit/file"
)

// drawn is a picture of two colours: left, and the right half.
func drawn(width, height int, left, right color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, left)
			if x >= width/2 {
				img.Set(x, y, right)
			}
		}
	}
	return img
}

func asJPEG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an EXIF block behind the head of a JPEG: an orientation, and a text that a camera could have written.
func withExif(raw []byte, orientation uint16, text string) []byte {
	tiff := []byte("II*\x00\x08\x00\x00\x00\x01\x00")
	tiff = binary.LittleEndian.AppendUint16(tiff, 0x0112)
	tiff = binary.LittleEndian.AppendUint16(tiff, 3)
	tiff = binary.LittleEndian.AppendUint32(tiff, 1)
	tiff = binary.LittleEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), append(tiff, text...)...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(body)+2))
	return append(append(head, body...), raw[2:]...)
}

func decoded(t *testing.T, p *file.Picture) image.Image {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(p.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Dx() != p.Width || img.Bounds().Dy() != p.Height {
		t.Errorf("the picture is %v, its row says %d × %d", img.Bounds(), p.Width, p.Height)
	}
	if len(p.Bytes) > file.MaxStored {
		t.Errorf("%d bytes are kept, at most %d are allowed", len(p.Bytes), file.MaxStored)
	}
	return img
}

func reddish(c color.Color) bool {
	r, _, b, _ := c.RGBA()
	return r > 0x8000 && b < 0x8000
}

func TestPhoto(t *testing.T) {
	t.Parallel()
	red, blue := color.RGBA{R: 220, A: 255}, color.RGBA{B: 220, A: 255}
	secret := "N 22°32'35.3\" E 114°03'26.6\""

	t.Run("TICKET-12 a photo is kept without the place where it was taken, or anything else that came with it", func(t *testing.T) {
		t.Parallel()
		raw := withExif(asJPEG(t, drawn(320, 200, red, blue)), 1, secret)
		raw = append(raw, "<script>alert(1)</script>"...)
		p, err := file.Photo(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		decoded(t, p)
		for _, forbidden := range []string{secret, "Exif", "<script"} {
			if bytes.Contains(p.Bytes, []byte(forbidden)) {
				t.Errorf("the kept photo contains %q", forbidden)
			}
		}
	})
	for orientation, want := range map[uint16]struct {
		width, height int
		x, y          int // where red has to be
	}{
		1: {320, 200, 10, 100}, 2: {320, 200, 310, 100}, 3: {320, 200, 310, 100}, 4: {320, 200, 10, 100},
		5: {200, 320, 100, 10}, 6: {200, 320, 100, 10}, 7: {200, 320, 100, 310}, 8: {200, 320, 100, 310},
		0: {320, 200, 10, 100}, 9: {320, 200, 10, 100},
	} {
		p, err := file.Photo(t.Context(), withExif(asJPEG(t, drawn(320, 200, red, blue)), orientation, ""))
		if err != nil {
			t.Fatal(err)
		}
		img := decoded(t, p)
		if p.Width != want.width || p.Height != want.height || !reddish(img.At(want.x, want.y)) {
			t.Errorf("orientation %d: %d × %d, at %d,%d %v", orientation, p.Width, p.Height, want.x, want.y, img.At(want.x, want.y))
		}
	}
}

// TestLargePhoto: 40 megapixels, and a picture that packs as badly as can be, are kept in a megabyte.
func TestLargePhoto(t *testing.T) {
	t.Parallel()
	large := image.NewYCbCr(image.Rect(0, 0, 7700, 5200), image.YCbCrSubsampleRatio420)
	for i := range large.Y {
		large.Y[i] = byte(i / 64)
	}
	noise := image.NewGray(image.Rect(0, 0, 2048, 2048))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	for _, c := range []struct {
		name string
		img  image.Image
		side int // of what is kept, at least
	}{{"40 megapixels", large, 2048}, {"noise", noise, 1024}} {
		p, err := file.Photo(t.Context(), asJPEG(t, c.img))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if decoded(t, p); max(p.Width, p.Height) < c.side {
			t.Errorf("%s: kept as %d × %d", c.name, p.Width, p.Height)
		}
	}
}

// bomb is a PNG of a few bytes that says it has 30,000 × 30,000 points.
func bomb() []byte {
	head := []byte("IHDR")
	head = binary.BigEndian.AppendUint32(head, 30000)
	head = binary.BigEndian.AppendUint32(head, 30000)
	head = append(head, 8, 2, 0, 0, 0)
	raw := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	return binary.BigEndian.AppendUint32(append(raw, head...), crc32.ChecksumIEEE(head))
}

func TestRefused(t *testing.T) {
	t.Parallel()
	whole := asJPEG(t, drawn(320, 200, color.White, color.Black))
	for name, c := range map[string]struct {
		raw  []byte
		kind fault.Kind
		key  string
	}{
		"a bomb":       {bomb(), fault.TooLarge, "fault.picture.large"},
		"a script":     {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), fault.Invalid, "fault.picture.format"},
		"a page":       {[]byte("<!doctype html><p>hello"), fault.Invalid, "fault.picture.format"},
		"nothing":      {nil, fault.Invalid, "fault.picture.format"},
		"cut off":      {whole[:len(whole)/2], fault.Invalid, "fault.picture.broken"},
		"only a head":  {whole[:20], fault.Invalid, "fault.picture.broken"},
		"far too many": {append(bytes.Clone(whole), make([]byte, file.MaxUpload)...), fault.TooLarge, "fault.picture.large"},
	} {
		for _, take := range map[string]func() (*file.Picture, error){
			"photo":     func() (*file.Picture, error) { return file.Photo(t.Context(), c.raw) },
			"signature": func() (*file.Picture, error) { return file.Signature(t.Context(), c.raw) },
		} {
			_, err := take()
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != c.kind || f.Key != c.key {
				t.Errorf("%s: %v, want %s", name, err, c.key)
			}
			if err != nil && strings.Contains(err.Error(), "alert") {
				t.Errorf("%s: the error repeats what came: %v", name, err)
			}
		}
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	sheet := image.NewRGBA(image.Rect(0, 0, 1600, 400)) // see-through, as a canvas is
	for x := 100; x < 900; x++ {
		for y := range 8 {
			sheet.Set(x, 200+y, color.RGBA{B: 90, A: 255})
		}
	}
	p, err := file.Signature(t.Context(), asPNG(t, sheet))
	if err != nil {
		t.Fatal(err)
	}
	img := decoded(t, p)
	if p.Width != 800 || p.Mime != "image/png" {
		t.Errorf("kept as %s, %d wide", p.Mime, p.Width)
	}
	if r, _, _, _ := img.At(200, 101).RGBA(); r != 0 {
		t.Error("the line is not black")
	}
	if r, _, _, _ := img.At(700, 101).RGBA(); r != 0xffff {
		t.Error("the sheet is not white")
	}
	_, err = file.Signature(t.Context(), asPNG(t, image.NewRGBA(image.Rect(0, 0, 600, 200))))
	var f *fault.Fault
	if !errors.As(err, &f) || f.Key != "fault.picture.blank" {
		t.Errorf("an empty sheet: %v", err)
	}
}

func TestKept(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var site, other int64
	for code, id := range map[string]*int64{"one": &site, "two": &other} {
		if err := db.NewRaw("insert into sites (code, name) values (?, ?) returning id", code, code).Scan(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	p, err := file.Photo(t.Context(), asJPEG(t, drawn(32, 20, color.White, color.Black)))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	if err := file.Save(t.Context(), db, site, at, p); err != nil {
		t.Fatal(err)
	}
	kept, err := file.Load(t.Context(), db, site, p.ID)
	if err != nil || !bytes.Equal(kept.Bytes, p.Bytes) || kept.Width != 32 || !kept.CreatedAt.Equal(at) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if _, err := file.Load(t.Context(), db, other, p.ID); err == nil {
		t.Error("another site reads the picture")
	}
}
