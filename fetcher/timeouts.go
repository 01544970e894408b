package fetcher

import (
	"cmp"
	"time"
)

// Timeouts bound the parts of one request's life. The zero Timeouts are those of the command line: an attempt and a stall of
// 30 s, and 10 s to connect. NoTimeout in any field means no such bound; but a transport that the Fetcher makes itself
// gives up on DNS and TCP after 30 s, and on TLS after another 30 s, in any case.
type Timeouts struct {
	Attempt   time.Duration // one attempt, body included, over all its redirects; time at the gate does not count; 0: DefaultAttempt
	Connect   time.Duration // getting a connection: DNS, TCP and TLS together, as curl's --connect-timeout; 0: DefaultConnect
	FirstByte time.Duration // from the request being written to the first byte of the response; 0: no bound
	Stall     time.Duration // the longest silence within a body, while it is being read; 0: DefaultStall
	Request   time.Duration // a request with all its attempts, back-offs and waits, from its first grant; 0: no bound
}

// NoTimeout, as a field of Timeouts or as Request.Timeout, means that there is no such bound.
const NoTimeout time.Duration = -1

// What Timeouts with zero fields mean.
const (
	DefaultAttempt = 30 * time.Second
	DefaultConnect = 10 * time.Second
	DefaultStall   = 30 * time.Second
)

// resolved are the time-outs with the defaults filled in; 0 means no bound.
func (t Timeouts) resolved() Timeouts {
	return Timeouts{
		Attempt:   max(cmp.Or(t.Attempt, DefaultAttempt), 0),
		Connect:   max(cmp.Or(t.Connect, DefaultConnect), 0),
		FirstByte: max(t.FirstByte, 0),
		Stall:     max(cmp.Or(t.Stall, DefaultStall), 0),
		Request:   max(t.Request, 0),
	}
}

// attemptTimeout is the time that one attempt of a request may take; 0 means no bound.
func (e *engine) attemptTimeout(req *Request) time.Duration {
	return max(cmp.Or(req.Timeout, e.timeout.Attempt), 0)
}
