package measure

import (
	"math"
	"time"

	"example.com/fetch/internal/record"
)

// second is a second of the run's clock for which results may still come in. It has two intervals, since what was due in
// the warm-up may end when that is over.
type second struct {
	number   int64
	warmUp   Interval
	measured Interval
}

// newSecond is a second of the run, from 0. The warm-up ends at the border, which may be in the midst of a second.
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

// of gives the interval of what was due in the warm-up, or after it.
func (s *second) of(warmUp bool) *Interval {
	if warmUp {
		return &s.warmUp
	}
	return &s.measured
}

// intervals are those that have something to tell, if it is that nothing happened.
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

// whole is what both intervals come to. It may be one of them.
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
	c.spread(now, g.Opened-c.last.Opened, func(i *Interval, n int64) { i.Opened += n })
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
	before.warmUp.Merge(&last.warmUp)
	before.measured.Merge(&last.measured)
	before.measured.InFlight, before.measured.Waiting = c.last.InFlight, c.last.Waiting
	c.open = c.open[:len(c.open)-1]
}
