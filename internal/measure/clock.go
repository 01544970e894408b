package measure

import (
	"math"
	"time"

	"example.com/fetch/internal/record"
)

// second is a second of the run's clock for which results may still arrive. It has two intervals, because requests due
// in the warm-up may end after it.
type second struct {
	number   int64
	warmUp   Interval
	measured Interval
}

// newSecond returns a second of the run, counted from 0. The warm-up ends at the border, which may lie within a second.
func newSecond(number int64, border time.Duration) *second {
	start := time.Duration(number) * time.Second
	from, to, split := record.MicrosOf(start), record.MicrosOf(start+time.Second), record.MicrosOf(border)
	s := &second{number: number, warmUp: Interval{From: from, To: to, WarmUp: true}, measured: Interval{From: from, To: to}}
	if from < split && split < to {
		s.warmUp.To, s.measured.From = split, split
	}
	for p := range s.measured.Phases {
		s.warmUp.Phases[p].coarse, s.measured.Phases[p].coarse = true, true
	}
	return s
}

func (s *second) start() time.Duration { return time.Duration(s.number) * time.Second }
func (s *second) end() time.Duration   { return s.start() + time.Second }

// of returns the interval of requests due in the warm-up, or after it.
func (s *second) of(warmUp bool) *Interval {
	if warmUp {
		return &s.warmUp
	}
	return &s.measured
}

// intervals returns those that apply to this second, even if nothing happened in them.
func (s *second) intervals(border time.Duration) []*Interval {
	var both []*Interval
	if s.start() < border || s.warmUp.ended() > 0 {
		both = append(both, &s.warmUp)
	}
	if s.end() > border || s.measured.ended() > 0 {
		both = append(both, &s.measured)
	}
	return both
}

// whole returns both intervals merged. It may be one of them.
func (s *second) whole(border time.Duration) *Interval {
	both := s.intervals(border)
	if len(both) == 1 {
		return both[0]
	}
	whole := &Interval{From: s.warmUp.From, To: s.warmUp.To}
	whole.Merge(&s.warmUp)
	whole.Merge(&s.measured)
	return whole
}

// second returns the second that contains an instant, or the oldest one that is still open.
func (c *LoadCollector) second(at time.Duration) *second {
	number := int64(max(at, 0) / time.Second)
	for len(c.open) == 0 || c.open[len(c.open)-1].number < number {
		c.open = append(c.open, newSecond(c.next, c.warmUp))
		c.next++
	}
	return c.open[max(number-c.open[0].number, 0)]
}

// gauge stores the values of a Tick in the interval that they belong to.
func (c *LoadCollector) gauge(now time.Duration, g Gauges) {
	cpu := int64(g.CPU-c.last.CPU) / int64(time.Microsecond)
	c.spread(now, cpu, func(i *Interval, n int64) { i.CPU += record.Micros(n) })
	c.spread(now, g.Opened-c.last.Opened, func(i *Interval, n int64) { i.Opened += n })
	g.Sent = max(g.Sent, c.last.Sent) // counted while requests are sent, it may seem to decrease
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

// gaugedAt returns the second that a Tick ends. A Tick that is a little late still belongs to the second before it.
func gaugedAt(now time.Duration) int64 {
	const late = 50 * time.Millisecond
	return int64(max(now-late, 0) / time.Second)
}

// spread distributes n, the increase since the last Tick, evenly over the intervals since then.
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

// end sets the end of the last second, and merges it into the one before if it is too short for an entry of its own.
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
	before.warmUp.Merge(&last.warmUp)
	before.measured.Merge(&last.measured)
	before.measured.InFlight, before.measured.Waiting = c.last.InFlight, c.last.Waiting
	c.open = c.open[:len(c.open)-1]
}
