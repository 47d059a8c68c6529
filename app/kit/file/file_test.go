package file_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"runtime"
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
	if len(p.Bytes) > file.MaxStored || len(p.Small) > file.MaxSmall || len(p.Small) == 0 {
		t.Errorf("%d and %d bytes are kept, at most %d and %d are allowed", len(p.Bytes), len(p.Small), file.MaxStored, file.MaxSmall)
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
			if bytes.Contains(p.Bytes, []byte(forbidden)) || bytes.Contains(p.Small, []byte(forbidden)) {
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

// large is a grey picture of so many points, as small as a JPEG can be: its head is that of a tiny one, and four bytes
// say 'as before' for each 16 × 16 points.
func large(t *testing.T, width, height int) []byte {
	t.Helper()
	raw := asJPEG(t, image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420))
	frame, scan := bytes.Index(raw, []byte{0xff, 0xc0}), bytes.Index(raw, []byte{0xff, 0xda})
	binary.BigEndian.PutUint16(raw[frame+5:], uint16(height))
	binary.BigEndian.PutUint16(raw[frame+7:], uint16(width))
	raw = raw[:scan+2+int(binary.BigEndian.Uint16(raw[scan+2:]))]
	raw = append(raw, bytes.Repeat([]byte{0x28, 0xa2, 0x8a, 0x00}, (width+15)/16*((height+15)/16))...)
	return append(raw, 0xff, 0xd9)
}

// TestLargePhoto: 40 megapixels are kept in a megabyte, and opening them takes no more memory than one picture may. It
// isn't parallel, so that what it counts is its own.
func TestLargePhoto(t *testing.T) {
	raw := large(t, largeWidth, largeHeight)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := file.Photo(t.Context(), raw)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if decoded(t, p); max(p.Width, p.Height) != 2048 {
		t.Errorf("kept as %d × %d", p.Width, p.Height)
	}
	t.Logf("%d MB", (after.TotalAlloc-before.TotalAlloc)>>20)
	if took := after.TotalAlloc - before.TotalAlloc; took > file.Budget {
		t.Errorf("%d MB were taken, at most %d may be", took>>20, file.Budget>>20)
	}
}

// TestNoise: a picture that packs as badly as can be is kept in a megabyte too.
func TestNoise(t *testing.T) {
	t.Parallel()
	noise := image.NewGray(image.Rect(0, 0, 1500, 1500))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	p, err := file.Photo(t.Context(), asJPEG(t, noise))
	if err != nil {
		t.Fatal(err)
	}
	if decoded(t, p); max(p.Width, p.Height) < 1024 {
		t.Errorf("kept as %d × %d", p.Width, p.Height)
	}
}

// bomb is a PNG of a few bytes that says how many points it has, how many bits each, and whether it comes in passes.
func bomb(width, height uint32, depth, passes byte) []byte {
	head := []byte("IHDR")
	head = binary.BigEndian.AppendUint32(head, width)
	head = binary.BigEndian.AppendUint32(head, height)
	head = append(head, depth, 2, 0, 0, passes)
	raw := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	return binary.BigEndian.AppendUint32(append(raw, head...), crc32.ChecksumIEEE(head))
}

// frame is the head of a JPEG of some kind of frame, with nothing behind it; a comment that says it is another kind and
// filling stand before it.
func frame(kind byte, width, height uint16) []byte {
	raw := []byte{0xff, 0xd8, 0xff, 0xff, 0xfe, 0, 6, 0xff, 0xc0, 0, 0, 0xff, kind, 0, 17, 8}
	raw = binary.BigEndian.AppendUint16(raw, height)
	raw = binary.BigEndian.AppendUint16(raw, width)
	raw = append(raw, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
	return append(raw, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	whole := asJPEG(t, drawn(320, 200, color.White, color.Black))
	for name, c := range map[string]struct {
		raw  []byte
		kind fault.Kind
		key  string
	}{
		"a bomb":       {bomb(30000, 30000, 8, 0), fault.TooLarge, "fault.picture.large"},
		"16 bits":      {bomb(7000, 7000, 16, 0), fault.TooLarge, "fault.picture.heavy"},
		"in passes":    {bomb(7000, 7000, 8, 1), fault.TooLarge, "fault.picture.heavy"},
		"progressive":  {frame(0xc2, 7700, 5200), fault.TooLarge, "fault.picture.heavy"},
		"baseline":     {frame(0xc0, 7700, 5200), fault.Invalid, "fault.picture.broken"}, // looked at, and nothing follows its head
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
	if p.Width != 800 || !bytes.Equal(p.Sum, file.Sum(asPNG(t, sheet))) || p.Mime != "image/png" {
		t.Errorf("kept as %s, %d wide", p.Mime, p.Width)
	}
	if r, _, _, _ := img.At(200, 101).RGBA(); r != 0 {
		t.Error("the line is not black")
	}
	if r, _, _, _ := img.At(700, 101).RGBA(); r != 0xffff {
		t.Error("the sheet is not white")
	}
	dark := image.NewGray(image.Rect(0, 0, 600, 200)) // a light pen on a dark sheet, over its corner
	for x := range 300 {
		dark.SetGray(x, 0, color.Gray{Y: 250})
		dark.SetGray(x, 1, color.Gray{Y: 250})
	}
	if p, err = file.Signature(t.Context(), asPNG(t, dark)); err != nil {
		t.Fatal(err)
	}
	if img = decoded(t, p); !black(img.At(10, 0)) || black(img.At(10, 100)) {
		t.Error("a dark sheet is not turned into black on white")
	}
	slip := image.NewRGBA(image.Rect(0, 0, 600, 200))
	slip.Set(5, 5, color.Black)
	for name, sheet := range map[string]image.Image{"an empty sheet": image.NewRGBA(image.Rect(0, 0, 600, 200)), "a slip": slip} {
		_, err = file.Signature(t.Context(), asPNG(t, sheet))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Key != "fault.picture.blank" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func black(c color.Color) bool {
	r, _, _, _ := c.RGBA()
	return r == 0
}

// TestOneAtATime: who waits for another's picture leaves with their request.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	held := file.Hold()
	soon, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	if _, err := file.Photo(soon, asJPEG(t, drawn(32, 20, color.White, color.Black))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second picture was opened beside the first: %v", err)
	}
	_, err := file.Photo(ctx, asJPEG(t, drawn(32, 20, color.White, color.Black)))
	held()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
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
	kept, err := file.Load(t.Context(), db, site, p.ID, false)
	if err != nil || !bytes.Equal(kept.Bytes, p.Bytes) || kept.Width != 32 || !kept.CreatedAt.Equal(at) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if small, err := file.Load(t.Context(), db, site, p.ID, true); err != nil || !bytes.Equal(small.Small, p.Small) || len(small.Bytes) != 0 {
		t.Errorf("its small form: %v", err)
	}
	if _, err := file.Load(t.Context(), db, other, p.ID, false); err == nil {
		t.Error("another site reads the picture")
	}
}
