package fetcher

import (
	"encoding/hex"
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
	if e.fetcher.Uncompressed || req.Method == http.MethodHead ||
		web.HasField(req.Header, "Accept-Encoding") || web.HasField(req.Header, "Range") {
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
	meter                    // of what has no coding any more
	coded   *meter           // what the innermost decoder reads; nil: no coding is undone
	coding  string           // its coding
	readers []*coding.Reader // the decoders, the outermost coding's first
	sum     xxhash.Digest    // of what was read, if meter shows it that
	err     error            // the first that is not io.EOF
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
		return 0, &Error{Kind: KindBodyTooLarge, Err: fmt.Errorf("%w: over %d bytes%s", errMax, m.max, m.form)}
	}
	return n, err
}

var errMax = errors.New("the body is larger than allowed")

// mostCodings is how many codings in a row are undone.
const mostCodings = 5

// decoded makes the body of a response readable.
func (x *exchange) decoded(resp *http.Response) *decodedBody {
	f := x.run.engine.fetcher
	b := &decodedBody{meter: meter{src: resp.Body, max: f.maxBody()}}
	fields := resp.Header["Content-Encoding"]
	if len(fields) == 0 || hasNoBody(resp) || f.Uncompressed || web.HasField(x.request.Header, "Accept-Encoding") {
		return b // as it came, if the caller spoke of codings himself, or wants none undone
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
	b.coding = codings[0]
	b.coded = &meter{max: b.mostOnWire(), form: ", coded"}
	for i, name := range slices.Backward(codings) {
		if i == 0 {
			b.coded.src, b.src = b.src, b.coded
		}
		r := x.run.engine.decoders.Reader(name, b.src)
		b.readers = append(b.readers, r)
		b.src = r
	}
	resp.ContentLength, resp.Uncompressed = -1, true // as net/http tells of its own decoding
	return b
}

// mostOnWire is how many bytes may come over the wire; less than 0 means no bound.
func (b *decodedBody) mostOnWire() int64 {
	if b.max < 0 || b.coding == "" {
		return b.max
	}
	return b.max + b.max/16 + drainLimit // data that cannot be compressed gets longer
}

// hasNoBody reports whether a response has none, whatever its header says of one.
func hasNoBody(resp *http.Response) bool {
	return resp.Request.Method == http.MethodHead || resp.StatusCode == http.StatusNoContent ||
		resp.StatusCode == http.StatusNotModified
}

func (b *decodedBody) TeeCoded(w io.Writer) string {
	if b.coded != nil {
		b.coded.see = w
	}
	return b.coding
}

func (b *decodedBody) Read(p []byte) (int, error) {
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
		err = decodeError(err)
		b.err = err
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

// release gives the decoders back. Nobody may read after it.
func (b *decodedBody) release() {
	b.ended = true
	for _, r := range b.readers {
		r.Release()
	}
}

// digestName is the algorithm of Result.Digest: XXH64, which hashes a body faster than it is copied.
const digestName = "xxh64:"

// digest is that of the body if there was one and it was read to its end; otherwise empty.
func (b *decodedBody) digest() string {
	if b.see == nil || !b.ended || b.n == 0 {
		return ""
	}
	var sum [8]byte
	var text [len(digestName) + 2*len(sum)]byte
	copy(text[:], digestName)
	hex.Encode(text[len(digestName):], b.sum.Sum(sum[:0]))
	return string(text[:])
}
