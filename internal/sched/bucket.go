package sched

import (
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Limit bounds hops by rate and by number in flight. The zero Limit bounds nothing.
type Limit struct {
	Rates       []Rate      // all hold at once, such as 5 a second and 400 a minute
	InFlight    int         // slots; 0 means no bound
	RunningTime RunningTime // of a host
	Leased      []Rate      // further rates of one host, whose tokens come by Scheduler.Lease; not looked at in Config.Total
	Known       *Known      // what earlier Schedulers have learned of the host; nil: nothing
}

// kept is how many hops a second its strict rates allow; 0: there are none.
func (l *Limit) kept() (kept float64) {
	for _, r := range slices.Concat(l.Rates, l.Leased) {
		if n := r.PerSecond(); r.Strict && (kept == 0 || n < kept) {
			kept = n
		}
	}
	return kept
}

// LimitOf is the Limit of rates that are declared elsewhere.
func LimitOf[R ~struct {
	Events float64
	Per    time.Duration
	Burst  int
	Strict bool
}](rates []R, inFlight int, running RunningTime) Limit {
	l := Limit{InFlight: inFlight, RunningTime: running}
	for _, r := range rates {
		l.Rates = append(l.Rates, Rate(r))
	}
	return l
}

// Rate allows Events hops in every Per, as a token bucket that holds Burst tokens and starts full.
// So at most Burst + Events·(t/Per) hops leave in any time t; see Scheduler for the one exception.
type Rate struct {
	Events float64       // more than 0
	Per    time.Duration // more than 0
	Burst  int           // 0 means 1
	Strict bool          // of a hop that left late only Per/100 counts as not late: with 2 % of room, no window has more than it may
}

// PerSecond is the rate in hops per second.
func (r Rate) PerSecond() float64 { return r.Events / r.Per.Seconds() }

// Bucket is the number of tokens that the bucket holds.
func (r Rate) Bucket() int { return max(r.Burst, 1) }

// buckets are token buckets that must all have a token at once. No buckets bound nothing. They have no clock: now is always
// an argument.
type buckets []bucket

// bucket is one token bucket. A token that is taken less than one interval late counts as taken when it became ready:
// timers always fire a little late, and without this each lateness would lower the rate for good. It leaves the bound
// on any window as it is but for one hop in the interval before it, and the hops in a window of time t that is a
// multiple of the interval stay within Bucket + Events·t/Per.
type bucket struct {
	limiter  *rate.Limiter
	interval time.Duration // between two tokens
	slack    time.Duration // how late a token may be taken and count as taken when it became ready
	ready    time.Duration // when the next token is there
	full     time.Duration // when it holds all its tokens again
}

// epoch turns the scheduler's instants into those of x/time/rate; any fixed instant will do.
var epoch = time.Unix(0, 0)

func newBuckets(rates []Rate) buckets {
	if len(rates) == 0 {
		return nil
	}
	bs := make(buckets, len(rates))
	for i, r := range rates {
		bs[i] = newBucket(r)
	}
	return bs
}

func newBucket(r Rate) bucket {
	interval := duration(float64(r.Per) / r.Events)
	slack := interval
	if r.Strict {
		slack = r.Per / 100
	}
	return bucket{
		limiter:  rate.NewLimiter(rate.Limit(r.PerSecond()), r.Bucket()),
		interval: interval,
		slack:    slack,
		ready:    -interval, // nothing has waited for its first token, so the first hop is never late
	}
}

// ready is the first instant at which a token is there.
func (bs buckets) ready() (ready time.Duration) {
	for i := range bs {
		ready = max(ready, bs[i].ready)
	}
	return ready
}

// take takes a token, there or not: a debt delays the next.
func (bs buckets) take(now time.Duration) {
	for i := range bs {
		bs[i].take(now)
	}
}

// full is from when on new buckets would behave the same.
func (bs buckets) full() (full time.Duration) {
	for i := range bs {
		full = max(full, bs[i].full+bs[i].interval) // until then, a hop may still count as late
	}
	return full
}

func (b *bucket) take(now time.Duration) {
	if late := now - b.ready; late >= 0 && late < b.interval {
		now = max(b.ready, now-b.slack)
	}
	b.takeAt(now)
}

// takeAt takes a token at an instant, late or not.
func (b *bucket) takeAt(stamp time.Duration) {
	b.limiter.ReserveN(epoch.Add(stamp), 1)
	tokens := b.limiter.TokensAt(epoch.Add(stamp))
	b.ready = stamp + b.after(1-tokens)
	b.full = stamp + b.after(float64(b.limiter.Burst())-tokens)
}

// after is how long it takes until so many tokens have come, rounded up to the nanosecond.
func (b *bucket) after(tokens float64) time.Duration {
	const tolerance = 1e-9 // of the arithmetic in x/time/rate
	if tokens <= tolerance {
		return 0
	}
	return duration(math.Ceil(tokens / float64(b.limiter.Limit()) * float64(time.Second)))
}

// forever is 73 years: no time is longer, so that sums do not overflow.
const forever time.Duration = math.MaxInt64 / 4

// duration is so many nanoseconds.
func duration(ns float64) time.Duration { return time.Duration(min(ns, float64(forever))) }
