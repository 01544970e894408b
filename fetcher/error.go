package fetcher

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind is the class of a failure: few, and stable. A Kind is itself an error, so that
//
//	errors.Is(result.Err, fetcher.KindTimeoutFirstByte)
//
// works. The zero Kind means no failure. fmt prints a Kind in words, as Error does; String gives the name that ParseKind reads.
// Result.Kind gives that of a result; the list is under KindNone.
type Kind uint8

// The kinds, each with its class name in records.
const (
	KindNone             Kind = iota // ""
	KindInput                        // input: the request itself is wrong; nothing was sent
	KindDNS                          // dns: the name could not be resolved
	KindConnect                      // connect: no connection
	KindTLS                          // tls: no secure connection, or not with whom it should be
	KindTimeoutConnect               // timeout_connect: Timeouts.Connect
	KindTimeoutFirstByte             // timeout_ttfb: Timeouts.FirstByte
	KindTimeoutStall                 // timeout_stall: Timeouts.Stall
	KindTimeoutAttempt               // timeout_attempt: Timeouts.Attempt, or Request.Timeout
	KindTimeoutTotal                 // timeout_total: Timeouts.Request
	KindConnReset                    // conn_reset: the connection ended too early
	KindBodyTruncated                // body_truncated: a part of the body is missing
	KindBodyTooLarge                 // body_too_large: more than Fetcher.MaxBody
	KindDecode                       // decode: the body is not in the coding that it says
	KindProtocol                     // protocol: not HTTP as RFC 9110 and 9112 have it
	KindRedirect                     // redirect: too many, or to somewhere we do not go
	KindRateLimited                  // rate_limited: the server said to slow down
	KindHTTP4xx                      // http_4xx
	KindHTTP5xx                      // http_5xx
	KindHTTPOther                    // http_other: any other status that is not accepted
	KindExpect                       // expect: an answer, but not what was expected
	KindCanceled                     // canceled: by the caller
	KindDeadline                     // deadline: the run's own
	KindWrite                        // write: what was received could not be kept; ends the run
	KindCircuit                      // circuit_open: its host had been given up; nothing was sent for this attempt
	KindRobots                       // robots: robots.txt disallows the URL; a Fetcher does not look at it by itself
	numKinds
)

var kindNames = [numKinds]string{
	"", "input", "dns", "connect", "tls", "timeout_connect", "timeout_ttfb", "timeout_stall", "timeout_attempt",
	"timeout_total", "conn_reset", "body_truncated", "body_too_large", "decode", "protocol", "redirect", "rate_limited",
	"http_4xx", "http_5xx", "http_other", "expect", "canceled", "deadline", "write", "circuit_open", "robots",
}

// String is the class name, as in records: "timeout_ttfb".
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error is the class name in words, so that a Kind is an error.
func (k Kind) Error() string { return strings.ReplaceAll(k.String(), "_", " ") }

// Timeout groups the time-outs, as net.Error does.
func (k Kind) Timeout() bool { return k >= KindTimeoutConnect && k <= KindTimeoutTotal }

// ParseKind finds the Kind with the given class name, and whether there is one. The empty name is KindNone.
func ParseKind(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name {
			return Kind(k), true
		}
	}
	return KindNone, false
}

// Kinds gives all kinds but KindNone, in the order of their numbers.
func Kinds() []Kind {
	all := make([]Kind, 0, numKinds-1)
	for k := KindNone + 1; k < numKinds; k++ {
		all = append(all, k)
	}
	return all
}

// Error says why a request or an attempt failed. errors.Is finds both its Kind and what is below Err.
type Error struct {
	Kind     Kind
	URL      string // of the hop that failed, userinfo removed; may hold secrets in its query
	Attempts int    // how many attempts had been made
	Err      error  // what the network, the server or the handler said; may be nil
}

func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Kind.Error()
	case e.Kind == KindNone:
		return e.Err.Error()
	}
	return e.Kind.Error() + ": " + e.Err.Error()
}

// Unwrap gives the Kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Timeout reports whether the failure was one of the time-outs.
func (e *Error) Timeout() bool { return e.Kind.Timeout() }

// KindOfCause is the kind of a failure that came with the end of a context, whose cause it is given (context.Cause): the
// Kind that it holds, KindDeadline for context.DeadlineExceeded, else KindCanceled.
func KindOfCause(cause error) Kind {
	var kind Kind
	switch {
	case errors.As(cause, &kind):
		return kind
	case errors.Is(cause, context.DeadlineExceeded):
		return KindDeadline
	}
	return KindCanceled
}
