package measure

import (
	"maps"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/record"
)

// Event adds what was learned about a host. It may be called while records are added. The same events in the same order
// give the same Summary, wherever they come between the records.
func (c *Collector) Event(e record.HostEvent) { c.lessons.Add(e) }

// pace returns the pacing of a host; nil if the host sustained the requested pace.
func (c *Collector) pace(h *host, parts []record.Micros) *Pace {
	p := h.pace
	honoured, _ := h.settled(parts)
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

// learned returns what was learned about a host; nil if nothing. A learned pace that was never approached had no
// effect, and is left out.
func (c *Collector) learned(h *host) *lesson.Learned {
	l := c.lessons.Of(h.name, h.line.Last, c.ended)
	if l == nil {
		return nil
	}
	if b := l.Pace; b != nil {
		switch best := h.best(l.Since); {
		case best == 0:
		case best < b.Lowest/2:
			l.Pace = nil
		default:
			b.Bears = min(b.Bears, best)
			b.Lowest = min(b.Lowest, b.Bears)
			b.Mean = max(b.Mean, b.Lowest)
		}
	}
	l.Quota = c.nearest(h, l.Quotas)
	return l
}

// nearest returns the stated limit of a host that the run came closest to: not necessarily the one with the lowest
// rate, which may be per day. Nil if there is none.
func (c *Collector) nearest(h *host, quotas []lesson.Quota) (nearest *lesson.Quota) {
	const unsaid = 0.999 // so that a limit with a period has priority
	most := -1.0
	for i := range quotas {
		q := quotas[i]
		used := float64(h.hops)
		if q.Seconds > 0 && !h.partly {
			used = float64(h.within(lesson.Micros(q.Seconds)))
		}
		used = min(1, used/q.Requests)
		if q.Seconds == 0 {
			used *= unsaid
		}
		if used > most || used == most && q.PerSecond() < nearest.PerSecond() {
			most, nearest = used, &q
		}
	}
	return nearest
}

// asksAtOnce returns how many hops to the host were allowed at once; 0 means no limit.
func (c *Collector) asksAtOnce(h *host) int {
	total := c.limits.InFlight()
	if c.config.Auto {
		total = min(total, fetcher.AutoWorkers)
	}
	if n := h.limit.InFlight; n > 0 && (total == 0 || n < total) {
		return n
	}
	return total
}

// asksPerSecond returns how many hops per second to the host were allowed; 0 means no limit.
func (c *Collector) asksPerSecond(h *host) (least float64) {
	for _, r := range slices.Concat(h.limit.Rates, c.config.Total.Rates) {
		if r := r.PerSecond(); least == 0 || r < least {
			least = r
		}
	}
	return least
}

// keptTo reports whether a host was limited by what it states rather than by the requested pace: that is so if more was
// requested and about the stated rate was reached.
func (c *Collector) keptTo(h *host, l *lesson.Learned) bool {
	q := l.Quota
	if c.config.NoAdapt || q == nil {
		return false
	}
	asked, stated := c.asksPerSecond(h), q.PerSecond()
	if stated > 0 && asked > 0 && asked <= stated {
		return false
	}
	span := h.busy().Duration().Seconds()
	if q.Seconds > 0 && q.Seconds < span { // the rest of one period, and the quotas of the next ones
		return float64(h.hops) >= stated/2*span
	}
	return float64(h.hops) >= q.Requests/2
}
