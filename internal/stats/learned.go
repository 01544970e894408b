package stats

import (
	"strings"
	"sync"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

const (
	maxLessons = 10_000 // hosts of which it is kept what they taught
	maxEvents  = 20     // of one host, the first, that stand in a Summary
)

// Learned is what a host taught in a run.
type Learned struct {
	Changes int64              `json:"changes"` // in what it was allowed, and in what it did
	Pace    *Bearing           `json:"pace_per_s,omitempty"`
	Slots   *Bearing           `json:"slots,omitempty"`
	Pauses  int64              `json:"pauses,omitempty"`
	Paused  record.Micros      `json:"paused_ms,omitempty"` // how long nothing was to be sent
	GivenUp int64              `json:"given_up,omitempty"`  // how often
	Events  []record.HostEvent `json:"events"`              // the first of them

	quota fetcher.Rate // the tightest that it has stated; without Events if none
}

// Bearing is what a host was found to bear: hops a second, or hops at once.
type Bearing struct {
	Last   float64       `json:"last"` // 0: in the end only what was asked for bounded it
	Lowest float64       `json:"lowest"`
	Mean   float64       `json:"mean"`    // over the time in which it was bounded
	Held   record.Micros `json:"held_ms"` // that time
}

// lessons are what hosts taught. It is safe for concurrent use, since events come from the engine while records are added.
type lessons struct {
	mu     sync.Mutex
	byHost map[string]*lesson
}

// lesson is what one host taught.
type lesson struct {
	changes, pauses, givenUp int64
	pace, slots              track
	paused, until            record.Micros // the sum of all pauses, and the end of the last
	quota                    fetcher.Rate  // the tightest that it has stated
	events                   []record.HostEvent
}

// track is an allowance over time.
type track struct {
	learned     bool
	now, lowest float64
	since       record.Micros
	held        record.Micros // how long it has been bounded, up to since
	sum         float64       // of the allowance over that time
}

func (t *track) set(at record.Micros, to float64) {
	if t.learned {
		t.pass(at)
	}
	if to > 0 && (!t.learned || t.lowest == 0 || to < t.lowest) {
		t.lowest = to
	}
	t.learned, t.now, t.since = true, to, max(at, t.since)
}

// pass lets time go by.
func (t *track) pass(at record.Micros) {
	if span := at - t.since; span > 0 {
		if t.now > 0 {
			t.held += span
			t.sum += t.now * float64(span)
		}
		t.since = at
	}
}

// bearing is what it came to until end; nil if nothing was learned.
func (t track) bearing(end record.Micros) *Bearing {
	if !t.learned || t.lowest == 0 {
		return nil
	}
	t.pass(end)
	b := &Bearing{Last: t.now, Lowest: t.lowest, Mean: t.lowest, Held: t.held}
	if t.held > 0 {
		b.Mean = t.sum / float64(t.held)
	}
	return b
}

// Event takes what a host taught. It may be called while records are added. The same events in the same order give the
// same Summary, whenever they come between the records.
func (c *Collector) Event(e record.HostEvent) { c.lessons.add(e) }

func (ls *lessons) add(e record.HostEvent) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.byHost[e.Host]
	if l == nil {
		if len(ls.byHost) >= maxLessons {
			return
		}
		l = &lesson{}
		if ls.byHost == nil {
			ls.byHost = make(map[string]*lesson)
		}
		ls.byHost[strings.Clone(e.Host)] = l
	}
	l.changes++
	if len(l.events) < maxEvents {
		l.events = append(l.events, e)
	}
	switch e.Change {
	case fetcher.EventPace:
		l.pace.set(e.At, e.To)
	case fetcher.EventSlots:
		l.slots.set(e.At, e.To)
	case fetcher.EventPause:
		l.pauses++
		until := e.At + micro(e.To)
		l.paused += max(0, until-max(e.At, l.until))
		l.until = max(l.until, until)
	case fetcher.EventDown:
		l.givenUp++
	case fetcher.EventQuota:
		l.state(e.From, e.To)
	}
}

// state takes a limit of so many requests in a time.
func (l *lesson) state(seconds, requests float64) {
	per := micro(seconds).Duration()
	if !(requests > 0) || per <= 0 {
		return
	}
	if r := (fetcher.Rate{Events: requests, Per: per}); l.quota.Events == 0 || r.PerSecond() < l.quota.PerSecond() {
		l.quota = r
	}
}

// micro is a number of seconds, as far as it is of this world.
func micro(seconds float64) record.Micros {
	if !(seconds > 0) {
		return 0
	}
	return record.Micros(min(seconds, 1e9) * 1e6)
}

// of is what a host taught until end; nil if nothing.
func (ls *lessons) of(host string, end record.Micros) *Learned {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.byHost[host]
	if l == nil {
		return nil
	}
	return &Learned{Changes: l.changes, Pace: l.pace.bearing(end), Slots: l.slots.bearing(end), Pauses: l.pauses,
		Paused: max(0, l.paused-max(0, l.until-end)), GivenUp: l.givenUp, quota: l.quota, Events: l.events[:len(l.events):len(l.events)]}
}
