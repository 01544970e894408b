package record

import (
	"math"

	"example.com/fetch/fetcher"
)

// HostEvent is a change in what a host was allowed, or in what it did: fetcher.HostEvent as it is stored.
type HostEvent struct {
	At     Micros  `json:"at_ms"`
	Host   string  `json:"host"`           // hostname:port
	Change string  `json:"change"`         // pace, slots, pause, circuit_open, circuit_closed, quota
	From   float64 `json:"from,omitempty"` // hops a second or slots before; 0 means no bound but the one asked for
	To     float64 `json:"to,omitempty"`   // likewise, from now on; of a pause, seconds
	Why    string  `json:"why,omitempty"`  // for people: "3 × 503, Yellow"
}

// HostEventOf makes the event that is stored. It loses nothing when it is written and read again.
func HostEventOf(e fetcher.HostEvent) HostEvent {
	return HostEvent{At: MicrosOf(e.At), Host: text(e.Host), Change: text(e.What), From: finite(e.From), To: finite(e.To),
		Why: text(e.Why)}
}

// finite is a number with six decimals, and 0 for what JSON has no number for.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	if math.Abs(f) > 1e9 {
		return f
	}
	return math.Round(f*1e6) / 1e6
}
