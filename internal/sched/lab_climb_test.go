package sched_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"example.com/fetch/internal/heap"
	"example.com/fetch/internal/sched"
)

// climbLab has clients with lists without end, or nearly, and Config.Unheard before one server, in virtual time.
type climbLab struct {
	random  *rand.Rand
	service func(now time.Duration, inside int) time.Duration // how long the server works on one that begins, beside so many others that it holds
	workers func(now time.Duration) int                       // how many it works on at once; the others wait in line. 0: all

	now     time.Duration
	events  heap.Heap[labEvent]
	order   int64
	inside  int
	busy    int
	line    []func()
	clients []*climber
}

// climber is a client.
type climber struct {
	lab    *climbLab
	sched  *sched.Scheduler
	begins time.Duration
	list   int // requests left
	served []climbed
}

// climbed is a hop that was served.
type climbed struct{ start, end time.Duration }

func (l *climbLab) at(t time.Duration, do func()) {
	l.order++
	l.events.Put(labEvent{t, l.order, do})
}

// add adds a client that begins at an instant with so many requests.
func (l *climbLab) add(begins time.Duration, list, slots int) *climber {
	c := &climber{lab: l, begins: begins, list: list}
	c.sched = sched.New(sched.Config{Slots: slots, Unheard: 1024, MaxAway: 1000, Adapt: true,
		Retries: 3, MinWait: 500 * ms, MaxWait: time.Minute, GiveUp: 2 * time.Minute, Budget: 0.2})
	l.clients = append(l.clients, c)
	return c
}

// arrive has a hop come to the server.
func (l *climbLab) arrive(done func()) {
	l.inside++
	work := func() {
		l.busy++
		l.at(l.now+l.service(l.now, l.inside), func() {
			l.busy--
			l.inside--
			done()
			for len(l.line) > 0 && (l.workers == nil || l.busy < l.workers(l.now)) {
				next := l.line[0]
				l.line = l.line[1:]
				next()
			}
		})
	}
	if l.workers != nil && l.busy >= l.workers(l.now) {
		l.line = append(l.line, work)
		return
	}
	work()
}

func (l *climbLab) run(until time.Duration) {
	l.events.Less = labEvent.before
	for l.now < until {
		for _, c := range l.clients {
			c.pump()
		}
		at, ok := time.Duration(math.MaxInt64), l.events.Len() > 0
		if ok {
			at = l.events.Top().at
		}
		for _, c := range l.clients {
			if c.begins > l.now {
				at, ok = min(at, c.begins), true
			}
			if t, wakes := c.sched.Wake(l.now); wakes {
				at, ok = min(at, max(t, l.now+1)), true
			}
		}
		if !ok {
			return
		}
		l.now = at
		for l.events.Len() > 0 && l.events.Top().at <= l.now {
			l.events.Pop().do()
		}
	}
}

func (c *climber) pump() {
	l := c.lab
	if l.now < c.begins {
		return
	}
	for c.list > 0 && c.sched.Counts(l.now).Waiting < 300 {
		c.list--
		l.order++
		c.sched.Add(l.now, &sched.Hop{Seq: l.order, Class: sched.First, Host: labHost})
	}
	for h := c.sched.Next(l.now); h != nil; h = c.sched.Next(l.now) {
		start := l.now
		l.arrive(func() {
			c.served = append(c.served, climbed{start, l.now})
			c.sched.Done(l.now, h, sched.Signal{Kind: sched.Served})
		})
	}
}

// between is what was served in a stretch of time: how many a second, and the mean and the median of their latencies.
func (c *climber) between(from, to time.Duration) (perSecond float64, mean, median time.Duration) {
	var all []time.Duration
	sum := time.Duration(0)
	for _, s := range c.served {
		if s.end >= from && s.end < to {
			all = append(all, s.end-s.start)
			sum += s.end - s.start
		}
	}
	if len(all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(all)
	return float64(len(all)) / (to - from).Seconds(), sum / time.Duration(len(all)), all[len(all)/2]
}

// mean is how many were in flight on average.
func (c *climber) mean(from, to time.Duration) float64 {
	sum := time.Duration(0)
	for _, s := range c.served {
		sum += max(0, min(s.end, to)-max(s.start, from))
	}
	return float64(sum) / float64(to-from)
}

func fixedTime(s time.Duration) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration { return time.Duration(float64(s) * (0.98 + 0.04*r.Float64())) }
}

func exponential(s time.Duration) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration { return time.Duration(float64(s) * r.ExpFloat64()) }
}

// lognormal has a p99 of four times the median.
func lognormal(median time.Duration) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration {
		return time.Duration(float64(median) * math.Exp(r.NormFloat64()*math.Log(4)/2.326))
	}
}

func newClimbLab(seed uint64) *climbLab { return &climbLab{random: rand.New(rand.NewPCG(seed, 1))} }

// queueServer has so many workers and a line.
func queueServer(seed uint64, capacity int, draw func(*rand.Rand) time.Duration) *climbLab {
	l := newClimbLab(seed)
	l.workers = func(time.Duration) int { return capacity }
	l.service = func(time.Duration, int) time.Duration { return draw(l.random) }
	return l
}

// draws are the kinds of service times, of which the mean is so many times what they are made of.
var draws = []struct {
	name      string
	of        func(time.Duration) func(*rand.Rand) time.Duration
	mean, p50 float64
}{{"fixed", fixedTime, 1, 1}, {"exponential", exponential, 1, math.Ln2}, {"lognormal", lognormal, 1.194, 1}}

const climbSeeds = 10

func average(all []float64) (sum float64) {
	for _, x := range all {
		sum += x
	}
	return sum / float64(len(all))
}

