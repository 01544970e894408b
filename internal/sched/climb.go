package sched

import (
	"math"
	"time"
)

// climb finds how many hops at once are right for one host, with Config.Unheard. It has no clock and no model of the host:
// it holds the latencies of hops that left under one number of slots against those under another. By Little's law hops a
// second are slots / latency, so the elasticity of throughput, by how much it grows with slots, is 1 - d ln latency / d ln
// slots: 1 as long as hops do not wait for one another, 0 when more of them do nothing but wait, and in between the share
// that this client has of a host that others keep busy. Below fair, more slots make hops slower by more than the list faster.
//
// The slots double each round as long as that pays. Then a step more and a step less are tried in turn, each for as long as
// it takes a number of hops to leave, and kept if that is better. Only hops that found all slots in use when they ended
// count: a host that gets little, since the list or a rate or another limit is short, is not thought to bear much.
type climb struct {
	base     int  // what was found so far
	level    int  // what holds now: base, or what is tried
	doubling bool // nothing was found yet
	way      int  // what is tried: 1 is more than base, -1 less, 0 base itself
	next     int  // what is tried after base
	stride   int  // steps at once: twice as many after each that was better
	care     int  // how large samples are: twice as large once a trial was no better
	rest     int  // samples of base until the next trial,
	rests    int  // and how many there are each time, the more the longer nothing better was found

	known  [3]sample // of what is less than base, base, and more
	cohort cohort

	least     [2]float64 // latency in seconds, in this stretch of time and in the one before
	leastFrom time.Duration
}

const (
	fair     = 0.44 // the elasticity from which on more slots are worth while,
	fairTwo  = 0.5  // if they are doubled,
	fairMore = 0.6  // for several steps at once, which must not lead too far,
	fairLess = 0.2  // and for several steps down

	climbStep   = 1.25
	spreadStep  = 0.1 // by so much larger where latencies are exponential, so that it shows
	mostStride  = 4
	mostCare    = 2
	mostRests   = 3
	climbError  = 0.4         // of an elasticity, in a sample of the least care; see enough
	climbTime   = 3           // seconds that a sample may take for that
	climbLeast  = 0.1         // seconds that one takes at least
	sureTwo     = 1           // and that doubling has to be worse by for it to end
	noTime      = 0.001       // seconds that nobody minds: they count beside every latency
	dear        = 2.2         // times the least latency, from which on no more is tried: two equal clients would drive each other up
	leastFor    = time.Minute // for so long, and up to twice, the least latency is remembered
	leastHops   = 7           // of a sample that can be the least
	leastErrors = 1           // standard errors that it is taken to be off
)

// sample is what is known of the latencies under one number of slots.
type sample struct {
	level  int
	n      float64 // hops
	mean   float64 // seconds
	spread float64 // the square of the coefficient of variation
}

// with is a sample together with an older one of the same, which counts half.
func (s sample) with(older sample) sample {
	a, b := s.n, older.n/2
	s.n = a + b
	s.mean = (a*s.mean + b*older.mean) / s.n
	s.spread = (a*s.spread + b*older.spread) / s.n
	return s
}

// join takes in a newer sample.
func (s *sample) join(newer sample) {
	if s.level == newer.level {
		newer = newer.with(*s)
	}
	*s = newer
}

// cohort is a sample that is being taken: of hops that left one after another, however long each takes.
type cohort struct {
	number          int32
	level           int
	want            int           // hops
	left            int           // of them, those that left
	pending         time.Duration // the sum of the instants at which those left that have not ended
	n, sum, squares float64       // of those that ended: how many, and of their latencies in seconds
}

// newClimb begins with so many slots; 0: nothing is known, and it begins with one.
func newClimb(from int) *climb {
	c := &climb{base: max(from, 1), doubling: from == 0, next: 1, stride: 1, care: 1}
	c.begin(0)
	return c
}

