package coding

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// ErrTooLarge is matched by the error of a Body that has more bytes than it may have.
var ErrTooLarge = errors.New("the body is larger than allowed")

// Body is the body of a response as its Handler sees it: decoded, counted and bounded.
type Body struct {
	meter                     // of what has no coding any more
	wrap    func(error) error // makes of an error what the reader sees
	coded   *meter            // what the innermost decoder reads; nil: no coding is undone
	coding  string            // its coding
	readers []*Reader         // the decoders, the outermost coding's first
	sum     xxhash.Digest     // of what was read, if meter shows it that
	err     error             // the first that is not io.EOF
	ended   bool
}

// meter counts and bounds what is read of src. What comes after the end of coded data is read and ignored, so that coded data
// has to be bounded, too.
type meter struct {
	src  io.Reader
	see  io.Writer // is shown all of it; nil: nobody
	n    int64
	max  int64  // less than 0: no bound
	form string // of it, for people
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.src.Read(p)
	m.n += int64(n)
	if n > 0 && m.see != nil {
		if _, failure := m.see.Write(p[:n]); failure != nil {
			return 0, failure
		}
	}
	if m.max >= 0 && m.n > m.max {
		return 0, fmt.Errorf("%w: over %d bytes%s", ErrTooLarge, m.max, m.form)
	}
	return n, err
}

// NewBody makes a Body of at most so many decoded bytes, with no bound if that is less than 0. Wrap makes of an error what the
// reader is to see.
func NewBody(wire io.Reader, most int64, wrap func(error) error) *Body {
	return &Body{meter: meter{src: wire, max: most}, wrap: wrap}
}

// mostCodings is how many codings in a row are undone.
const mostCodings = 5

// Undo has the codings undone that were applied, in their order: at least one. It is called before the first Read.
func (b *Body) Undo(codings []string, pool *Pool) {
	if len(codings) > mostCodings {
		codings = []string{strings.Join(codings, ", ")} // which is known to nobody
	}
	b.coding = codings[0]
	b.coded = &meter{max: b.MostOnWire(), form: ", coded"}
	for i, name := range slices.Backward(codings) {
		if i == 0 {
			b.coded.src, b.src = b.src, b.coded
		}
		r := pool.Reader(name, b.src)
		b.readers = append(b.readers, r)
		b.src = r
	}
}

// slackOnWire is how much longer than decoded any coded body may be, besides a sixteenth: data that cannot be compressed gets
// longer.
const slackOnWire = 64 << 10

// MostOnWire is how many bytes may come over the wire; less than 0 means no bound.
func (b *Body) MostOnWire() int64 {
	if b.max < 0 || b.coding == "" {
		return b.max
	}
	return b.max + b.max/16 + slackOnWire
}

// TeeCoded has w see, while the body is read to its end, all of it in its innermost coding, which is returned; empty means
// that no coding is undone, and w sees nothing. It is called before the first Read. An error of w is one of Read.
func (b *Body) TeeCoded(w io.Writer) string {
	if b.coded != nil {
		b.coded.see = w
	}
	return b.coding
}

// Read reads the body without its codings.
func (b *Body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.meter.Read(p)
	switch {
	case err == io.EOF:
		b.ended = true
	case err != nil:
		err = b.wrap(err)
		b.err = err
	}
	return n, err
}

// Close reads nothing: whoever has the wire closes it.
func (b *Body) Close() error { return nil }

// Release gives the decoders back. Nobody may read after it.
func (b *Body) Release() {
	b.ended = true
	for _, r := range b.readers {
		r.Release()
	}
}

// Size is how many decoded bytes were read.
func (b *Body) Size() int64 { return b.n }

// Err is the first error of Read that was not io.EOF, as the reader saw it.
func (b *Body) Err() error { return b.err }

// Trailing reports whether something came after the end of the coded data, and was ignored.
func (b *Body) Trailing() bool { return slices.ContainsFunc(b.readers, (*Reader).Trailing) }

// Hash has the body hashed as it is read. It is called before the first Read.
func (b *Body) Hash() {
	b.sum.Reset()
	b.see = &b.sum
}

// digestName is the algorithm of Digest: XXH64, which hashes a body faster than it is copied.
const digestName = "xxh64:"

// Digest is that of the body if it was hashed, was not empty and was read to its end; otherwise empty.
func (b *Body) Digest() string {
	if b.see == nil || !b.ended || b.n == 0 {
		return ""
	}
	var sum [8]byte
	var text [len(digestName) + 2*len(sum)]byte
	copy(text[:], digestName)
	hex.Encode(text[len(digestName):], b.sum.Sum(sum[:0]))
	return string(text[:])
}
