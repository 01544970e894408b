package knee

import (
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// Sweep is the result of a sweep.
type Sweep struct {
	Target string // target of the load
	Model  string // measure.ModelOpen or measure.ModelClosed
	Steps  []Row
	Knee   Knee
	Figure string // the highest figure of response times for which all steps have enough successes; empty: none
}

// Row is one step in the tables. Times are of successes, from due until the end, unless their name says
// otherwise.
type Row struct {
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
	LagP99     *record.Micros `json:"lag_p99_ms"` // delay by this client
	InFlight   int64          `json:"peak_in_flight"`
	Warnings   []string       `json:"warnings"` // their codes
	Knee       bool           `json:"knee"`

	Throughput float64        `json:"-"` // OKRate, not rounded
	Time       *record.Micros `json:"-"` // Sweep.Figure
	Failing    bool           `json:"-"` // more requests fail than can be ignored
}

// SweepOf finds the saturation point, and summarizes the steps.
func SweepOf(steps []Step) Sweep {
	sweep := Sweep{Model: measure.ModelClosed, Steps: make([]Row, len(steps)), Knee: Find(steps)}
	if len(steps) == 0 {
		return sweep
	}
	sweep.Target = steps[0].Summary.Asked.Target
	if steps[0].open() {
		sweep.Model = measure.ModelOpen
	}
	var answered []*Step
	for i := range steps {
		if steps[i].Summary.OK > 0 {
			answered = append(answered, &steps[i])
		}
	}
	figure := carried(answered...)
	if figure != nil {
		sweep.Figure = figure.Name
	}
	end := failing(steps)
	for i := range steps {
		s := steps[i].Summary
		ok := &s.Response.OK
		r := Row{
			Users: steps[i].Users, Rate: units.Rounded(steps[i].Rate), Answered: units.Rounded(s.Rate.Answered), OKRate: units.Rounded(s.Rate.OK),
			Requests: s.Sent, OK: s.OK, Failed: s.Failed, Unsent: s.Unsent,
			Mean: ok.Mean, P50: ok.P50, P90: ok.P90, P99: ok.P99, Max: ok.Max,
			ServiceP99: s.Service.OK.P99, LagP99: s.Lag.P99, InFlight: s.InFlight,
			Warnings: []string{}, Knee: sweep.Knee.Found && i == sweep.Knee.At,
			Throughput: steps[i].throughput(), Failing: i >= end && steps[i].failures() > 0,
		}
		if figure != nil {
			r.Time = figure.Of(ok)
		}
		if first := steps[0].throughput(); first > 0 {
			r.TimesFirst = units.Rounded(s.Rate.OK / first)
		}
		for _, w := range s.Warnings {
			r.Warnings = append(r.Warnings, w.Code)
		}
		sweep.Steps[i] = r
	}
	return sweep
}