// found is how many hops at once were found to be right; 0: nothing was yet.
func (c *climb) found() int {
	if c.doubling {
		return 0
	}
	return c.base
}

// begin begins a sample of what is tried in a way.
func (c *climb) begin(way int) {
	c.way, c.level = way, c.base
	switch ratio := c.ratio(); way {
	case 1:
		c.level = max(c.base+1, round(float64(c.base)*ratio))
	case -1:
		c.level = min(c.base-1, round(float64(c.base)/ratio))
	}
	c.cohort = cohort{number: c.cohort.number + 1, want: c.enough(), level: c.level}
}

// ratio is by how many times a trial is more or less than base.
func (c *climb) ratio() float64 {
	return min(math.Pow(climbStep+spreadStep*min(1, c.known[1].spread), float64(c.stride)), 2)
}

// enough is how many hops a sample takes: a round, and where latencies are spread, as many as an elasticity takes to be told.
func (c *climb) enough() int {
	if c.doubling {
		return c.level
	}
	least, base := max(12, 1.5*float64(c.level)), &c.known[1]
	if base.n == 0 {
		return int(least)
	}
	rate := float64(base.level) / base.mean
	off := climbError / float64(c.care) * math.Log(c.ratio())
	return int(min(max(least, climbLeast*rate, min(base.spread/(off*off), climbTime*rate)), math.MaxInt32))
}

// take is told that a hop leaves.
func (c *climb) take(now time.Duration, h *Hop) {
	k := &c.cohort
	if k.left >= k.want {
		return
	}
	h.cohort = k.number
	k.left++
	k.pending += now
	if k.left == k.want && c.way != 0 {
		c.level = c.base // what becomes of those that left shows later
	}
}

// done is told that a hop has ended: whether it counts, since it was served and all slots were in use, and up to how many
// slots the host may climb.
func (c *climb) done(now time.Duration, h *Hop, counts bool, most int) {
	k := &c.cohort
	if h.cohort != k.number {
		return
	}
	all := k.left == k.want
	k.pending -= h.Start
	switch latency := (now - h.Start).Seconds(); {
	case counts:
		k.n++
		k.sum += latency
		k.squares += latency * latency
	case all && k.want > 1:
		k.left--
		k.want--
	default:
		k.left--
	}
	if missing := float64(k.left) - k.n; all && k.n > 0 && missing <= float64(k.left)/8 && missing <= float64(k.left+15)/16 {
		c.took(now, most)
	}
}

// took takes a sample of which all have ended but for a few, which are counted for as long as they have taken.
func (c *climb) took(now time.Duration, most int) {
	k := &c.cohort
	mean := k.sum / k.n
	rest := (float64(k.left)-k.n)*now.Seconds() - k.pending.Seconds()
	s := sample{k.level, k.n, (k.sum+rest)/k.n + noTime, max(0, k.squares/k.n/max(mean*mean, 1e-18)-1)}
	if s.n >= leastHops {
		c.noteLeast(now, s.mean*(1+leastErrors*math.Sqrt(max(s.spread, 1/s.n)/s.n)))
	}
	switch {
	case c.doubling:
		c.double(s, most)
	case c.way == 0:
		c.rested(s, most)
	default:
		c.tried(s, most)
	}
}

func (c *climb) noteLeast(now time.Duration, latency float64) {
	if now-c.leastFrom > leastFor {
		c.leastFrom, c.least = now, [2]float64{0, c.least[0]}
	}
	if c.least[0] == 0 || latency < c.least[0] {
		c.least[0] = latency
	}
}

// isDear reports whether a latency is so much above the least that no more is tried.
func (c *climb) isDear(latency float64) bool {
	least := c.least[0]
	if c.least[1] > 0 {
		least = min(least, c.least[1])
	}
	return least > 0 && latency > dear*least
}