// A server with a capacity gets about that. Where service times vary much, single runs of few requests are off, and the
// mean over some holds.
func TestClimbFindsCapacity(t *testing.T) {
	for _, draw := range draws {
		for _, capacity := range []int{8, 32} {
			for _, s := range []time.Duration{20 * ms, 200 * ms} {
				for _, span := range []time.Duration{20 * time.Second, 60 * time.Second} {
					var throughput, mean, median []float64
					for seed := range uint64(climbSeeds) {
						l := queueServer(seed, capacity, draw.of(s))
						c := l.add(0, 1e7, 256)
						l.run(span)
						rate, m, p50 := c.between(0, span)
						throughput = append(throughput, rate*s.Seconds()*draw.mean/float64(capacity))
						mean = append(mean, m.Seconds()/(s.Seconds()*draw.mean))
						median = append(median, p50.Seconds()/(s.Seconds()*draw.p50))
					}
					t.Logf("%s %v at %d, %v: throughput %.2f (%.2f), mean %.2f (%.2f), median %.2f (%.2f)", draw.name, s, capacity, span,
						average(throughput), slices.Min(throughput), average(mean), slices.Max(mean), average(median), slices.Max(median))
					least, most, mostMedian := slices.Min(throughput), slices.Max(mean), slices.Max(median)
					if draw.name != "fixed" {
						least, most, mostMedian = average(throughput), average(mean), average(median)
					}
					few := draw.name != "fixed" && span.Seconds()/s.Seconds() <= 400 // rounds
					if least < 0.85 && !few || least < 0.8 || !few && (most > 1.25 || mostMedian > 1.25) {
						t.Errorf("%s %v at %d, %v: throughput %.2f, mean latency %.2f, median %.2f", draw.name, s, capacity, span, least, most, mostMedian)
					}
				}
			}
		}
	}
}

// A server whose latency grows with what it holds gets between the number at which throughput / latency is most, and twice that.
func TestClimbWhereLatencyGrows(t *testing.T) {
	for _, draw := range draws {
		for _, n0 := range []float64{5, 10, 40} {
			for _, s := range []time.Duration{20 * ms, 100 * ms} {
				var found []float64
				for seed := range uint64(climbSeeds) {
					l := newClimbLab(seed)
					service := draw.of(s)
					l.service = func(_ time.Duration, n int) time.Duration {
						return time.Duration(float64(service(l.random)) * (1 + float64(n)/n0))
					}
					c := l.add(0, 1e7, 256)
					l.run(40 * time.Second)
					found = append(found, c.mean(10*time.Second, 40*time.Second)/n0)
				}
				t.Logf("%s %v, n0 %v: %.2f (%.2f to %.2f)", draw.name, s, n0, average(found), slices.Min(found), slices.Max(found))
				least, most := slices.Min(found), slices.Max(found)
				if draw.name != "fixed" {
					least, most = average(found), average(found)
				}
				if least < 1 || most > 2 {
					t.Errorf("%s %v: %.2f to %.2f times n0 = %v are in flight", draw.name, s, least, most, n0)
				}
			}
		}
	}
}

// Two clients of one server, begun together or one later, share it.
func TestClimbShares(t *testing.T) {
	for _, draw := range draws {
		for _, capacity := range []int{8, 32} {
			for _, s := range []time.Duration{20 * ms, 200 * ms} {
				for _, later := range []time.Duration{0, 10 * time.Second} {
					var shares []float64
					for seed := range uint64(climbSeeds) {
						l := queueServer(seed, capacity, draw.of(s))
						a, b := l.add(0, 1e7, 256), l.add(later, 1e7, 256)
						l.run(time.Minute)
						ofA, _, _ := a.between(30*time.Second, time.Minute)
						ofB, _, _ := b.between(30*time.Second, time.Minute)
						shares = append(shares, min(ofA, ofB)/(ofA+ofB))
					}
					t.Logf("%s %v at %d, %v later: the smaller share is %.2f (%.2f)", draw.name, s, capacity, later, average(shares), slices.Min(shares))
					if average(shares) < 0.3 {
						t.Errorf("%s %v at %d, %v later: the smaller share is %.2f", draw.name, s, capacity, later, average(shares))
					}
				}
			}
		}
	}
}

// A server whose capacity changes is followed.
func TestClimbFollows(t *testing.T) {
	for seed := range uint64(5) {
		l := queueServer(seed, 0, fixedTime(50*ms))
		l.workers = func(now time.Duration) int {
			if now >= 30*time.Second && now < time.Minute {
				return 8
			}
			return 32
		}
		c := l.add(0, 1e7, 256)
		l.run(90 * time.Second)
		for _, part := range []struct {
			from, to time.Duration
			capacity float64
		}{{20, 30, 32}, {45, 60, 8}, {75, 90, 32}} {
			rate, mean, _ := c.between(part.from*time.Second, part.to*time.Second)
			if rate*0.05 < 0.85*part.capacity || mean > 63*ms {
				t.Errorf("seed %d, %d to %d s: %.0f a second at %v, of a capacity of %v", seed, part.from, part.to, rate, mean, part.capacity)
			}
		}
	}
}

// A willing server gets all there are, and a short list is done in a few rounds.
func TestClimbOfTheWilling(t *testing.T) {
	willing := func() *climbLab {
		l := newClimbLab(1)
		l.service = func(time.Duration, int) time.Duration { return 200 * ms }
		return l
	}
	l := willing()
	l.add(0, 100, 256)
	l.run(time.Hour)
	if l.now > 1700*ms {
		t.Errorf("100 requests took %v", l.now)
	}
	l = willing()
	c := l.add(0, 1e7, 256)
	l.run(10 * time.Second)
	if n := c.mean(5*time.Second, 10*time.Second); n < 240 {
		t.Errorf("%.0f are in flight", n)
	}
}
