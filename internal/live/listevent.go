package live

import (
	"encoding/json"
	"math"
	"time"

	"example.com/fetch/internal/record"
)

// Event is what mode JSON prints, one to a line: each second, and at the end. Numbers without a unit in their name are
// counts; new fields may be added.
type Event struct {
	V         int      `json:"v"`          // 1
	Type      string   `json:"type"`       // "progress"
	Final     bool     `json:"final"`      // whether this is the last one
	ElapsedMS float64  `json:"elapsed_ms"` // since the showing began
	Done      int64    `json:"done"`       // results made: ok + failed + canceled
	Total     *int64   `json:"total"`      // results there will be; null while unknown
	OK        int64    `json:"ok"`
	Failed    int64    `json:"failed"`
	Canceled  int64    `json:"canceled"`
	Attempts  int64    `json:"attempts"`   // attempts that ended
	Hops      int64    `json:"hops"`       // round trips begun
	Bytes     int64    `json:"bytes"`      // decoded bytes of bodies
	InFlight  int64    `json:"in_flight"`  // round trips in flight now
	Waiting   int64    `json:"waiting"`    // round trips held back by a limit now
	Sleeping  int64    `json:"sleeping"`   // requests between two attempts now
	RatePerS  float64  `json:"rate_per_s"` // results a second, over about the last 5 s
	ETAMS     *float64 `json:"eta_ms"`     // time left, if progress goes on as in about the last 30 s, and no less than a pause that requests wait for; null when unknown
	Hosts     []Host   `json:"hosts"`      // the hosts that hold things up, most waiting first, five at most
}

// Host is a host that holds things up.
type Host struct {
	Host        string `json:"host"` // hostname:port
	InFlight    int64  `json:"in_flight"`
	Waiting     int64  `json:"waiting"`
	Sleeping    int64  `json:"sleeping"`
	RateLimited bool   `json:"rate_limited"` // those that wait do so for a rate or for the end of a pause, not for a slot

	// What it taught, as far as it did.
	PacePerS float64 `json:"pace_per_s,omitempty"` // hops a second that it is sent
	Slots    int     `json:"slots,omitempty"`      // hops in flight that it is sent
	PausedMS float64 `json:"paused_ms,omitempty"`  // for so long nothing is sent yet
	GivenUp  bool    `json:"given_up,omitempty"`   // its requests fail at once
	Why      string  `json:"why,omitempty"`        // for people
}

func (v view) event(final bool) Event {
	e := Event{
		V: 1, Type: "progress", Final: final, ElapsedMS: millis(v.elapsed),
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
		eta := millis(v.eta)
		e.ETAMS = &eta
	}
	for _, h := range v.Hosts {
		e.Hosts = append(e.Hosts, Host{h.Host, h.InFlight, h.Waiting, h.Sleeping, h.RateLimited,
			math.Round(h.Pace*1000) / 1000, h.Slots, millis(h.Paused), h.Down, h.Why})
	}
	return e
}

// jsonLine is an event as one line of JSON. Marshal cannot fail: no event has a value that JSON lacks.
func jsonLine(event any) string {
	b, _ := json.Marshal(event)
	return string(record.AppendValue(nil, b)) // a terminal obeys nothing that a host has said
}

// millis is a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
