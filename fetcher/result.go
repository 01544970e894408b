package fetcher

import (
	"errors"
	"net/http"
	"time"
)

// Result tells what became of one request (of one page of it, where Fetcher.Follow asks for more). All times are
// monotonic; instants count from the start of the run. The four parts of the waiting sum to the response time exactly:
//
//	Response = Queue + Limiter + Service + Backoff
type Result struct {
	Seq      int64    // place in the list, from 1
	Page     int      // 1, and one more for each page that Follow asked for
	Request  *Request // what was asked
	Attempts []Attempt

	Due      time.Duration // when the request could first have been sent
	Queue    time.Duration // waiting for a slot, or behind others for a token
	Limiter  time.Duration // waiting for a token while a slot was free
	Service  time.Duration // the sum of all hop times: what the servers and the network took; the latency as curl has it
	Backoff  time.Duration // sleeping between attempts
	Response time.Duration // from Due to the end, waits for limits included

	// Lag is how late this client itself was: from when the first hop could have left (due, with its slots and tokens
	// there) until the transport had it. It is a part of Queue (late at the gate) and of that hop's Blocked (late after
	// it), and no further term of the sum. That a request without a Due of its own is read only now is no lag.
	Lag time.Duration

	Status   int         // of the last answer; 0 if there was none
	Header   http.Header // of the last answer; nil if there was none
	FinalURL string      // of the last hop, after redirects
	Cookies  []string    // values of the cookies that the servers have set, as far as they could be sent: secrets
	// Bytes is the size of the last answer's body as decoded, WireBytes as it came over the wire.
	Bytes, WireBytes int64
	// Digest is of the last response's body as decoded, if Fetcher.Digest asks for it, the body was read to its end, and is
	// not empty: "xxh64:" and 16 hexadecimal digits. Two bodies with different digests are different; that two have the
	// same by chance is as good as impossible, but whoever wants to can make two that have.
	Digest string
	Value  any      // what Fetcher.Handle made of the body, if it set it
	More   bool     // Fetcher.Follow has asked for a further page
	Notes  []string // short words on what was odd, such as NoteUnverifiedLength

	// Err says why the request failed; nil means that it succeeded. It is always an *Error, whose type it has not, so that it
	// can be returned as the error that it is. See Kind.
	Err error
}

// Kind is the Kind of Err; KindNone if the request succeeded.
func (r *Result) Kind() Kind {
	if err, ok := errors.AsType[*Error](r.Err); ok {
		return err.Kind
	}
	return KindNone
}

// Notes that a Result may carry.
const (
	NoteUnverifiedLength = "unverified_length" // the body ended with the connection, so that a cut cannot be seen
	NoteTransportRetry   = "transport_retry"   // the transport sent a hop again by itself
	NoteRetryBudget      = "retry_budget"      // not retried, because the retry budget was spent
	NoteCircuit          = "circuit"           // not retried, because the host had been given up
	NoteOutOfFiles       = "out_of_files"      // the system had no file descriptor left; the run went on with fewer hops in flight
	NoteRetryAfter       = "retry_after"       // not retried, because the server asked for a longer wait than allowed
	NoteLimitIgnored     = "limit_ignored"     // the host says something of limits that cannot be read; noted once for each host
	NoteBlocked          = "blocked"           // the host says that it blocks this client, for having asked too much
	NoteNoCoding         = "no_coding"         // Content-Encoding names what is no coding, such as UTF-8; the body was taken as it came
	NoteTrailingBytes    = "trailing_bytes"    // something came after the end of the compressed body, and was ignored
	NoteCoded            = "coded"             // the body is a part of a compressed one, and was passed on as it came
)

// End is when the request ended, counted from the start of the run.
func (r *Result) End() time.Duration { return r.Due + r.Response }

// Attempt is one try of a request.
type Attempt struct {
	Start   time.Duration // when it first left the gate, or came to it if it never left; from the start of the run
	Status  int           // of its last hop; 0 if there was no answer
	Err     *Error        // why it failed; nil if it did not
	Backoff time.Duration // slept after it, before the next attempt

	RetryAfter time.Duration // how long the host asked to be left alone; 0 if it did not
	Requeued   bool          // the host refused it, and the next attempt costs no retry
	Hops       []Hop
}

// Hop is one round trip.
type Hop struct {
	URL     string
	Host    string        // "hostname:port", lower case
	Status  int           // 0 if there was no answer
	Start   time.Duration // when it left the gate, from the start of the run
	Queue   time.Duration // its wait at the gate for a slot, or behind others
	Limiter time.Duration // its wait at the gate for a token while a slot was free
	Proto   string        // such as "HTTP/1.1"; empty if there was no answer
	Remote  string        // the address that was connected to; empty if none was
	Reused  bool          // the connection had served before
	Phases  Phases
}

// Time is the hop time: from leaving the gate until the body was closed or the error known. It is the sum of the phases.
func (h *Hop) Time() time.Duration { return h.Phases.Sum() }

// Phases are the parts of a hop, in order, as in HAR. Each is 0 if it did not happen. They sum to the hop time.
type Phases struct {
	Blocked time.Duration // inside the transport: waiting for a connection or an HTTP/2 stream
	DNS     time.Duration
	Connect time.Duration // TCP
	TLS     time.Duration
	Send    time.Duration // from having a connection until the request was written
	Wait    time.Duration // until the first byte of the answer
	Receive time.Duration // until the body was closed
}

// Sum is the hop time.
func (p Phases) Sum() time.Duration {
	return p.Blocked + p.DNS + p.Connect + p.TLS + p.Send + p.Wait + p.Receive
}

// FirstByte is the time to the first byte: everything before Receive.
func (p Phases) FirstByte() time.Duration { return p.Sum() - p.Receive }
