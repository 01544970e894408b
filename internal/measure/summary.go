// Package measure computes the summaries of list runs, from records, and of load tests, from results: distributions,
// groups, series by second, floors, and what other settings would have achieved.
package measure

import (
	"encoding/json"

	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/record"
)

// Summary is the result of a run. Its JSON form is described in docs/formats.md.
type Summary struct {
	Requests   int64 `json:"requests"` // OK + Failed + Canceled + NotStarted
	OK         int64 `json:"ok"`
	Failed     int64 `json:"failed"`
	Canceled   int64 `json:"canceled"`
	NotStarted int64 `json:"not_started"`
	Skipped    int64 `json:"skipped"`              // bad lines that were left out: of older journals
	Duplicates int64 `json:"duplicates,omitempty"` // left out by --dedupe
	Missing    int64 `json:"missing,omitempty"`    // of OK, those whose status means "not found", with --missing-ok
	Hosts      int64 `json:"hosts"`

	Proxies []string `json:"proxies,omitempty"` // proxies that were used, without passwords

	Attempts int64 `json:"attempts"`
	Hops     int64 `json:"hops"`
	Bytes    int64 `json:"bytes"`
	Files    int64 `json:"files,omitempty"` // bodies that were saved to files

	Wall        record.Micros `json:"wall_ms"`        // of all parts of the run
	Legs        int           `json:"legs,omitempty"` // number of parts: the run and each resume or retry; 0: one
	Serial      record.Micros `json:"serial_ms"`
	SerialBasis string        `json:"serial_basis"` // estimated, measured, sampled
	Speedup     float64       `json:"speedup"`      // Serial / Wall
	Floor       record.Micros `json:"floor_ms"`
	Efficiency  float64       `json:"efficiency"`              // Floor / Wall
	Bound       string        `json:"bound"`                   // longest_request, slots, host_slots, rate, host_rate, pause, stated_limit, outage, learned_rate, learned_slots
	BoundHost   string        `json:"bound_host,omitempty"`    // the host of the bound, except for longest_request, slots and rate
	BoundPages  bool          `json:"-"`                       // the longest request has pages
	BoundHeld   record.Micros `json:"bound_held_ms,omitempty"` // for how long it delayed the run, if it is not a floor

	Latency struct {
		OK     Brief `json:"ok"`
		Failed Brief `json:"failed"`
	} `json:"latency_ms"` // service times; cancelled requests are in neither
	Waited struct {
		Queue   record.Micros `json:"queue"`
		Limiter record.Micros `json:"limiter"`
		Backoff record.Micros `json:"backoff"`
	} `json:"waited_ms"`
	Classes        Counts        `json:"classes"`            // failed requests by class
	Errors         Errors        `json:"errors,omitempty"`   // first error of each class, without secrets
	Retried        Counts        `json:"retried"`            // failed attempts that were retried, by class, also by the transport itself
	RetriedService record.Micros `json:"retried_service_ms"` // time of those attempts on the wire: with Waited.Backoff, their cost
	Notes          Counts        `json:"notes"`              // results by note, such as retry_budget
	PerHost        []Host        `json:"per_host"`
	Auto           *Auto         `json:"auto,omitempty"`   // nil unless the concurrency was determined automatically
	Advice         string        `json:"advice,omitempty"` // what would make it faster, as a sentence

	*RowCounts // nil if no request was made from a row
}

// Brief is a Latency in the form of list summaries: without p75, p99_9 and p99_99, which are nil.
type Brief Latency

func briefOf(d *Distribution) Brief {
	l := d.Latency()
	l.P75, l.P999, l.P9999 = nil, nil, nil
	return Brief(l)
}

// MarshalJSON returns the form described in docs/formats.md.
func (b Brief) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		*Latency
		P75   *record.Micros `json:"p75,omitempty"` // these shadow those of Latency, and are left out
		P999  *record.Micros `json:"p99_9,omitempty"`
		P9999 *record.Micros `json:"p99_99,omitempty"`
	}{Latency: (*Latency)(&b)})
}

// Host is the part of a Summary about one host; the last may be "(others)".
type Host struct {
	Host        string        `json:"host"`
	N           int64         `json:"n"`
	OK          int64         `json:"ok"`
	Failed      int64         `json:"failed"`
	RateLimited int64         `json:"rate_limited"` // attempts that the server rejected because of its rate limit
	Latency     Brief         `json:"latency_ms"`   // of the requests that succeeded
	Rate        float64       `json:"rate"`         // hops per second, from the start of its first hop to the end of its last; 0 for a single hop
	First       record.Micros `json:"first_ms"`     // when its first hop left
	Last        record.Micros `json:"last_ms"`      // when its last hop ended

	*Pace // of a host that refused something, or about which something was learned; else nil
}

// Pace is how fast a host was sent requests, and how it reacted.
type Pace struct {
	Asked struct {
		PerSecond float64 `json:"per_s,omitempty"` // 0: no limit
		Slots     int     `json:"slots,omitempty"` // likewise
	} `json:"asked"`
	Learned *lesson.Learned `json:"learned,omitempty"`        // what it was found to sustain; nil: nothing was learned
	Peak    int             `json:"peak_in_flight,omitempty"` // 0: unknown, because there were too many hops

	Refused    Counts    `json:"refused,omitempty"`  // refused attempts, by status or class
	Requeued   int64     `json:"requeued,omitempty"` // of these, those that did not count as a retry
	RetryAfter *Honoured `json:"retry_after,omitempty"`
	Waited     struct {
		Queue    record.Micros `json:"queue"`
		Limiter  record.Micros `json:"limiter"`
		Backoff  record.Micros `json:"backoff"`
		Requeued record.Micros `json:"requeued"` // the part of the back-off after attempts that were requeued
	} `json:"waited_ms"`
}

// Auto is the concurrency that was found by measurement.
type Auto struct {
	Host     string  `json:"host"`      // the one that served most
	InFlight float64 `json:"in_flight"` // its hops, on average from its first to its last
}