// elasticity is that of throughput between two samples, and its standard error.
func elasticity(a, b *sample) (e, off float64) {
	ratio := math.Log(float64(b.level) / float64(a.level))
	spread := max(a.spread+1/a.n, b.spread+1/b.n) // few hops tell little of it
	return 1 - math.Log(b.mean/a.mean)/ratio, math.Sqrt(spread/a.n+spread/b.n) / math.Abs(ratio)
}

// double takes a sample of twice as many slots as before.
func (c *climb) double(s sample, most int) {
	before := &c.known[1]
	e, off := 1., 0.
	if before.level > 1 {
		e, off = elasticity(before, &s)
	}
	worse := e+sureTwo*off < fairTwo
	switch {
	case e < fairTwo && !worse && s.n < 2*float64(c.level): // another round tells
		k := c.cohort
		c.begin(0)
		c.cohort.n, c.cohort.sum, c.cohort.squares = k.n, s.n*s.mean, k.squares
		c.cohort.left, c.cohort.want = int(k.n), c.cohort.want+int(k.n)
		return
	case worse, c.isDear(s.mean): // as many as the throughput was good for at the latency before
		c.doubling = false
		c.base = max(1, before.level, min(c.level, round(float64(s.level)*before.mean/s.mean)))
		c.known = [3]sample{}
	case c.base >= most:
		c.doubling = false
	default:
		if before.level > 1 {
			s = s.with(*before)
		}
		*before = s
		c.base = min(2*c.base, most)
	}
	c.begin(0)
}

// rested takes a sample of base. One that is quite another than before means that the host has changed.
func (c *climb) rested(s sample, most int) {
	base := &c.known[1]
	if base.level == s.level {
		change := math.Abs(math.Log(s.mean / base.mean))
		if change > math.Log(climbStep) && change > 3*math.Sqrt(s.spread/s.n+base.spread/base.n) {
			c.known = [3]sample{}
			c.care, c.rests, c.rest = 1, 0, 0
			c.begin(0) // or there was a moment's stall, which the next sample does not have
			return
		}
	}
	base.join(s)
	if c.rest > 0 {
		c.rest--
		c.begin(0)
		return
	}
	c.try(c.next, most)
}

// try begins a trial in a way, or in the other if there is nothing that way.
func (c *climb) try(way, most int) {
	up := c.base < most && !c.isDear(c.known[1].mean)
	switch down := c.base > 1; {
	case way > 0 && !up && down:
		way, c.stride = -1, 1
	case way < 0 && !down && up:
		way, c.stride = 1, 1
	case !up && !down:
		way = 0
	}
	c.next = way
	c.begin(way)
	if c.level > most {
		c.level, c.cohort.level = most, most
	}
}

// tried takes the sample of a trial.
func (c *climb) tried(s sample, most int) {
	way := c.way
	side, base := &c.known[1+way], &c.known[1]
	side.join(s)
	e, _ := elasticity(base, side)
	better := (e - fair) * float64(way)
	switch {
	case c.stride > 1 && way > 0:
		better = e - fairMore
	case c.stride > 1:
		better = fairLess - e
	}
	if better > 0 && !(way > 0 && c.isDear(side.mean)) {
		c.base = side.level
		moved := [3]sample{1: *side}
		moved[1-way] = *base
		c.known = moved
		c.stride, c.rests = min(2*c.stride, mostStride), 0
		c.try(way, most)
		return
	}
	if c.stride == 1 { // else once more, by less
		c.next = -way
		if c.care == mostCare {
			c.rests = min(c.rests+1, mostRests)
		}
		c.care = mostCare
	}
	c.stride, c.rest = 1, c.rests
	c.begin(0)
}

// mostOf is up to how many slots a host may climb.
func (s *Scheduler) mostOf(h *host) int {
	most := s.config.Slots
	if h.slots > 0 && (most == 0 || h.slots < most) {
		most = h.slots
	}
	if most == 0 {
		most = math.MaxInt32
	}
	return most
}

func round(x float64) int { return int(math.Round(x)) }
