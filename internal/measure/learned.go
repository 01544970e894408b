package measure

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
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

	quotas []Quota       // all that it states
	since  record.Micros // when its pace was lowered first
}

// Quota is a limit as a host states it.
type Quota struct {
	Requests float64 `json:"requests"`
	Seconds  float64 `json:"in_s,omitempty"` // 0: it does not say
	Kept     bool    `json:"kept,omitempty"` // it held the run up
}

// perSecond is 0 if it is not known.
func (q *Quota) perSecond() float64 {
	if q.Seconds <= 0 {
		return 0
	}
	return q.Requests / q.Seconds
}

func (q *Quota) words() string { return units.Quota(q.Requests, q.Seconds) }

// Bearing is what a host was found to bear: hops a second, or hops at once.
type Bearing struct {
	Bears  float64       `json:"bears"`   // the median of what it was lowered to, or nearly from; a pace: no more than what was served in the best ten seconds
	Lowest float64       `json:"lowest"`  // that was allowed
	Mean   float64       `json:"mean"`    // over the time in which it was bounded
	Last   float64       `json:"last"`    // as of the last change; 0: nothing but what was asked for bounded it from then on
	Held   record.Micros `json:"held_ms"` // how long it was bounded
}

// lessons are what hosts taught. It is safe for concurrent use, since events come from the engine while records are added.
type lessons struct {
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
		until := e.At + micro(e.To)
		l.Paused += max(0, until-max(e.At, l.until))
		l.until = max(l.until, until)
	case fetcher.EventDown:
		l.GivenUp++
	case fetcher.EventQuota:
		q := Quota{Requests: e.To, Seconds: micro(e.From).Duration().Seconds()}
		if q.Requests > 0 && len(l.quotas) < maxQuotas && !slices.Contains(l.quotas, q) {
			l.quotas = append(l.quotas, q)
		}
	}
}

// micro is a number of seconds, as far as it is of this world.
func micro(seconds float64) record.Micros {
	if !(seconds > 0) {
		return 0
	}
	return record.Micros(min(seconds, 1e9) * 1e6)
}

// of is what was learned of a host until end, its last hop's; nil if nothing. A pause may go on until the run has ended.
func (ls *lessons) of(host string, end, ended record.Micros) *Learned {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.byHost[host]
	if l == nil {
		return nil
	}
	learned := l.Learned
	learned.Pace, learned.Slots, learned.since = l.pace.bearing(end), l.slots.bearing(end), l.pace.first
	learned.Paused = max(0, l.Paused-max(0, l.until-max(end, ended)))
	learned.quotas, learned.Events = slices.Clone(l.quotas), slices.Clip(l.Events)
	for i := range l.quotas {
		if r := l.quotas[i].perSecond(); r > 0 && (learned.Stated == 0 || r < learned.Stated) {
			learned.Stated = r
		}
	}
	return &learned
}

// pace is what there is to say of how fast a host was asked; nil if it bore all of it.
func (c *Collector) pace(h *host, legs []record.Micros) *Pace {
	p := h.pace
	honoured, _ := h.settled(legs)
	if p.Learned = c.learned(h); p.Learned == nil && len(p.Refused) == 0 && honoured.Asked == 0 {
		return nil
	}
	if p.Learned != nil && p.Learned.Quota != nil && c.keptTo(h, p.Learned) {
		p.Learned.Quota.Kept = h.waits().tokens > 0
	}
	p.Asked.Slots, p.Asked.PerSecond = c.asksAtOnce(h), c.asksPerSecond(h)
	p.Peak, p.Refused = h.peak(), maps.Clone(p.Refused)
	if honoured.Asked > 0 {
		p.RetryAfter = &honoured
	}
	return &p
}

// learned is what was learned of a host; nil if nothing. A pace that was never come near was never met, and is left out.
func (c *Collector) learned(h *host) *Learned {
	l := c.lessons.of(h.name, h.line.Last, c.ended)
	if l == nil {
		return nil
	}
	if b := l.Pace; b != nil {
		switch best := h.best(l.since); {
		case best == 0:
		case best < b.Lowest/2:
			l.Pace = nil
		default:
			b.Bears = min(b.Bears, best)
			b.Lowest = min(b.Lowest, b.Bears)
			b.Mean = max(b.Mean, b.Lowest)
		}
	}
	l.Quota = c.nearest(h, l.quotas)
	return l
}

// nearest is the limit of those that a host states which the run came closest to: that may not be the one with the least
// rate, which may be of a day. Nil if there is none.
func (c *Collector) nearest(h *host, quotas []Quota) (nearest *Quota) {
	const unsaid = 0.999 // so that one with a time goes before
	most := -1.0
	for i := range quotas {
		q := quotas[i]
		used := float64(h.hops)
		if q.Seconds > 0 && !h.partly {
			used = float64(h.within(micro(q.Seconds)))
		}
		used = min(1, used/q.Requests)
		if q.Seconds == 0 {
			used *= unsaid
		}
		if used > most || used == most && q.perSecond() < nearest.perSecond() {
			most, nearest = used, &q
		}
	}
	return nearest
}

// asksAtOnce is how many hops to the host were asked for at once; 0 means no bound.
func (c *Collector) asksAtOnce(h *host) int {
	total := c.limits.InFlight()
	if n := h.limit.InFlight; n > 0 && (total == 0 || n < total) {
		return n
	}
	return total
}

// asksPerSecond is how many hops a second to the host were asked for at most; 0 means no bound.
func (c *Collector) asksPerSecond(h *host) (least float64) {
	for _, r := range slices.Concat(h.limit.Rates, c.config.Total.Rates) {
		if r := r.PerSecond(); least == 0 || r < least {
			least = r
		}
	}
	return least
}

// keptTo reports whether a host was asked no faster than it states, rather than as was asked for: if it was asked for more,
// and got about as much as it states.
func (c *Collector) keptTo(h *host, l *Learned) bool {
	q := l.Quota
	if c.config.NoAdapt || q == nil {
		return false
	}
	asked, stated := c.asksPerSecond(h), q.perSecond()
	if stated > 0 && asked > 0 && asked <= stated {
		return false
	}
	span := h.busy().Duration().Seconds()
	if q.Seconds > 0 && q.Seconds < span { // all that was left of one time, and what came in the next ones
		return float64(h.hops) >= stated/2*span
	}
	return float64(h.hops) >= q.Requests/2
}
