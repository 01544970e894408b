package sched

import "time"

// RunningTime bounds the time that a host may spend on us: over any window of Per, the times of its hops add up to Time at the
// most, in whatever number they are; 300 s a minute are as much as 5 in flight all the time. Hops count as they go, and those
// that are in flight when it is used up may end. The zero RunningTime bounds nothing.
type RunningTime struct{ Time, Per time.Duration }

// parts is into how many parts a window is divided. One counts whole for as long as any of it is in the window, so that a hop
// waits for no more than one part longer than it has to.
const parts = 256

// running is what the hops of a host have used in the last window.
type running struct {
	limit RunningTime
	used  [parts + 1]time.Duration // in each part, a ring: the one that has begun, and those before it
	sum   time.Duration
	until time.Duration // all before is counted
}

func newRunning(limit RunningTime) *running {
	if limit.Time <= 0 || limit.Per <= 0 {
		return nil
	}
	return &running{limit: limit}
}

// part is how long one is.
func (r *running) part() time.Duration { return (r.limit.Per + parts - 1) / parts }

// count adds what so many hops in flight have used up to now.
func (r *running) count(now time.Duration, inFlight int) {
	if r == nil || now <= r.until {
		return
	}
	if part := r.part(); now-r.until > (parts+1)*part { // none of what was counted is left, and not all of this
		r.used, r.sum = [parts + 1]time.Duration{}, 0
		r.until = now - now%part - parts*part
	}
	for r.until < now {
		part := r.part()
		ends := min(now, r.until-r.until%part+part)
		more := time.Duration(inFlight) * (ends - r.until)
		at := &r.used[r.until/part%(parts+1)]
		*at += more
		r.sum += more
		if r.until = ends; ends%part == 0 { // the part that begins takes the place of the oldest
			at = &r.used[ends/part%(parts+1)]
			r.sum -= *at
			*at = 0
		}
	}
}

// ready is when the next hop may leave, if those in flight go on: now, or as soon as enough of what was used has left the
// window.
func (r *running) ready(now time.Duration, inFlight int) time.Duration {
	if r == nil {
		return 0
	}
	r.count(now, inFlight)
	part, left, at := r.part(), r.sum, now
	for n := 1; left >= r.limit.Time; n++ {
		if n > parts+1 {
			return forever // until one in flight ends
		}
		next := now - now%part + time.Duration(n)*part
		left += time.Duration(inFlight) * (next - at)
		left -= r.used[(now/part+time.Duration(n))%(parts+1)]
		at = next
	}
	return at
}

// idle is from when on it would be the same if it were new.
func (r *running) idle() time.Duration {
	if r == nil {
		return 0
	}
	return r.until + (parts+1)*r.part()
}
