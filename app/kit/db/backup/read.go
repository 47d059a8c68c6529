package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// File is a backup that is read.
type File struct {
	Contents
	file       *os.File
	start, end int64 // of the body
}

// Peek reads what a backup says of itself, without proving that it is whole.
func Peek(name string) (c Contents, err error) {
	f, err := open(name)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Contents, f.readMeta()
}

// Open opens a backup, having proved by its checksum that it is whole and unaltered. Close it in the end.
func Open(ctx context.Context, name string, report func(Progress)) (*File, error) {
	f, err := open(name)
	if err == nil {
		err = f.prove(ctx, report)
	}
	if err == nil {
		err = f.readMeta()
	}
	if err != nil && f != nil {
		err = errors.Join(err, f.Close())
	}
	return f, err
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

func open(name string) (*File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the backup can't be read: %w", err)
	}
	f := &File{file: file}
	start := make([]byte, len(magic))
	n, err := io.ReadFull(file, start)
	if err == nil {
		f.Size, err = file.Seek(0, io.SeekEnd)
	}
	switch {
	case string(start) == magic && err == nil:
		return f, nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF):
		err = fmt.Errorf("the backup can't be read: %w", err)
	case n > 0 && n < len(magic) && strings.HasPrefix(magic, string(start[:n])):
		err = damaged(name, nil)
	case strings.HasPrefix(string(start), magicStart):
		err = fmt.Errorf("%s has a form that this program doesn't know: %w, or one of a newer release's. Use the program that wrote it, or a newer one", name, ErrForeign)
	default:
		err = fmt.Errorf("%s can't be used: %w", name, ErrForeign)
	}
	return nil, errors.Join(err, file.Close())
}

// prove holds the file against its checksum.
func (f *File) prove(ctx context.Context, report func(Progress)) error {
	body := f.Size - sha256.Size
	if body < int64(len(magic)) {
		return damaged(f.file.Name(), nil)
	}
	sum, buf := sha256.New(), make([]byte, 1<<20)
	all := io.NewSectionReader(f.file, 0, body)
	for {
		n, err := all.Read(buf)
		sum.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return fmt.Errorf("the backup can't be read: %w", err)
		}
		done, _ := all.Seek(0, io.SeekCurrent) // a section reader knows where it is
		report(Progress{Doing: "prove", Bytes: done, Of: f.Size})
	}
	stated := make([]byte, sha256.Size)
	if _, err := f.file.ReadAt(stated, body); err != nil {
		return fmt.Errorf("the backup can't be read: %w", err)
	}
	if string(stated) != string(sum.Sum(nil)) {
		return damaged(f.file.Name(), nil)
	}
	return nil
}

// readMeta reads header, footer and digest.
func (f *File) readMeta() error {
	var n [4]byte
	wrong := func(err error) error { return damaged(f.file.Name(), err) }
	if _, err := f.file.ReadAt(n[:], int64(len(magic))); err != nil {
		return wrong(err)
	}
	size := int64(binary.BigEndian.Uint32(n[:]))
	if f.start = int64(len(magic)+len(n)) + size; size > metaMax || f.start > f.Size {
		return wrong(nil)
	}
	if err := f.meta(f.start-size, size, &f.Header); err != nil {
		return wrong(err)
	}
	digest := make([]byte, sha256.Size)
	if _, err := f.file.ReadAt(digest, f.Size-sha256.Size); err != nil {
		return wrong(err)
	}
	f.Digest = hex.EncodeToString(digest)
	at := f.Size - sha256.Size - int64(len(n))
	if _, err := f.file.ReadAt(n[:], at); err != nil {
		return wrong(err)
	}
	size = int64(binary.BigEndian.Uint32(n[:]))
	if f.end = at - size; size > metaMax || f.end < f.start {
		return wrong(nil)
	}
	if err := f.meta(f.end, size, &f.Footer); err != nil {
		return wrong(err)
	}
	return nil
}

func (f *File) meta(at, size int64, into any) error {
	raw := make([]byte, size)
	if _, err := f.file.ReadAt(raw, at); err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// body reads the records one after the other.
type body struct {
	unpacked *zstd.Decoder
	in       *bufio.Reader
	used     *counted
}

// counted knows how much has been read, whoever asks: the decoder reads ahead by itself.
type counted struct {
	from io.Reader
	n    atomic.Int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (f *File) body() (*body, error) {
	b := &body{used: &counted{from: io.NewSectionReader(f.file, f.start, f.end-f.start)}}
	var err error
	b.unpacked, err = zstd.NewReader(b.used, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	b.in = bufio.NewReaderSize(b.unpacked, 64<<10)
	return b, nil
}

func (b *body) close() { b.unpacked.Close() }

// read is how much of the compressed body has been used.
func (b *body) read() int64 { return b.used.n.Load() }

// next gives the next record's kind, and its content in buf, which grows where need be.
func (b *body) next(buf []byte) (kind byte, content []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(b.in, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	if size > metaMax {
		return 0, nil, fmt.Errorf("a record of %d bytes", size)
	}
	if int(size) > cap(buf) {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	_, err = io.ReadFull(b.in, buf)
	return head[0], buf, err
}
