package fetcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
)

// receive puts down what is known of an answer when its head has come, and says what is wrong with it; nil if nothing.
func (x *exchange) receive(resp *http.Response) *Error {
	x.restoreLocation(resp)
	r := x.result
	r.Status, r.Header = resp.StatusCode, resp.Header
	x.attempt().Status = resp.StatusCode // its hop is put down when the body is closed, which is after the decision
	kind := x.trip.kind
	if kind == KindNone {
		return nil
	}
	x.attempt().RetryAfter = x.trip.wait
	err := errors.New(web.StatusLine(resp.StatusCode))
	switch {
	case kind == KindRedirect && resp.Header.Get("Location") == "":
		err = fmt.Errorf("%w without a Location", err)
	case kind == KindBodyTruncated:
		err = fmt.Errorf("%w, although no range was asked for", err)
	}
	return &Error{Kind: kind, URL: r.FinalURL, Err: err}
}

// statusKind is the kind of failure that the status of an answer makes; KindNone if it is accepted. Exhausted says that
// nothing remains of what its host allows.
func (x *exchange) statusKind(resp *http.Response, exhausted bool) Kind {
	status := resp.StatusCode
	asked := resp.Request
	switch {
	case status == http.StatusSwitchingProtocols: // nobody asks for it here
		return KindProtocol
	case status == http.StatusPartialContent && asked != nil && !web.HasField(asked.Header, "Range"):
		return KindBodyTruncated
	case x.run.engine.fetcher.accepts(status):
		return KindNone
	}
	return kindOfStatus(status, exhausted)
}

// kindOfStatus is the kind of failure that a status makes where it is not accepted.
func kindOfStatus(status int, exhausted bool) Kind {
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return KindRateLimited
	case status == http.StatusForbidden && exhausted:
		return KindRateLimited // GitHub's way to say so
	case web.IsRedirect(status):
		return KindRedirect
	case status >= 400 && status <= 499:
		return KindHTTP4xx
	case status >= 500 && status <= 599:
		return KindHTTP5xx
	}
	return KindHTTPOther
}

// handle is go-retryablehttp's response handler: it reads the body of an answer that will not be retried for its
// status, within the attempt.
func (x *exchange) handle(resp *http.Response) error {
	x.handled = true
	a := x.attempt()
	var err *Error
	if resp.StatusCode != http.StatusSwitchingProtocols { // what follows that is no body, and may never end
		err = x.readBody(resp)
	}
	if err != nil && err.Kind == KindWrite {
		x.run.stop(err) // before the slot is given back to the next request
	}
	x.trip.read(err)
	x.trip.refused = err != nil && transport.IsOutOfFiles(err)
	resp.Body.Close()
	if err != nil && (a.Err == nil || err.Kind == KindWrite) { // otherwise a bad status says more than its body
		a.Err = err
	}
	if a.Err == nil {
		return nil
	}
	return a.Err
}

// readBody has the body decoded and read by the Handler, and says what went wrong.
func (x *exchange) readBody(resp *http.Response) *Error {
	f := x.run.engine.fetcher
	if x.trip.openEnd {
		x.note(NoteUnverifiedLength)
	}
	announced := resp.ContentLength
	body := x.decoded(resp)
	if most := body.MostOnWire(); most >= 0 && announced > most && !web.HasNoBody(resp) {
		x.trip.unwanted = true
		body.Release()
		return &Error{Kind: KindBodyTooLarge, URL: x.result.FinalURL, Err: fmt.Errorf("%w: %d bytes are announced, over %d", coding.ErrTooLarge, announced, most)}
	}
	if f.Digest {
		body.Hash()
	}
	var err error
	wire := resp.Body
	resp.Body = body
	handle := f.Handle
	if x.attempt().Err != nil {
		handle = f.HandleFailure
	}
	if handle != nil {
		err = x.call(handle, resp)
		switch {
		case errors.Is(err, ErrStopReading):
			err, x.trip.unwanted = nil, true
		case err == nil && body.Err() == nil:
			io.CopyN(io.Discard, body, drainLimit) // a body that was cut off shows at its end only
		}
	} else {
		io.Copy(io.Discard, body)
	}
	resp.Body = wire
	x.result.Bytes, x.result.Digest = body.Size(), body.Digest()
	if body.Trailing() {
		x.note(NoteTrailingBytes)
	}
	body.Release()

	var own *Error
	switch {
	case errors.As(err, &own) && own.Kind != KindNone && (body.Err() == nil || own.Kind == KindWrite):
		return &Error{Kind: own.Kind, URL: x.result.FinalURL, Err: own.Err}
	case body.Err() != nil:
		if _, broken := errors.AsType[*coding.Error](body.Err()); broken { // which a body that was cut off explains
			rest := io.Reader(wire)
			if most := f.maxBody(); most >= 0 {
				rest = io.LimitReader(wire, most)
			}
			if _, cut := io.Copy(io.Discard, rest); cut != nil {
				return x.failed(cut)
			}
		}
		return x.failed(body.Err())
	case err != nil:
		return &Error{Kind: KindExpect, URL: x.result.FinalURL, Err: err}
	}
	return nil
}

// call gives the response to a Handler, with a context that knows nothing of this hop's hooks and ends with the call.
func (x *exchange) call(handle Handler, resp *http.Response) error {
	asked := resp.Request
	ctx, cancel := context.WithCancel(x.trip.hooks.ctx.Context)
	defer cancel()
	resp.Request = asked.WithContext(ctx)
	err := handle(x.result, resp)
	resp.Request = asked
	if cause := context.Cause(x.trip.hooks.ctx); cause != nil && errors.Is(err, context.Canceled) {
		err = cause // which says why
	}
	return err
}

// lasting are the notes that are about the request as a whole, not about the attempt that made them.
func lasting(notes []string) []string {
	return append([]string(nil), slices.DeleteFunc(notes, func(note string) bool { // nil, if there are none
		return note != NoteTransportRetry && note != NoteOutOfFiles && note != NoteLimitIgnored && note != NoteBlocked
	})...)
}

// note adds a word to the result, once.
func (x *exchange) note(word string) {
	if !slices.Contains(x.result.Notes, word) {
		x.result.Notes = append(x.result.Notes, word)
	}
}
