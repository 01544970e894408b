package fetcher

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"

	"example.com/fetch/internal/web"
)

// Compression is ours, not the transport's, so that both the wire's bytes and the decoded ones are counted, and the
// decoded ones are bounded.

// askForGzip asks for the one coding that we decode, unless the caller asks for something himself, or for none.
func (e *engine) askForGzip(req *http.Request) {
	h := req.Header
	if e.fetcher.Uncompressed || req.Method == http.MethodHead || len(h["Range"]) > 0 {
		return
	}
	if web.HasField(h, "Accept-Encoding") {
		return
	}
	h["Accept-Encoding"] = acceptGzip
}

// acceptGzip is shared by all requests, since nobody writes to it.
var acceptGzip = []string{"gzip"}

// askedForGzip says whether it was we who named a coding in the hop that was answered. The caller's own header tells,
// since http.Client copies the hop's.
func (x *exchange) askedForGzip(hop *http.Request) bool {
	return len(hop.Header["Accept-Encoding"]) > 0 && !web.HasField(x.request.Header, "Accept-Encoding")
}

// decodedBody is the body of an answer as its Handler sees it: decoded, counted and bounded.
type decodedBody struct {
	wire    io.ReadCloser
	src     io.Reader // wire, or a gzip.Reader over it; nil: gzip whose header has not been read
	zipped  *gzipReader
	readers *sync.Pool
	n       int64
	hash    *xxhash.Digest // of what was read; nil: nobody wants it
	max     int64          // less than 0: no bound
	err     error          // the first that is not io.EOF
	ended   bool
}

// gzipReader is a gzip.Reader with the buffer that it reads through, kept for the next body.
type gzipReader struct {
	gzip.Reader
	buffer bufio.Reader
}

var errMax = errors.New("the body is larger than allowed")

// decoded makes the body of an answer readable. Its error is a coding that nobody asked for.
func (x *exchange) decoded(resp *http.Response) (*decodedBody, error) {
	f := x.run.engine.fetcher
	b := &decodedBody{wire: resp.Body, src: resp.Body, max: f.MaxBody, readers: &x.run.engine.gzipReaders}
	if b.max == 0 {
		b.max = DefaultMaxBody
	}
	coding := strings.ToLower(strings.TrimSpace(strings.Join(resp.Header["Content-Encoding"], ",")))
	switch {
	case coding == "" || coding == "identity" || resp.Request.Method == http.MethodHead:
	case !x.askedForGzip(resp.Request):
		// The caller spoke of codings himself and gets what came; or no coding was asked for (HEAD, ranges).
	case coding == "gzip" || coding == "x-gzip": // RFC 9110, section 8.4.1.3
		b.src = nil
		resp.ContentLength, resp.Uncompressed = -1, true // as net/http tells of its own decoding
	default:
		return nil, fmt.Errorf("the body has the coding %q, which was not asked for", coding)
	}
	return b, nil
}

func (b *decodedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.read(p)
	b.n += int64(n)
	if b.hash != nil {
		b.hash.Write(p[:n])
	}
	if b.max >= 0 && b.n > b.max {
		err = &Error{Kind: KindBodyTooLarge, Err: fmt.Errorf("%w: over %d bytes", errMax, b.max)}
	}
	switch {
	case err == io.EOF:
		b.ended = true
	case err != nil:
		b.err = err
	}
	return n, err
}

func (b *decodedBody) read(p []byte) (int, error) {
	if b.src != nil && b.zipped == nil {
		return b.src.Read(p)
	}
	if b.zipped == nil {
		z, _ := b.readers.Get().(*gzipReader)
		if z == nil {
			z = new(gzipReader)
		}
		b.zipped = z
		z.buffer.Reset(b.wire)
		if _, err := z.buffer.Peek(1); err == io.EOF {
			return 0, io.EOF // gzip of nothing is nothing
		}
		if err := z.Reset(&z.buffer); err != nil {
			return 0, decodeError(err, true)
		}
		b.src = &z.Reader
	}
	n, err := b.src.Read(p)
	if err != nil && err != io.EOF {
		err = decodeError(err, false)
	}
	return n, err
}

// decodeError tells a body that is not gzip from one that is and was cut off, and both from a fault of the connection.
func decodeError(err error, inHeader bool) error {
	short := errors.Is(err, io.ErrUnexpectedEOF)
	if short && inHeader || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || isFlate(err) {
		return &Error{Kind: KindDecode, Err: err}
	}
	return err
}

// Close reads nothing: the slot's owner closes the wire.
func (b *decodedBody) Close() error { return nil }

// release gives the gzip reader back. Nobody may read after it.
func (b *decodedBody) release() {
	b.ended = true
	if b.zipped != nil {
		b.readers.Put(b.zipped)
		b.zipped = nil
	}
}
