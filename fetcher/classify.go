package fetcher

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"example.com/fetch/internal/transport"
)

// failed makes the failure of an attempt from what the network or the transport said.
func (x *exchange) failed(err error) *Error {
	// The url.Error that http.Client wraps around everything repeats the URL, with its secrets.
	for wrapped := (*url.Error)(nil); errors.As(err, &wrapped); {
		err = wrapped.Err
	}
	var answered, ended, reset bool
	var own *Error
	if t := x.trip; t != nil {
		t.mu.Lock()
		answered = t.resp != nil
		if t.conn != nil {
			ended, reset = t.conn.Ended()
		}
		if t.timedOut != nil && !errors.As(err, &own) {
			err = t.timedOut
		}
		t.mu.Unlock()
	}
	kind := x.kindOf(err, answered)
	if kind == KindProtocol && ended { // what was received makes no sense because it is not all
		switch {
		case !answered && transport.IsNoHead(err):
		case !answered:
			kind, err = KindConnReset, errCutHead
		case reset:
			kind, err = KindConnReset, syscall.ECONNRESET
		default:
			kind, err = KindBodyTruncated, io.ErrUnexpectedEOF
		}
	}
	var record tls.RecordHeaderError
	if _, known := errors.AsType[*Error](err); !known && errors.Is(err, ErrDenied) && len(x.attempt().Hops) > 0 {
		kind = KindRedirect
	}
	switch {
	case errors.As(err, &own) && own.Kind == kind:
		err = own.Err // the kind need not be told twice
	case err == error(kind):
		err = nil
	case strings.Contains(err.Error(), "failed to parse Location header"):
		err = errLocation
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/": // what http.Client makes of it
		err = http.ErrSchemeMismatch
	}
	return &Error{Kind: kind, URL: x.result.FinalURL, Err: err}
}

var errCutHead = errors.New("the connection ended within the head of the response")

// errLocation takes the place of net/http's error, which repeats the Location with whatever secrets it holds.
var errLocation = errors.New("the Location header is not a URL")

// kindOf classifies an error. What we ourselves brought about comes first: the errors that net/http makes of a
// cancelled context say nothing of the reason.
func (x *exchange) kindOf(err error, answered bool) Kind {
	var own *Error
	if errors.As(err, &own) && own.Kind != KindNone {
		return own.Kind
	}
	if x.Context.Err() != nil {
		return KindOfCause(context.Cause(x.Context))
	}
	if errors.Is(err, ErrStopped) || errors.Is(err, context.Canceled) && x.run.hasStopped() {
		return KindCanceled
	}
	return classify(err, answered)
}

// classify finds the kind of an error of net/http. Many of those have no type, so their text has to do; the tests hold
// each to what the standard library says today.
func classify(err error, answered bool) Kind {
	var (
		kind Kind
		dns  *net.DNSError
		op   *net.OpError
		nerr net.Error
	)
	text := err.Error()
	switch {
	case errors.As(err, &kind):
		return kind
	case errors.Is(err, errTransportLoop):
		return KindConnReset
	case errors.As(err, &dns):
		return KindDNS
	case transport.IsProxys(err):
		return KindConnect
	case text == "Proxy Authentication Required": // what net/http makes of the status line of a CONNECT's 407
		return KindHTTP4xx
	case transport.IsTLS(err):
		return KindTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &nerr) && nerr.Timeout():
		switch {
		case answered:
			return KindTimeoutStall
		case errors.As(err, &op) && op.Op == "dial", strings.Contains(text, "TLS handshake timeout"):
			return KindTimeoutConnect
		}
		return KindTimeoutFirstByte
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "socks connect"):
		return KindConnect
	case strings.Contains(text, "ENHANCE_YOUR_CALM"):
		return KindRateLimited
	case strings.HasPrefix(text, "stream error:") && strings.Contains(text, "PROTOCOL_ERROR") &&
		!strings.Contains(text, "received from peer"): // found by net/http, not said by the server
		return KindProtocol
	case transport.IsReset(err, text):
		return KindConnReset
	case errors.Is(err, io.ErrUnexpectedEOF):
		if answered {
			return KindBodyTruncated
		}
		return KindConnReset
	case transport.Holds(text, "unsupported protocol scheme", "Location header"):
		return KindRedirect
	}
	return KindProtocol
}
