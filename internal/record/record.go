// Package record defines the record that everything else is made from: journals store it, reports are computed
// from it, and a report made from a stored record equals the live one. Records never contain secrets.
package record

import (
	"encoding/json"
	"math"

	"example.com/fetch/fetcher"
)

// Version is the version of the format.
const Version = 1

// Record is what is kept of one result. Its JSON form is described in docs/formats.md.
type Record struct {
	Seq      int64       `json:"seq"`
	Page     int         `json:"page"`
	ID       string      `json:"id"`                 // hash of what is sent, without credentials that the whole list shares: see ID
	KeyedID  bool        `json:"keyed_id,omitempty"` // ID depends on a secret, under the key of the run
	Name     string      `json:"name"`
	Row      fetcher.Row `json:"row"`
	Method   string      `json:"method"`
	URL      string      `json:"url"`       // masked
	FinalURL string      `json:"final_url"` // masked
	Host     string      `json:"host"`      // of the request, not of the last hop: "hostname:port"
	OK       bool        `json:"ok"`
	Status   int         `json:"status"`
	Class    string      `json:"class"` // of the failure: the name of its fetcher.Kind; empty if OK
	Error    string      `json:"error"` // the failure's message, masked; empty if OK
	// ErrorBody is the message in the body of a failed response: its first 200 characters, or the messages in
	// it, on one line, masked; empty if there is none.
	ErrorBody string    `json:"error_body,omitempty"`
	Attempts  []Attempt `json:"attempts"`
	// EarlierAttempts is the number of attempts in earlier parts of the run, whose record this one replaces.
	EarlierAttempts int `json:"earlier_attempts,omitempty"`

	Due      Micros `json:"due_ms"`
	Queue    Micros `json:"queue_ms"`
	Limiter  Micros `json:"limiter_ms"`
	Service  Micros `json:"service_ms"` // sum of the hops' times
	Backoff  Micros `json:"backoff_ms"`
	Response Micros `json:"response_ms"` // Queue + Limiter + Service + Backoff, exactly

	Bytes       int64    `json:"bytes"`
	WireBytes   int64    `json:"wire_bytes"`
	ContentType string   `json:"content_type"`
	ETag        string   `json:"etag"`
	More        bool     `json:"more"`   // a further page was requested
	Digest      string   `json:"digest"` // of the body, to detect changes: that of fetcher.Result
	SHA256      string   `json:"sha256"`
	File        string   `json:"file"`
	Notes       []string `json:"notes"`

	// Values are extracted from the body: none, one (in JSON "value": it) or several (in JSON "values": all).
	Values []json.RawMessage `json:"-"`
	// Rows are the results of the rows of a batch, in order; nil if the request was not a batch.
	Rows []Answer `json:"rows"`
}

// Notes that this program's own stages add to results, besides those of package fetcher.
const (
	// NoteMissing says that the status means "not found", and that this counts as a success.
	NoteMissing = "missing"
	// NoteInterim says that a page was not ready yet, and that another was requested.
	NoteInterim = "interim"
	// NoteUnmatched says that the response to a batch had pieces that belong to none of its rows. They were
	// discarded.
	NoteUnmatched = "unmatched"
	// NoteLoneSurrogate says that a string of the JSON that values were extracted from has an unpaired
	// surrogate, which is not a character. In values it is replaced by U+FFFD.
	NoteLoneSurrogate = "lone_surrogate"
)

// Attempt is one try of a request.
type Attempt struct {
	Start   Micros `json:"start_ms"`
	Status  int    `json:"status"`
	Class   string `json:"class"`
	Error   string `json:"error"`
	Backoff Micros `json:"backoff_ms"` // slept after it

	RetryAfter Micros `json:"retry_after_ms,omitempty"` // the pause that the host asked for; 0 if it did not
	Requeued   bool   `json:"requeued,omitempty"`       // the host refused it, and the next attempt did not count as a retry
	Hops       []Hop  `json:"hops"`
}

// Hop is one round trip.
type Hop struct {
	URL     string `json:"url"` // masked
	Host    string `json:"host"`
	Status  int    `json:"status"`
	Start   Micros `json:"start_ms"`
	Queue   Micros `json:"queue_ms"`
	Limiter Micros `json:"limiter_ms"`
	Proto   string `json:"proto"`
	Remote  string `json:"remote"`
	Reused  bool   `json:"reused"`
	Phases  Phases `json:"phases_ms"`
}

// Time returns the hop time, the sum of the phases.
func (h *Hop) Time() Micros {
	p := &h.Phases
	return p.Blocked + p.DNS + p.Connect + p.TLS + p.Send + p.Wait + p.Receive
}

// Phases are the parts of a hop, in order. They sum to the hop time.
type Phases struct {
	Blocked Micros `json:"blocked"`
	DNS     Micros `json:"dns"`
	Connect Micros `json:"connect"`
	TLS     Micros `json:"tls"`
	Send    Micros `json:"send"`
	Wait    Micros `json:"wait"`
	Receive Micros `json:"receive"`
}

// End returns when the request ended, from the start of the run.
func (r *Record) End() Micros { return r.Due + r.Response }

// TotalAttempts returns the number of attempts, including earlier parts of the run.
func (r *Record) TotalAttempts() int { return len(r.Attempts) + r.EarlierAttempts }

// FirstByte returns the time to the first byte of the last hop, from its start; 0 if there was no response.
func (r *Record) FirstByte() Micros {
	if len(r.Attempts) == 0 {
		return 0
	}
	hops := r.Attempts[len(r.Attempts)-1].Hops
	if len(hops) == 0 || hops[len(hops)-1].Status == 0 {
		return 0
	}
	h := &hops[len(hops)-1]
	return h.Time() - h.Phases.Receive
}

// HostEvent is a change in what a host was allowed, or in its behaviour: fetcher.HostEvent as it is stored.
type HostEvent struct {
	At     Micros  `json:"at_ms"`
	Host   string  `json:"host"`           // hostname:port
	Change string  `json:"change"`         // pace, slots, pause, circuit_open, circuit_closed, quota
	From   float64 `json:"from,omitempty"` // hops per second or slots before; 0 means no limit but the requested one
	To     float64 `json:"to,omitempty"`   // likewise, from now on; for a pause, seconds
	Why    string  `json:"why,omitempty"`  // for people: "3 × 503, Yellow"
}

// HostEventOf returns the event to store. Writing and reading it again loses nothing.
func HostEventOf(e fetcher.HostEvent) HostEvent {
	return HostEvent{At: MicrosOf(e.At), Host: text(e.Host), Change: text(e.What), From: finite(e.From), To: finite(e.To),
		Why: text(e.Why)}
}

// finite rounds a number to six decimals, and returns 0 for NaN and infinities.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	if math.Abs(f) > 1e9 {
		return f
	}
	return math.Round(f*1e6) / 1e6
}
