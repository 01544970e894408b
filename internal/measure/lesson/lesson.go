// Package lesson keeps what was learned about hosts during a run: what they sustain, the limits that they state, and
// pauses.
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
	maxLessons = 10_000 // hosts for which this is kept
	maxEvents  = 20     // the first events of one host, which a Summary lists
	maxQuotas  = 8      // the first limits that one host states
)

// Learned is what was learned about a host during a run.
type Learned struct {
	Changes int64              `json:"changes"`                // number of changes of what it was allowed, and of its behaviour
	Stated  float64            `json:"stated_per_s,omitempty"` // tightest limit that it states, in hops per second; 0: none
	Quota   *Quota             `json:"quota,omitempty"`        // the stated limit that the run came closest to; nil: none
	Pace    *Bearing           `json:"pace_per_s,omitempty"`
	Slots   *Bearing           `json:"slots,omitempty"`
	Pauses  int64              `json:"pauses,omitempty"`
	Paused  record.Micros      `json:"paused_ms,omitempty"` // how long sending was paused
	GivenUp int64              `json:"given_up,omitempty"`  // how often its circuit opened
	Events  []record.HostEvent `json:"events"`              // the first of them

	Quotas []Quota       `json:"-"` // all limits that it states
	Since  record.Micros `json:"-"` // when its pace was first lowered
}

// Quota is a limit as stated by a host.
type Quota struct {
	Requests float64 `json:"requests"`
	Seconds  float64 `json:"in_s,omitempty"` // 0: not stated
	Kept     bool    `json:"kept,omitempty"` // it delayed the run
}

// PerSecond returns the rate; 0 if it is not known.
func (q *Quota) PerSecond() float64 {
	if q.Seconds <= 0 {
		return 0
	}
	return q.Requests / q.Seconds
}

// Words formats the quota for people.
func (q *Quota) Words() string { return units.Quota(q.Requests, q.Seconds) }

// Bearing is what a host was found to sustain, in hops per second or hops at once.
type Bearing struct {
	Bears  float64       `json:"bears"`   // median of the values just before each reduction or after it; for a pace at most what was served in the best ten seconds
	Lowest float64       `json:"lowest"`  // lowest allowed value
	Mean   float64       `json:"mean"`    // over the time in which a learned limit applied
	Last   float64       `json:"last"`    // as of the last change; 0: from then on only requested limits applied
	Held   record.Micros `json:"held_ms"` // how long a learned limit applied
}

// Log collects what was learned about hosts. Its zero value is empty. It is safe for concurrent use, because events
// come from the engine while records are added.
type Log struct {
	mu     sync.Mutex
	byHost map[string]*lesson
}

// lesson is what was learned about one host.
type lesson struct {
	Learned     // the additive part
	pace, slots track
	until       record.Micros // end of the last pause
}

// track follows an allowance over time.
type track struct {
	now, lowest float64
	since       record.Micros
	held        record.Micros // how long a limit has applied, up to since
	sum         float64       // integral of the allowance over that time
	borne       []float64     // the sustained value at each reduction
	first       record.Micros // time of the first one
}

const (
	maxBorne = 1000

	// justUnder is the share of an excessive pace that is assumed to be sustained.
	justUnder = 0.9
)

// set records a change. Between two changes an allowance may have grown steadily: from is its value just before.
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

// pass advances the time to at, when the allowance was end; 0: unchanged.
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

// bearing returns the result until end; nil if nothing was learned.
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

// Add adds an event. The same events in the same order give the same result, whenever they are added.
func (g *Log) Add(e record.HostEvent) {
	if e.Change == robots.EventRobots { // which concerns what is sent, not how fast
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
		if (e.From <= 0) != (e.To <= 0) && l.slots.now > 0 { // a rate has replaced slots, or it was all by chance
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

// Micros converts seconds, limited to a plausible range.
func Micros(seconds float64) record.Micros {
	if !(seconds > 0) {
		return 0
	}
	return record.Micros(min(seconds, 1e9) * 1e6)
}

// Of returns what was learned about a host until end, the end of its last hop; nil if nothing. A pause may last until
// the end of the run, ended.
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
