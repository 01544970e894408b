package sched

import "time"

// Timeline is token buckets on a clock that outlives a Scheduler, from which several take one after another.
type Timeline struct{ buckets buckets }

// NewTimeline makes the buckets of rates, of which each holds all its tokens from its instant of full on.
func NewTimeline(rates []Rate, full []time.Duration) Timeline {
	bs := make(buckets, len(rates))
	for i, r := range rates {
		b := newBucket(r)
		all := time.Duration(r.Bucket())
		b.limiter.ReserveN(epoch.Add(full[i]-all*b.interval), r.Bucket())
		b.ready, b.full = full[i]-(all-1)*b.interval, full[i]
		bs[i] = b
	}
	return Timeline{bs}
}

// Next takes a token of each bucket at the first instant, not before now, at which all of them have one. Those who ask are
// never late, as one who waits for a timer is: two instants are as far apart as the rates say.
func (t Timeline) Next(now time.Duration) time.Duration {
	at := max(now, t.buckets.ready())
	for i := range t.buckets {
		t.buckets[i].takeAt(at)
	}
	return at
}

// Ready is the first instant at which all buckets have a token.
func (t Timeline) Ready() time.Duration { return t.buckets.ready() }

// Full is from when on each bucket holds all its tokens again.
func (t Timeline) Full() []time.Duration {
	full := make([]time.Duration, len(t.buckets))
	for i := range t.buckets {
		full[i] = t.buckets[i].full
	}
	return full
}
