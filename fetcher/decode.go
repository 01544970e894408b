package fetcher

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/web"
)

// Compression is ours, not the transport's, so that both the wire's bytes and the decoded ones are counted, and the
// decoded ones are bounded.

// askForCodings asks for codings that we decode, unless the caller asks for something himself, or for none.
func (e *engine) askForCodings(req *http.Request, from *Request) {
	if e.fetcher.Uncompressed || req.Method == http.MethodHead {
		return
	}
	if web.HasField(req.Header, "Accept-Encoding") || web.HasField(req.Header, "Range") {
		return
	}
	wanted := e.codings
	if e.fetcher.Codings != nil {
		if own := e.fetcher.Codings(from); own != "" {
			wanted = []string{own}
		}
	}
	req.Header["Accept-Encoding"] = wanted
}

// What is asked for. A zstd body takes a third of the time that a gzip one takes to decode, and the server less than that to
// make, but up to 8 MiB of memory while it is received. br is decoded and not asked for: it is as slow as gzip to decode, at
// the levels that are fast enough to be made for each response it is hardly smaller, and where a server has it at its
// default level, 11, it takes 70 times as long to make. All lists are shared by all requests, since nobody writes to them.
var (
	acceptCodings = []string{"gzip, zstd"}
	acceptGzip    = []string{"gzip"} // where there are so many connections that their memory counts
)

// codingIsCallers reports whether the response to a hop is to be passed on as it came, since the caller spoke of codings
// himself, or wants none undone.
func (x *exchange) codingIsCallers() bool {
	return x.run.engine.fetcher.Uncompressed || web.HasField(x.request.Header, "Accept-Encoding")
}

// CodedBody is what the Body of a response is for a Handler. Reading it gives the body without its content codings.
type CodedBody interface {
	io.ReadCloser
	// TeeCoded has w see, while the body is read to its end, all of it in its innermost coding, which is returned; empty
	// means that the body came in none, or that none is undone, and w sees nothing. It is called before the first Read.
	// An error of w is one of Read.
	TeeCoded(w io.Writer) (coding string)
}

// decodedBody is the body of a response as its Handler sees it: decoded, counted and bounded.
type decodedBody struct {
	wire    io.ReadCloser
	coded   *codedSource     // between wire and src; nil: no coding is undone
	readers []*coding.Reader // the decoders, the outermost coding's first
	src     io.Reader        // what has no coding any more
	codings []string         // those that are undone, the innermost first
	n       int64
	sum     xxhash.Digest  // of what was read
	hash    *xxhash.Digest // sum; nil: nobody wants it
	max     int64          // less than 0: no bound
	err     error          // the first that is not io.EOF
	ended   bool
}

var errMax = errors.New("the body is larger than allowed")

// mostCodings is how many codings in a row are undone.
const mostCodings = 5

// decoded makes the body of a response readable.
func (x *exchange) decoded(resp *http.Response) *decodedBody {
	b := &decodedBody{wire: resp.Body, src: resp.Body, max: x.run.engine.fetcher.maxBody()}
	fields := resp.Header["Content-Encoding"]
	if len(fields) == 0 || x.codingIsCallers() || hasNoBody(resp) {
		return b
	}
	codings, odd := coding.Parse(fields)
	if odd {
		x.note(NoteNoCoding)
	}
	switch {
	case len(codings) == 0:
		return b
	case resp.StatusCode == http.StatusPartialContent: // a part of coded data cannot be decoded
		x.note(NoteCoded)
		return b
	case len(codings) > mostCodings:
		codings = []string{strings.Join(codings, ", ")} // which is known to nobody
	}
	b.codings = codings
	b.coded = &codedSource{src: resp.Body, max: b.mostOnWire()}
	for _, outer := range slices.Backward(codings[1:]) {
		b.coded.src = b.undo(outer, b.coded.src, &x.run.engine.decoders)
	}
	b.src = b.undo(codings[0], b.coded, &x.run.engine.decoders)
	resp.ContentLength, resp.Uncompressed = -1, true // as net/http tells of its own decoding
	return b
}

// mostOnWire is how many bytes may come over the wire; less than 0 means no bound.
func (b *decodedBody) mostOnWire() int64 {
	if b.max < 0 || len(b.codings) == 0 {
		return b.max
	}
	return b.max + b.max/16 + drainLimit // data that cannot be compressed gets longer
}

// hasNoBody reports whether a response has none, whatever its header says of one.
func hasNoBody(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusNoContent, http.StatusNotModified:
		return true
	}
	return resp.Request.Method == http.MethodHead
}

// undo makes a decoder of what is read from src.
func (b *decodedBody) undo(name string, src io.Reader, pool *coding.Pool) io.Reader {
	r := pool.Reader(name, src)
	b.readers = append(b.readers, r)
	return r
}

// codedSource is what the innermost decoder reads. It shows all of it to tee, and bounds it, too: what comes after the end of
// coded data is read and ignored.
type codedSource struct {
	src io.Reader
	tee io.Writer // nil: nobody
	n   int64
	max int64
	err error // of tee, or that there is too much
}

func (c *codedSource) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	if n > 0 && c.tee != nil {
		_, c.err = c.tee.Write(p[:n])
	}
	if c.max >= 0 && c.n > c.max {
		c.err = &Error{Kind: KindBodyTooLarge, Err: fmt.Errorf("%w: over %d bytes, coded", errMax, c.max)}
	}
	if c.err != nil {
		return 0, c.err
	}
	return n, err
}

func (b *decodedBody) TeeCoded(w io.Writer) string {
	if b.coded == nil {
		return ""
	}
	b.coded.tee = w
	return b.codings[0]
}

func (b *decodedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.src.Read(p)
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
		b.err = decodeError(err)
		return n, b.err
	}
	return n, err
}

// decodeError gives the errors of decoders their kind. Those of the connection keep theirs.
func decodeError(err error) error {
	_, broken := errors.AsType[*coding.Error](err)
	_, unknown := errors.AsType[coding.UnknownError](err)
	if broken || unknown {
		return &Error{Kind: KindDecode, Err: err}
	}
	return err
}

// Close reads nothing: the slot's owner closes the wire.
func (b *decodedBody) Close() error { return nil }

// trailing reports whether there was something after the end of coded data.
func (b *decodedBody) trailing() bool {
	return slices.ContainsFunc(b.readers, (*coding.Reader).Trailing)
}

// release gives the decoders back. Nobody may read after it.
func (b *decodedBody) release() {
	b.ended = true
	for _, r := range b.readers {
		r.Release()
	}
}
