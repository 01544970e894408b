// Package lesson is what hosts taught in a run: what they bear, the limits that they state, pauses.
package lesson

import (
	"slices"
	"strings"
	"sync"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/robots"
	"example.com/fetch/internal/units"
)

const (
	maxLessons = 10_000 // hosts of which it is kept what they taught
	maxEvents  = 20     // of one host, the first, that stand in a Summary
	maxQuotas  = 8      // of one host, the first that it states
)

// Learned is what a host taught in a run.
type Learned struct {
	Changes int64              `json:"changes"`                // in what it was allowed, and in what it did
	Stated  float64            `json:"stated_per_s,omitempty"` // the tightest limit that it states, in hops a second; 0: none
	Quota   *Quota             `json:"quota,omitempty"`        // the limit that it states which the run came closest to; nil: none
	Pace    *Bearing           `json:"pace_per_s,omitempty"`
	Slots   *Bearing           `json:"slots,omitempty"`
	Pauses  int64              `json:"pauses,omitempty"`
	Paused  record.Micros      `json:"paused_ms,omitempty"` // how long nothing was to be sent
	GivenUp int64              `json:"given_up,omitempty"`  // how often
	Events  []record.HostEvent `json:"events"`              // the first of them

	Quotas []Quota       `json:"-"` // all that it states
	Since  record.Micros `json:"-"` // when its pace was lowered first
}

// Quota is a limit as a host states it.
type Quota struct {
	Requests float64 `json:"requests"`
	Seconds  float64 `json:"in_s,omitempty"` // 0: it does not say
	Kept     bool    `json:"kept,omitempty"` // it held the run up
}

// PerSecond is 0 if it is not known.
func (q *Quota) PerSecond() float64 {
	if q.Seconds <= 0 {
		return 0
	}
	return q.Requests / q.Seconds
}

// Words are how people say it.
func (q *Quota) Words() string { return units.Quota(q.Requests, q.Seconds) }

// Bearing is what a host was found to bear: hops a second, or hops at once.
type Bearing struct {
	Bears  float64       `json:"bears"`   // the median of what it was lowered to, or nearly from; a pace: no more than what was served in the best ten seconds
	Lowest float64       `json:"lowest"`  // that was allowed
	Mean   float64       `json:"mean"`    // over the time in which it was bounded
	Last   float64       `json:"last"`    // as of the last change; 0: nothing but what was asked for bounded it from then on
	Held   record.Micros `json:"held_ms"` // how long it was bounded
}

// Log is what hosts taught. Its zero value is empty. It is safe for concurrent use, since events come from the engine while records are added.
type Log struct {
	mu     sync.Mutex
	byHost map[string]*lesson
}

// lesson is what one host taught.
type lesson struct {
	Learned     // what is added up
	pace, slots track
	until       record.Micros // the end of the last pause
}

// track is an allowance over time.
type track struct {
	now, lowest float64
	since       record.Micros
	held        record.Micros // how long it has been bounded, up to since
	sum         float64       // of the allowance over that time
	borne       []float64     // what it was found to bear each time it was lowered
	first       record.Micros // when that was first
}

const (
	maxBorne = 1000

	// justUnder is which part of a pace that was too much is taken to be borne.
	justUnder = 0.9
)

// set takes a change. Between two changes an allowance may have grown steadily: from is what it had come to.
func (t *track) set(at record.Micros, from, to float64) {
	t.pass(at, from)
	if to > 0 && (t.lowest == 0 || to < t.lowest) {
		t.lowest = to
	}
	if lowered := to > 0 && (from <= 0 || to < from); lowered && len(t.borne) < maxBorne {
		if len(t.borne) == 0 {
			t.first = at
		}
		t.borne = append(t.borne, max(to, justUnder*from))
	}
	t.now = max(to, 0)
}

// pass lets time go by, at whose end there was so much; 0: as much as before.
func (t *track) pass(at record.Micros, end float64) {
	span := at - t.since
	if span <= 0 {
		return
	}
	if t.now > 0 {
		t.held += span
		t.sum += (t.now + max(end, t.now)) / 2 * float64(span)
	}
	t.since = at
}

// bearing is what it came to until end; nil if nothing was learned.
func (t track) bearing(end record.Micros) *Bearing {
	if t.lowest == 0 {
		return nil
	}
	t.pass(end, 0)
	b := &Bearing{Bears: t.lowest, Lowest: t.lowest, Mean: t.lowest, Last: t.now, Held: t.held}
	if t.held > 0 {
		b.Mean = t.sum / float64(t.held)
	}
	if n := len(t.borne); n > 0 {
		b.Bears = slices.Sorted(slices.Values(t.borne))[(n-1)/2]
	}
	return b
}

// Add takes one. The same events in the same order give the same, whenever they come.
func (g *Log) Add(e record.HostEvent) {
	if e.Change == robots.EventRobots { // which is about what is sent, not about how fast
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.byHost[e.Host]
	if l == nil {
		if len(g.byHost) >= maxLessons {
			return
		}
		l = &lesson{}
		if g.byHost == nil {
			g.byHost = make(map[string]*lesson)
		}
		g.byHost[strings.Clone(e.Host)] = l
	}
	l.Changes++
	if len(l.Events) < maxEvents {
		l.Events = append(l.Events, e)
	}
	switch e.Change {
	case fetcher.EventPace:
		if (e.From <= 0) != (e.To <= 0) && l.slots.now > 0 { // a rate has taken their place, or all of it was chance
			l.slots.set(e.At, 0, 0)
		}
		l.pace.set(e.At, e.From, e.To)
	case fetcher.EventSlots:
		l.slots.set(e.At, 0, e.To)
	case fetcher.EventPause:
		l.Pauses++
		until := e.At + Micros(e.To)
		l.Paused += max(0, until-max(e.At, l.until))
		l.until = max(l.until, until)
	case fetcher.EventDown:
		l.GivenUp++
	case fetcher.EventQuota:
		q := Quota{Requests: e.To, Seconds: Micros(e.From).Duration().Seconds()}
		if q.Requests > 0 && len(l.Quotas) < maxQuotas && !slices.Contains(l.Quotas, q) {
			l.Quotas = append(l.Quotas, q)
		}
	}
}

// Micros is a number of seconds, as far as it is of this world.
func Micros(seconds float64) record.Micros {
	if !(seconds > 0) {
		return 0
	}
	return record.Micros(min(seconds, 1e9) * 1e6)
}

// Of is what was learned of a host until end, its last hop's; nil if nothing. A pause may go on until the run has ended.
func (g *Log) Of(host string, end, ended record.Micros) *Learned {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.byHost[host]
	if l == nil {
		return nil
	}
	learned := l.Learned
	learned.Pace, learned.Slots, learned.Since = l.pace.bearing(end), l.slots.bearing(end), l.pace.first
	learned.Paused = max(0, l.Paused-max(0, l.until-max(end, ended)))
	learned.Quotas, learned.Events = slices.Clone(l.Quotas), slices.Clip(l.Events)
	for i := range l.Quotas {
		if r := l.Quotas[i].PerSecond(); r > 0 && (learned.Stated == 0 || r < learned.Stated) {
			learned.Stated = r
		}
	}
	return &learned
}
