package backup

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The form of a file: the magic line; the header, with its length before it; the body, compressed; the footer, with its
// length after it; and the SHA-256 of everything before.
const (
	magic      = "lobby backup 1\n"
	magicStart = "lobby backup "
	metaMax    = 1 << 20 // of header and footer, in bytes
	chunkSize  = 256 << 10
)

// The records of the body: each has its kind, its length in four bytes, and its content.
const (
	beginTable = 'T' // the table's name and columns
	someRows   = 'D' // rows as COPY writes them; cut anywhere
	endTable   = 'E' // nothing
	sequences  = 'S' // where each sequence stands
	theEnd     = 'Z' // nothing
)

type tableRecord struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

type sequenceRecord struct {
	Name string `json:"name"`
	Last int64  `json:"last"`
}

// writer writes a file from its beginning to its end.
type writer struct {
	out    io.Writer
	sum    hash.Hash
	size   int64
	packed *zstd.Encoder
	head   [5]byte
}

func newWriter(out io.Writer, h Header) (*writer, error) {
	w := &writer{out: out, sum: sha256.New()}
	meta, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	start := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(meta)))
	if _, err := w.Write(append(start, meta...)); err != nil {
		return nil, err
	}
	// The quickest level: the disk holds a few more bytes, and people at the desk keep their machine.
	w.packed, err = zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	return w, err
}

// Write implements io.Writer for what comes out of the compression.
func (w *writer) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	w.sum.Write(p[:n])
	w.size += int64(n)
	return n, err
}

func (w *writer) record(kind byte, content []byte) error {
	w.head[0] = kind
	binary.BigEndian.PutUint32(w.head[1:], uint32(len(content)))
	if _, err := w.packed.Write(w.head[:]); err != nil {
		return err
	}
	_, err := w.packed.Write(content)
	return err
}

func (w *writer) recordJSON(kind byte, content any) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return w.record(kind, raw)
}

// finish writes what stands at the end and gives digest and size of the whole.
func (w *writer) finish(f Footer) (digest string, size int64, err error) {
	if err := w.record(theEnd, nil); err != nil {
		return "", 0, err
	}
	if err := w.packed.Close(); err != nil {
		return "", 0, err
	}
	meta, err := json.Marshal(f)
	if err != nil {
		return "", 0, err
	}
	if len(meta) > metaMax {
		return "", 0, fmt.Errorf("the list of tables is too long: %d bytes", len(meta))
	}
	if _, err := w.Write(binary.BigEndian.AppendUint32(meta, uint32(len(meta)))); err != nil {
		return "", 0, err
	}
	sum := w.sum.Sum(nil)
	if _, err := w.Write(sum); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(sum), w.size, nil
}

// abandon frees what the compression holds.
func (w *writer) abandon() { w.packed.Reset(nil); _ = w.packed.Close() }
