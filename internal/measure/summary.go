// Package measure makes the summaries of list runs, from records, and of load tests, from results: distributions, groups,
// series by second, floors, and what another setting would have done.
package measure

import (
	"encoding/json"

	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/record"
)

// Summary is what a run comes to. Its JSON form is in docs/formats.md.
type Summary struct {
	Requests   int64 `json:"requests"` // OK + Failed + Canceled + NotStarted
	OK         int64 `json:"ok"`
	Failed     int64 `json:"failed"`
	Canceled   int64 `json:"canceled"`
	NotStarted int64 `json:"not_started"`
	Skipped    int64 `json:"skipped"`              // bad lines that were left out: of older journals
	Duplicates int64 `json:"duplicates,omitempty"` // left out by --dedupe
	Missing    int64 `json:"missing,omitempty"`    // of OK, those whose status says that there is nothing, with --missing-ok
	Hosts      int64 `json:"hosts"`

	Proxies []string `json:"proxies,omitempty"` // over which requests went, without passwords

	Attempts int64 `json:"attempts"`
	Hops     int64 `json:"hops"`
	Bytes    int64 `json:"bytes"`
	Files    int64 `json:"files,omitempty"` // bodies that were kept in files

	Wall        record.Micros `json:"wall_ms"`        // of all legs
	Legs        int           `json:"legs,omitempty"` // how often the run was begun or gone on with; 0: once
	Serial      record.Micros `json:"serial_ms"`
	SerialBasis string        `json:"serial_basis"` // estimated, measured, sampled
	Speedup     float64       `json:"speedup"`      // Serial / Wall
	Floor       record.Micros `json:"floor_ms"`
	Efficiency  float64       `json:"efficiency"`              // Floor / Wall
	Bound       string        `json:"bound"`                   // longest_request, slots, host_slots, rate, host_rate, pause, stated_limit, outage, learned_rate, learned_slots
	BoundHost   string        `json:"bound_host,omitempty"`    // whose, but for longest_request, slots and rate
	BoundPages  bool          `json:"-"`                       // the longest request has pages
	BoundHeld   record.Micros `json:"bound_held_ms,omitempty"` // for how long it held the run up, where it is no floor

	Latency struct {
		OK     Brief `json:"ok"`
		Failed Brief `json:"failed"`
	} `json:"latency_ms"` // service times; canceled requests are in neither
	Waited struct {
		Queue   record.Micros `json:"queue"`
		Limiter record.Micros `json:"limiter"`
		Backoff record.Micros `json:"backoff"`
	} `json:"waited_ms"`
	Classes        Counts        `json:"classes"`            // how many requests failed with each class
	Errors         Errors        `json:"errors,omitempty"`   // what was wrong first in each class, without secrets
	Retried        Counts        `json:"retried"`            // how many attempts failed with each class and were tried again, by the transport itself too
	RetriedService record.Micros `json:"retried_service_ms"` // what those attempts took on the wire: with Waited.Backoff, what they cost
	Notes          Counts        `json:"notes"`              // how many results carry each note, such as retry_budget
	PerHost        []Host        `json:"per_host"`
	Auto           *Auto         `json:"auto,omitempty"`   // nil unless the concurrency was to be found
	Advice         string        `json:"advice,omitempty"` // what would make it faster, as a sentence

	*RowCounts // nil if no request was made from a row
}

// Brief is a Latency as the summary of a list run tells it: without p75, p99_9 and p99_99, which are nil.
type Brief Latency

func briefOf(d *Distribution) Brief {
	l := d.Latency()
	l.P75, l.P999, l.P9999 = nil, nil, nil
	return Brief(l)
}

// MarshalJSON gives the form in docs/formats.md.
func (b Brief) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		*Latency
		P75   *record.Micros `json:"p75,omitempty"` // these take the place of those in Latency, and are left out
		P999  *record.Micros `json:"p99_9,omitempty"`
		P9999 *record.Micros `json:"p99_99,omitempty"`
	}{Latency: (*Latency)(&b)})
}

// Host is the part of a Summary that is about one host; the last may be "(others)".
type Host struct {
	Host        string        `json:"host"`
	N           int64         `json:"n"`
	OK          int64         `json:"ok"`
	Failed      int64         `json:"failed"`
	RateLimited int64         `json:"rate_limited"` // attempts that were answered by "slow down"
	Latency     Brief         `json:"latency_ms"`   // of the requests that succeeded
	Rate        float64       `json:"rate"`         // hops a second, from its first hop's start to its last one's end; 0 for a single hop
	First       record.Micros `json:"first_ms"`     // when its first hop left
	Last        record.Micros `json:"last_ms"`      // when its last hop ended

	*Pace // of a host that refused something, or taught something; else nil
}

// Pace is how fast a host was asked, and what it said to that.
type Pace struct {
	Asked struct {
		PerSecond float64 `json:"per_s,omitempty"` // 0: no bound
		Slots     int     `json:"slots,omitempty"` // likewise
	} `json:"asked"`
	Learned *lesson.Learned `json:"learned,omitempty"`        // what it was found to bear; nil: nothing was learned
	Peak    int             `json:"peak_in_flight,omitempty"` // 0: there were too many hops to know it

	Refused    Counts    `json:"refused,omitempty"`  // how many attempts, by the status or the class that they were refused with
	Requeued   int64     `json:"requeued,omitempty"` // of them, those that cost no retry
	RetryAfter *Honoured `json:"retry_after,omitempty"`
	Waited     struct {
		Queue    record.Micros `json:"queue"`
		Limiter  record.Micros `json:"limiter"`
		Backoff  record.Micros `json:"backoff"`
		Requeued record.Micros `json:"requeued"` // of the back-off, that after attempts which were requeued
	} `json:"waited_ms"`
}

// Auto is what measurement found the right concurrency to be.
type Auto struct {
	Host     string  `json:"host"`      // the one that served most
	InFlight float64 `json:"in_flight"` // its hops, on average from its first to its last
}
