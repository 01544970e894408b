package live

import (
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// LoadEvent is the view for programs: one JSON object. Counts are of what has ended since the warm-up, and times of successes;
// names say their unit. New fields may be added.
type LoadEvent struct {
	V         int            `json:"v"`          // 1
	Type      string         `json:"type"`       // "load_progress"
	Final     bool           `json:"final"`      // whether this is the last one
	ElapsedMS record.Micros  `json:"elapsed_ms"` // since the beginning of the run, warm-up included
	WarmingUp bool           `json:"warming_up"`
	Share     *float64       `json:"share"`  // of the test, or of the warm-up, that is done: 0 to 1; null: it has no end
	ETAMS     *record.Micros `json:"eta_ms"` // until the last request is due, or the last answer is there; null: unknown
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
}

// Rate is how many answers came, successes and failures, and how many requests were asked for, a second.
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

// LoadEvent is the view as one line of JSON, without its end.
func (v Load) Event(l measure.Live, elapsed time.Duration, final bool) string {
	p := v.progress(&l, elapsed)
	e := LoadEvent{
		V: 1, Type: "load_progress", Final: final,
		ElapsedMS: record.MicrosOf(elapsed), WarmingUp: elapsed < v.Asked.WarmUp.Duration(),
		Rate: Rate{Now: units.Rounded(rateNow(&l)), Average: units.Rounded(v.averageRate(&l, elapsed))},
		Sent: l.Sent, OK: l.OK, Failed: l.Failed, Canceled: l.Canceled, InFlight: l.InFlight, Waiting: l.Waiting,
		Bytes: l.Bytes, Wire: l.Wire, Opened: l.Opened, Reused: l.Reused,
		Recent:   Latencies{l.Recent.Response, l.Recent.Service},
		All:      Latencies{l.Response.Latency(), l.Service.Latency()},
		Statuses: orEmpty(l.Statuses), Classes: orEmpty(l.Classes),
	}
	if v.Asked.Model == measure.ModelOpen {
		e.Rate.Asked = units.Rounded(v.target(elapsed))
	}
	if p.bounded {
		e.Share = new(units.Rounded(p.share))
	}
	if p.foreseen {
		e.ETAMS = new(record.MicrosOf(p.left))
	}
	return jsonLine(e)
}

// orEmpty is {} in JSON, and not null, where nothing was counted.
func orEmpty(c measure.Counts) measure.Counts {
	if c == nil {
		return measure.Counts{}
	}
	return c
}
