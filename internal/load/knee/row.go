package knee

import (
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// row is what the tables tell of a step. Times are of successes, from due until the end, unless their name says other.
type row struct {
	Users      int            `json:"users,omitempty"`
	Rate       float64        `json:"asked_per_s,omitempty"`
	Answered   float64        `json:"answered_per_s"`
	OKRate     float64        `json:"ok_per_s"`
	TimesFirst float64        `json:"times_first"` // OKRate by that of the first step; 0: nothing succeeded
	Requests   int64          `json:"requests"`
	OK         int64          `json:"ok"`
	Failed     int64          `json:"failed"`
	Unsent     int64          `json:"not_started"`
	Mean       *record.Micros `json:"mean_ms"`
	P50        *record.Micros `json:"p50_ms"`
	P90        *record.Micros `json:"p90_ms"`
	P99        *record.Micros `json:"p99_ms"`
	Max        *record.Micros `json:"max_ms"`
	ServiceP99 *record.Micros `json:"service_p99_ms"`
	LagP99     *record.Micros `json:"lag_p99_ms"` // how late this client was
	InFlight   int64          `json:"peak_in_flight"`
	Warnings   []string       `json:"warnings"` // their codes
	Knee       bool           `json:"knee"`
}

// rows are the steps' rows, and the knee among them.
func rows(steps []Step) ([]row, Knee) {
	found := Find(steps)
	all := make([]row, len(steps))
	for i := range steps {
		s := steps[i].Summary
		ok := &s.Response.OK
		all[i] = row{
			Users: steps[i].Users, Rate: units.Rounded(steps[i].Rate), Answered: units.Rounded(s.Rate.Answered), OKRate: units.Rounded(s.Rate.OK),
			Requests: s.Sent, OK: s.OK, Failed: s.Failed, Unsent: s.Unsent,
			Mean: ok.Mean, P50: ok.P50, P90: ok.P90, P99: ok.P99, Max: ok.Max,
			ServiceP99: s.Service.OK.P99, LagP99: s.Lag.P99, InFlight: s.InFlight,
			Warnings: []string{}, Knee: found.Found && i == found.At,
		}
		if first := steps[0].throughput(); first > 0 {
			all[i].TimesFirst = units.Rounded(s.Rate.OK / first)
		}
		for _, w := range s.Warnings {
			all[i].Warnings = append(all[i].Warnings, w.Code)
		}
	}
	return all, found
}
