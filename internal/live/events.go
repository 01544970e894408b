package live

import (
	"encoding/json"
	"math"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// Event is one line of mode JSON: one per second, and one at the end. Numbers without a unit in their name are
// counts; new fields may be added.
type Event struct {
	V         int            `json:"v"`          // 1
	Type      string         `json:"type"`       // "progress"
	Final     bool           `json:"final"`      // whether this is the last one
	ElapsedMS record.Micros  `json:"elapsed_ms"` // since the showing began
	Done      int64          `json:"done"`       // results: ok + failed + canceled
	Total     *int64         `json:"total"`      // expected number of results; null while unknown
	OK        int64          `json:"ok"`
	Failed    int64          `json:"failed"`
	Canceled  int64          `json:"canceled"`
	Attempts  int64          `json:"attempts"`   // attempts that ended
	Hops      int64          `json:"hops"`       // round trips started
	Bytes     int64          `json:"bytes"`      // decoded bytes of bodies
	InFlight  int64          `json:"in_flight"`  // round trips in flight now
	Waiting   int64          `json:"waiting"`    // round trips held back by a limit now
	Sleeping  int64          `json:"sleeping"`   // requests between two attempts now
	RatePerS  float64        `json:"rate_per_s"` // results a second, over about the last 5 s
	ETAMS     *record.Micros `json:"eta_ms"`     // estimated time left, from about the last 30 s, and at least as long as a pause that requests wait for; null when unknown
	Hosts     []Host         `json:"hosts"`      // the hosts that cause waiting, most waiting first, five at most
}

// Host is a host that causes waiting.
type Host struct {
	Host        string `json:"host"` // hostname:port
	InFlight    int64  `json:"in_flight"`
	Waiting     int64  `json:"waiting"`
	Sleeping    int64  `json:"sleeping"`
	RateLimited bool   `json:"rate_limited"` // requests wait for a rate or for the end of a pause, not for a slot

	// What was learned about it.
	PacePerS float64       `json:"pace_per_s,omitempty"` // hops per second that it is sent
	Slots    int           `json:"slots,omitempty"`      // hops in flight that it is sent
	PausedMS record.Micros `json:"paused_ms,omitempty"`  // remaining time of a pause
	GivenUp  bool          `json:"given_up,omitempty"`   // its circuit is open: requests fail at once
	Why      string        `json:"why,omitempty"`        // for people
}

// Event returns the view for programs.
func (v view) Event(final bool) any {
	e := Event{
		V: 1, Type: "progress", Final: final, ElapsedMS: record.MicrosOf(v.elapsed.Round(time.Microsecond)),
		Done: v.Done, OK: v.OK, Failed: v.Failed, Canceled: v.Canceled,
		Attempts: v.Attempts, Hops: v.Hops, Bytes: v.Bytes,
		InFlight: v.InFlight, Waiting: v.Waiting, Sleeping: v.Sleeping,
		RatePerS: math.Round(v.rate*1000) / 1000,
		Hosts:    make([]Host, 0, len(v.Hosts)),
	}
	if v.known {
		e.Total = &v.total
	}
	if v.hasETA {
		e.ETAMS = new(record.MicrosOf(v.eta.Round(time.Microsecond)))
	}
	for _, h := range v.Hosts {
		e.Hosts = append(e.Hosts, Host{h.Host, h.InFlight, h.Waiting, h.Sleeping, h.RateLimited,
			math.Round(h.Pace*1000) / 1000, h.Slots, record.MicrosOf(h.Paused.Round(time.Microsecond)), h.Down, h.Why})
	}
	return e
}

// LoadEvent is the view for programs: one JSON object. Counts are of what has ended since the warm-up, and times
// are of successes; names include their unit. New fields may be added.
type LoadEvent struct {
	V         int            `json:"v"`          // 1
	Type      string         `json:"type"`       // "load_progress"
	Final     bool           `json:"final"`      // whether this is the last one
	ElapsedMS record.Micros  `json:"elapsed_ms"` // since the beginning of the run, warm-up included
	WarmingUp bool           `json:"warming_up"`
	Share     *float64       `json:"share"`  // completed share of the test, or of the warm-up: 0 to 1; null: it has no end
	ETAMS     *record.Micros `json:"eta_ms"` // until the last request is due, or the last response is there; null: unknown
	Rate      Rate           `json:"rate_per_s"`
	Sent      int64          `json:"sent"` // warm-up included
	OK        int64          `json:"ok"`
	Failed    int64          `json:"failed"`
	Canceled  int64          `json:"canceled"`
	InFlight  int64          `json:"in_flight"` // at the last whole second
	Waiting   int64          `json:"waiting"`   // due and not sent, at the last whole second
	Bytes     int64          `json:"bytes"`     // of bodies, decoded
	Wire      int64          `json:"wire_bytes"`
	Opened    int64          `json:"connections_opened"`
	Reused    int64          `json:"connections_reused"`
	Recent    Latencies      `json:"last_10_s"`
	All       Latencies      `json:"all"`
	Statuses  measure.Counts `json:"statuses"`
	Classes   measure.Counts `json:"classes"`
	Retried   measure.Counts `json:"retried"`

	Target string          `json:"target"`              // target of the load
	Lag    measure.Latency `json:"lag_ms"`              // delay by this client itself, since the warm-up
	Stage  int             `json:"stage,omitempty"`     // current stage, from 1
	Stages int             `json:"of_stages,omitempty"` // number of stages
	Limits []measure.Check `json:"thresholds"`          // as of the last second
	Notes  measure.Counts  `json:"notes"`
}

// Rate is how many responses arrived, successes and failures, and how many requests were planned, per second.
type Rate struct {
	Now     float64 `json:"now"` // in the last whole second
	Average float64 `json:"average"`
	Asked   float64 `json:"asked,omitempty"` // 0: unknown, or the closed model
}

// Latencies are the times of successes.
type Latencies struct {
	Response measure.Latency `json:"response_ms"`
	Service  measure.Latency `json:"service_ms"`
}

func latenciesOf(i *measure.Interval) Latencies {
	return Latencies{i.Response.Latency(), i.Service.Latency()}
}

// Event returns the frame for programs.
func (f *frame) Event(final bool) any {
	p, l := f.progress(), f.live
	e := LoadEvent{
		V: 1, Type: "load_progress", Final: final,
		ElapsedMS: record.MicrosOf(f.elapsed), WarmingUp: f.elapsed < f.Asked.WarmUp.Duration(),
		Rate: Rate{Now: units.Rounded(f.rateNow()), Average: units.Rounded(f.averageRate())},
		Sent: l.Sent, OK: l.OK, Failed: l.Failed, Canceled: l.Canceled, InFlight: l.InFlight, Waiting: l.Waiting,
		Bytes: l.Bytes, Wire: l.Wire, Opened: l.Opened, Reused: l.Reused,
		Recent:   latenciesOf(&l.Recent),
		All:      latenciesOf(&l.Interval),
		Statuses: l.Statuses, Classes: l.Classes, Retried: l.Retried,
	}
	e.Target, e.Lag, e.Notes, e.Limits = f.Asked.Target, l.Lag.Latency(), l.Notes, []measure.Check{}
	e.Stage, e.Stages = f.course().N, f.course().Of
	for _, limit := range f.limits() {
		e.Limits = append(e.Limits, limit.Check)
	}
	if f.Asked.Model == measure.ModelOpen {
		e.Rate.Asked = units.Rounded(f.target())
	}
	if p.bounded {
		e.Share = new(units.Rounded(p.share))
	}
	if p.foreseen {
		e.ETAMS = new(record.MicrosOf(p.left))
	}
	return e
}

// jsonLine returns an event as one line of JSON. Marshal cannot fail, because all values have a JSON form.
func jsonLine(event any) string {
	b, _ := json.Marshal(event)
	return string(record.AppendValue(nil, b)) // with control characters from hosts escaped
}
