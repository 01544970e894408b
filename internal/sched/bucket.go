package sched

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// limiter decides when a host may be sent the next hop. It has no clock: now is always an argument.
type limiter interface {
	Ready(now time.Duration) time.Duration // the first instant at which a token is there
	Take(now time.Duration)                // takes a token, there or not: a debt delays the next
	Full() time.Duration                   // from then on a new limiter would behave the same
}

// buckets is a limiter of token buckets that must all have a token at once. No buckets bound nothing.
type buckets []bucket

// bucket is one token bucket. A token that is taken less than one interval late counts as taken when it became ready:
// timers always fire a little late, and without this each lateness would lower the rate for good. It leaves the bound
// on any window as it is but for one hop in the interval before it, and the hops in a window of time t that is a
// multiple of the interval stay within Bucket + Events·t/Per.
type bucket struct {
	limiter  *rate.Limiter
	interval time.Duration // between two tokens
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
		interval := duration(float64(r.Per) / r.Events)
		bs[i] = bucket{
			limiter:  rate.NewLimiter(rate.Limit(r.PerSecond()), r.Bucket()),
			interval: interval,
			ready:    -interval, // nothing has waited for its first token, so the first hop is never late
		}
	}
	return bs
}

func (bs buckets) Ready(time.Duration) time.Duration {
	var ready time.Duration
	for i := range bs {
		ready = max(ready, bs[i].ready)
	}
	return ready
}

func (bs buckets) Take(now time.Duration) {
	for i := range bs {
		bs[i].take(now)
	}
}

func (bs buckets) Full() time.Duration {
	var full time.Duration
	for i := range bs {
		full = max(full, bs[i].full+bs[i].interval) // until then, a hop may still count as late
	}
	return full
}

func (b *bucket) take(now time.Duration) {
	stamp := now
	if late := now - b.ready; late >= 0 && late < b.interval {
		stamp = b.ready
	}
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
