package coding

import (
	"bufio"
	"compress/zlib"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// kinds are the supported codings with the constructors of their decoders.
var kinds = [...]struct {
	coding string
	create func() decoder
}{
	{Gzip, func() decoder { return new(gzipDecoder) }},
	{Deflate, func() decoder { return new(deflateDecoder) }},
	{Brotli, func() decoder { return &brotliDecoder{*brotli.NewReader(nil)} }},
	{Zstd, newZstdDecoder},
}

// Pool keeps decoders for reuse. The zero Pool is ready to use, and safe for concurrent use.
type Pool struct{ waiting [len(kinds)]sync.Pool }

// Reader returns a Reader that decodes a coding, known or not, of the data from source. Release it.
func (p *Pool) Reader(coding string, from io.Reader) *Reader {
	r := &Reader{coding: coding, source: source{Reader: from}}
	for i := range kinds {
		if kinds[i].coding == coding {
			r.create, r.waiting = kinds[i].create, &p.waiting[i]
		}
	}
	return r
}

// Undo returns a reader of decoded data: codings are those that were applied, in order.
func (p *Pool) Undo(codings []string, from io.Reader) io.Reader {
	for _, outer := range slices.Backward(codings) {
		from = p.Reader(outer, from)
	}
	return from
}

// unit is a decoder with its buffer.
type unit struct {
	decoder
	buffer bufio.Reader
}

// decoder decodes a coding. Its io.EOF is the end of the coded data, not of the source.
type decoder interface {
	io.Reader
	begin(from *bufio.Reader) error
}

type gzipDecoder struct{ gzip.Reader }

func (d *gzipDecoder) begin(from *bufio.Reader) error {
	if head, _ := from.Peek(2); !strings.HasPrefix(formats[".gz"].magic, string(head)) {
		return errNot
	}
	err := d.Reset(from)
	d.Multistream(false) // what follows is examined first
	return err
}

// deflateDecoder reads the zlib format (RFC 1950), which is correct, and raw deflate data (RFC 1951), which some
// servers send.
type deflateDecoder struct {
	io.Reader
	zlib, raw io.ReadCloser
}

func (d *deflateDecoder) begin(from *bufio.Reader) (err error) {
	head, err := from.Peek(2)
	switch {
	case len(head) < 2:
		return err
	case !isZlib(head) && d.raw == nil:
		d.raw = flate.NewReader(from)
	case !isZlib(head):
		err = d.raw.(flate.Resetter).Reset(from, nil)
	case d.zlib == nil:
		d.zlib, err = zlib.NewReader(from)
	default:
		err = d.zlib.(zlib.Resetter).Reset(from, nil)
	}
	if d.Reader = d.raw; isZlib(head) {
		d.Reader = d.zlib
	}
	return err
}

// isZlib reports whether data begins like the zlib format. Raw data from an encoder does not: it would begin with
// a stored block with reserved bits set.
func isZlib(head []byte) bool {
	return head[0]&0x0f == 8 && head[0]>>4 <= 7 && (uint(head[0])<<8|uint(head[1]))%31 == 0
}

type brotliDecoder struct{ brotli.Reader }

func (d *brotliDecoder) begin(from *bufio.Reader) error { return d.Reset(inLargePieces{from}) }

// inLargePieces returns data in pieces of which the last is not short: at the end of data that came in a piece of
// a few bytes, the brotli package takes these as trailing data.
type inLargePieces struct{ *bufio.Reader }

func (r inLargePieces) Read(p []byte) (int, error) {
	const held = 16
	data, err := r.Peek(min(len(p)+held, r.Size()))
	if len(data) == 0 || err != nil && err != io.EOF {
		return 0, err
	}
	n := len(data)
	if err == nil {
		n -= held
	}
	n = copy(p, data[:n])
	r.Discard(n)
	return n, nil
}

// maxWindow is how far back zstd data may refer, which is what a decoder must remember (RFC 9659). That of the
// other codings is limited by their formats: 32 KiB, and 16 MiB for br.
const maxWindow = 8 << 20

type zstdDecoder struct{ *zstd.Decoder }

func newZstdDecoder() decoder {
	// One goroutine, the caller's: none is left behind.
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		panic(err) // only for invalid options
	}
	return zstdDecoder{d}
}

func (d zstdDecoder) begin(from *bufio.Reader) error {
	if head, _ := from.Peek(4); !strings.HasPrefix(formats[".zst"].magic, string(head)) && !isSkippable(head) {
		return errNot
	}
	return d.Reset(from)
}

// isSkippable reports whether a skippable zstd frame begins (RFC 8878, section 3.1.2).
func isSkippable(head []byte) bool { return head[0]&0xf0 == 0x50 && string(head[1:]) == "\x2a\x4d\x18" }

// isTrailing reports whether the error of a decoder that reads several members means that trailing data follows.
func isTrailing(coding string, err error) bool {
	switch coding {
	case Zstd:
		return errors.Is(err, zstd.ErrMagicMismatch) // the first frame was valid
	case Brotli:
		return err != nil && err.Error() == "brotli: excessive input"
	}
	return false
}
