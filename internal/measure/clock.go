package measure

import (
	"math"
	"time"

	"example.com/fetch/internal/record"
)

// second gives the second in which an instant lies, or the oldest for which results may still come in.
func (c *LoadCollector) second(at time.Duration) *second {
	number := int64(max(at, 0) / time.Second)
	for len(c.open) == 0 || c.open[len(c.open)-1].number < number {
		c.open = append(c.open, newSecond(c.next, c.warmUp))
		c.next++
	}
	return c.open[max(number-c.open[0].number, 0)]
}

// gauge puts what a Tick tells where it belongs.
func (c *LoadCollector) gauge(now time.Duration, g Gauges) {
	cpu := int64(g.CPU-c.last.CPU) / int64(time.Microsecond)
	c.spread(now, cpu, func(i *Interval, n int64) { i.CPU += record.Micros(n) })
	g.Sent = max(g.Sent, c.last.Sent) // counted while requests went on, it may seem to fall
	c.spread(now, g.Sent-c.last.Sent, func(i *Interval, n int64) { i.Sent += n })

	peak := g.InFlight
	if g.Peak > c.last.Peak {
		peak = g.Peak
	}
	newest := gaugedAt(now)
	for number := min(gaugedAt(c.now)+1, newest); number <= newest; number++ {
		at := time.Duration(number) * time.Second
		i := c.second(at).of(at+time.Second <= c.warmUp)
		i.InFlight, i.Waiting, i.Peak = g.InFlight, g.Waiting, max(i.Peak, peak)
	}
	c.now, c.last = now, g
}

// gaugedAt is the second that a Tick tells the end of. A Tick that is a little late still means the second before it.
func gaugedAt(now time.Duration) int64 {
	const late = 50 * time.Millisecond
	return int64(max(now-late, 0) / time.Second)
}

// spread adds n, which have come up since the last Tick, evenly to the intervals of the time since.
func (c *LoadCollector) spread(now time.Duration, n int64, add func(*Interval, int64)) {
	from := c.now
	switch {
	case n == 0:
		return
	case now <= from:
		add(c.second(now).of(now < c.warmUp), n)
		return
	}
	var done int64
	for at := from; at < now; {
		s := c.second(at)
		next := min(s.end(), now)
		if at < c.warmUp && c.warmUp < next {
			next = c.warmUp
		}
		part := int64(math.Round(float64(n)*(float64(next-from)/float64(now-from)))) - done
		add(s.of(at < c.warmUp), part)
		done += part
		at = next
	}
}

// end sets the end of the last second, and joins it to the one before if it is not worth being one of its own.
func (c *LoadCollector) end() {
	if len(c.open) == 0 {
		return
	}
	last := c.open[len(c.open)-1]
	for _, i := range []*Interval{&last.warmUp, &last.measured} {
		i.To = min(i.To, max(i.From, i.LastEnd, record.MicrosOf(c.now)))
	}
	if len(c.open) == 1 || max(last.warmUp.To, last.measured.To)-min(last.warmUp.From, last.measured.From) >= judged {
		return
	}
	before := c.open[len(c.open)-2]
	if before.start() < c.warmUp {
		return
	}
	before.warmUp.merge(&last.warmUp)
	before.measured.merge(&last.measured)
	before.measured.InFlight, before.measured.Waiting = c.last.InFlight, c.last.Waiting
	c.open = c.open[:len(c.open)-1]
}
