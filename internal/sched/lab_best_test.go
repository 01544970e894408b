package sched_test

import (
	"math"
	"time"
)

// The best possible wall of a case is computed here, from the lists and the figures of the model alone. It is a bound that
// no client can beat; one that knew the model would come near it.

// work is how long the slots of the client with the most to do are taken, if extra is what a request takes beside being
// served once, over the slots.
func (l *lab) work(extra func(*request) time.Duration) time.Duration {
	most := time.Duration(0)
	for _, list := range l.lists {
		sum := time.Duration(0)
		for i := range list {
			sum += l.set.rtt + list[i].latency
			if extra != nil {
				sum += extra(&list[i])
			}
		}
		most = max(most, sum/time.Duration(l.set.slots))
	}
	return most
}

// served is how long the server is at work on all requests, one at a time.
func (l *lab) served() time.Duration {
	sum := time.Duration(0)
	for _, list := range l.lists {
		for i := range list {
			sum += list[i].latency
		}
	}
	return sum
}

// rows is how many requests there are.
func (l *lab) rows() int { return l.model.rows * len(l.lists) }

// last is the least that the last request takes once it may leave.
func (l *lab) last() time.Duration { return l.set.rtt + l.set.lo }

// clientRate is how many a second the clients could have served.
func (l *lab) clientRate() float64 {
	return float64(l.set.slots*len(l.lists)) / (l.set.rtt + (l.set.lo+l.set.hi)/2).Seconds()
}

// bestWilling is for a server without a limit: the slots are never empty until the last request leaves.
func (l *lab) bestWilling() time.Duration { return l.work(nil) }

// bestLog is for at most limit in any span.
func (l *lab) bestLog(limit int, span time.Duration) time.Duration {
	return max(l.work(nil), time.Duration((l.rows()-1)/limit)*span+l.last())
}

func (l *lab) bestWindow(limit int, span, phase time.Duration) time.Duration {
	return max(l.work(nil), time.Duration((l.rows()-1)/limit)*span-phase+l.last())
}

// bestLogs is for two limits of that sort at once.
func (l *lab) bestLogs(limit int, span time.Duration, limit2 int, span2 time.Duration) time.Duration {
	leave := make([]time.Duration, l.rows())
	for i := range leave {
		if i >= limit {
			leave[i] = leave[i-limit] + span
		}
		if i >= limit2 {
			leave[i] = max(leave[i], leave[i-limit2]+span2)
		}
	}
	return max(l.work(nil), leave[len(leave)-1]+l.last())
}

// bestRate is for a rate that may change, and a burst beside it.
func (l *lab) bestRate(rate func(time.Duration) float64, burst float64) time.Duration {
	const step = 10 * ms
	most, left, t := l.clientRate(), float64(l.rows())-burst, time.Duration(0)
	for left > 0 {
		r := min(rate(t), most)
		if r*step.Seconds() >= left {
			return max(l.work(nil), t+seconds(left/r)+l.last())
		}
		left -= r * step.Seconds()
		t += step
	}
	return max(l.work(nil), l.last())
}

// bestWorkers is for so many workers, and so many places before them.
func (l *lab) bestWorkers(workers, places int) time.Duration {
	return max(l.bestPlaces(workers+places), l.served()/time.Duration(workers))
}

// bestPlaces is for so many under way at once, and nobody waiting: a client cannot know that a place is free before it has
// the response. One that overfills the places may be faster, at the price of refusals.
func (l *lab) bestPlaces(places int) time.Duration {
	return max(l.work(nil), l.work(nil)*time.Duration(l.set.slots)/time.Duration(places))
}

// bestChains is for requests that each take some attempts; chain is the least time from the first to the last answer of
// one, slots what it takes of a slot, both beside being served once.
func (l *lab) bestChains(slots, chain func(*request) time.Duration) time.Duration {
	best := l.work(slots)
	for _, list := range l.lists {
		for i := range list {
			best = max(best, chain(&list[i])+l.last())
		}
	}
	return best
}

func constant(rate float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return rate }
}

// stepped is a capacity that halves, and recovers.
func stepped(rate float64, down, up time.Duration) func(time.Duration) float64 {
	return func(t time.Duration) float64 {
		if t >= down && t < up {
			return rate / 2
		}
		return rate
	}
}

// warming is a capacity that grows evenly, and then stays.
func warming(from, to float64, in time.Duration) func(time.Duration) float64 {
	return func(t time.Duration) float64 { return from + (to-from)*math.Min(1, t.Seconds()/in.Seconds()) }
}
