package fetcher

import (
	"errors"
	"io"
	"net/http"

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

// CodedBody is what the Body of a response is for a Handler. Reading it gives the body without its content codings.
type CodedBody interface {
	io.ReadCloser
	// TeeCoded has w see, while the body is read to its end, all of it in its innermost coding, which is returned; empty
	// means that the body came in none, or that none is undone, and w sees nothing. It is called before the first Read.
	// An error of w is one of Read.
	TeeCoded(w io.Writer) (coding string)
}

// decoded makes the body of a response readable.
func (x *exchange) decoded(resp *http.Response) *coding.Body {
	f := x.run.engine.fetcher
	b := coding.NewBody(resp.Body, f.maxBody(), bodyError)
	fields := resp.Header["Content-Encoding"]
	if len(fields) == 0 || web.HasNoBody(resp) || f.Uncompressed || web.HasField(x.request.Header, "Accept-Encoding") {
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
	}
	b.Undo(codings, &x.run.engine.decoders)
	resp.ContentLength, resp.Uncompressed = -1, true // as net/http tells of its own decoding
	return b
}

// bodyError gives the errors of a body their kind. Those of the connection keep theirs.
func bodyError(err error) error {
	_, broken := errors.AsType[*coding.Error](err)
	_, unknown := errors.AsType[coding.UnknownError](err)
	switch {
	case errors.Is(err, coding.ErrTooLarge):
		return &Error{Kind: KindBodyTooLarge, Err: err}
	case broken || unknown:
		return &Error{Kind: KindDecode, Err: err}
	}
	return err
}
