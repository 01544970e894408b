package threshold

import (
	"strconv"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// subject is what a threshold is held against: the whole of a run, or a group.
type subject struct {
	ok, failed        int64
	requests          int64 // sent
	canceled, unsent  int64 // these, due and lag are of the whole only
	due               int64
	rate, okRate      float64 // a second
	response, service measure.Latencies
	lag               measure.Latency
}

func whole(s *measure.LoadSummary) *subject {
	return &subject{
		ok: s.OK, failed: s.Failed, requests: s.Sent, canceled: s.Cut, unsent: s.Unsent, due: s.Due,
		rate: s.Rate.Answered, okRate: s.Rate.OK, response: s.Response, service: s.Service, lag: s.Lag,
	}
}

func part(s *measure.LoadSummary, g *measure.Group) *subject {
	p := &subject{ok: g.OK, failed: g.Failed, requests: g.OK + g.Failed, response: g.Response, service: g.Service}
	if seconds := s.Wall.Duration().Seconds(); seconds > 0 {
		p.rate, p.okRate = float64(p.requests)/seconds, float64(p.ok)/seconds
	}
	return p
}

const (
	noSuccess = "no request succeeded"
	noFailure = "no request failed"
)

// measured is what a metric comes to.
type measured struct {
	value float64 // in the unit of Threshold.limit
	told  bool    // false: it cannot be told, and words say why
	words string
}

func (t *Threshold) measure(s *subject) measured {
	answered := s.ok + s.failed
	switch t.metric.name {
	case "requests":
		return measured{float64(s.requests), true, units.Count(s.requests)}
	case "canceled":
		return t.quantity(s.canceled, s.due)
	case "not_started":
		return t.quantity(s.unsent, s.due)
	}
	if answered == 0 {
		return measured{words: "no request was answered"}
	}
	switch t.metric.name {
	case "ok":
		return t.quantity(s.ok, answered)
	case "failed":
		return t.quantity(s.failed, answered)
	case "rate":
		return measured{s.rate, true, t.rateWords(s.rate)}
	case "ok_rate":
		return measured{s.okRate, true, t.rateWords(s.okRate)}
	}
	switch t.metric.of {
	case service:
		return t.time(&s.service.OK, noSuccess)
	case failed:
		return t.failureTime(&s.response.Failed)
	case lag:
		return t.time(&s.lag, "it was not measured")
	}
	return t.time(&s.response.OK, noSuccess)
}

// quantity is n as it is, or as a share of all. A quotient of whole numbers is as exact as the limit is, so that 999 of
// 1,000 are 99.9 %.
func (t *Threshold) quantity(n, all int64) measured {
	words := units.Count(n) + " of " + units.Count(all)
	if !t.share {
		return measured{float64(n), true, words}
	}
	if all == 0 {
		return measured{words: "no request was due"}
	}
	return measured{100 * float64(n) / float64(all), true, units.Percent(float64(n)/float64(all)) + " (" + words + ")"}
}

// time is a figure of a distribution, or that there is none, or too little of it.
func (t *Threshold) time(l *measure.Latency, none string) measured {
	f := t.metric.figure
	switch v := f.Of(l); {
	case v != nil:
		return measured{float64(*v), true, t.timeWords(*v)}
	case l.N == 0:
		return measured{words: none}
	}
	return measured{words: "too few to tell: " + units.Count(l.N) + ", and " + f.Name + " takes " + units.Count(f.Enough())}
}

// failureTime is time of the failures, of which there should be none, or few: no failure has taken too long if there was
// none, and of a few each percentile that they do not carry is at most their maximum.
func (t *Threshold) failureTime(l *measure.Latency) measured {
	if l.N == 0 {
		return measured{told: true, words: noFailure}
	}
	if t.metric.figure.Of(l) == nil && l.Max != nil && t.upper() {
		return measured{float64(*l.Max), true, t.timeWords(*l.Max) + " (the maximum of " + units.Counted(l.N, "failure", "failures") + ")"}
	}
	return t.time(l, noFailure)
}

// timeWords writes a time with as many digits as it takes to see on which side of the limit it is.
func (t *Threshold) timeWords(m record.Micros) string {
	words := units.Seconds(m)
	if float64(m) != t.limit && words == units.Seconds(record.Micros(t.limit)) {
		return m.Duration().String()
	}
	return words
}

// rateWords is timeWords of rates.
func (t *Threshold) rateWords(f float64) string {
	words := units.PerSecond(f)
	if f != t.limit && words == units.PerSecond(t.limit) {
		return strconv.FormatFloat(f, 'f', 3, 64) + "/s"
	}
	return words
}
