package sched_test

import (
	"fmt"
	"slices"
	"time"
)

// result is what one run was like.
type result struct {
	setting    string
	reply      string
	best, wall time.Duration
	rows       int
	ok, failed int
	doomed     int // requests that nobody could get served
	sent       int
	refused    int
	burst      int // of the refused: those that had left before the first refusal was known
	stuck      string
	fair       float64         // the wall of the client that was first over that of the last
	over       []time.Duration // by client
	down, up   time.Duration   // until it had followed a step; 0: there was none

	known                       time.Duration // when the first refusal was; 0: not yet
	sentAt, servedAt, refusedAt []time.Duration
	notes                       []string
	states                      []string // at the end of each second
}

// share is the best wall over the wall; requests that failed and need not have are as many less.
func (r *result) share() float64 {
	return min(1, r.best.Seconds()/max(r.wall, 1).Seconds()) * float64(r.ok+r.doomed) / float64(max(r.rows, r.ok+r.doomed))
}

// later is the refusals in 100 requests after the first burst, inAll with it.
func (r *result) later() float64 { return 100 * float64(r.refused-r.burst) / float64(r.rows) }
func (r *result) inAll() float64 { return 100 * float64(r.refused) / float64(r.rows) }

func (l *lab) finish() {
	r := l.result
	for _, c := range l.clients {
		ok, failed := c.outcome()
		r.ok += ok
		r.failed += failed
	}
	if r.ok+r.failed < r.rows && r.stuck == "" {
		r.stuck = fmt.Sprintf("%d requests never ended", r.rows-r.ok-r.failed)
	}
	r.fair = slices.Min(r.over).Seconds() / max(slices.Max(r.over), 1).Seconds()
	if m := l.model; m.down > 0 {
		rate := func(t time.Duration) float64 { return min(m.capacity(l)(t), l.clientRate()) }
		r.down = r.follow(m.down, m.up, 0.8*rate(m.down), true)
		r.up = r.follow(m.up, max(r.wall, m.up+time.Minute), 0.8*rate(m.up), false)
	}
}

// follow is how long after a step it takes until in a span of two seconds so many a second were served, and, if calm,
// no more than a tenth of that was refused.
func (r *result) follow(from, to time.Duration, rate float64, calm bool) time.Duration {
	const span = 2 * time.Second
	for t := from + span; t <= to; t += 100 * ms {
		served := count(r.servedAt, t-span, t)
		if float64(served) >= rate*span.Seconds() && (!calm || 10*count(r.refusedAt, t-span, t) <= served) {
			return t - from
		}
	}
	return to - from
}

// count is how many of some instants in order are after from and not after to.
func count(times []time.Duration, from, to time.Duration) int {
	a, _ := slices.BinarySearch(times, from+1)
	b, _ := slices.BinarySearch(times, to+1)
	return b - a
}

func (l *lab) printTrace(kind kind) {
	r := l.result
	fmt.Printf("\n%s of %s/%s/%s: best %.2f s, wall %.2f s, %d ok, %d failed, %d refused %s\n", kind.name, l.model.name, l.reply.name, l.set.name,
		r.best.Seconds(), r.wall.Seconds(), r.ok, r.failed, r.refused, r.stuck)
	fmt.Printf("%8s %6s %6s %7s  %s\n", "until", "sent", "served", "refused", "state")
	notes := r.notes
	for s := time.Duration(0); s <= r.wall; s += time.Second {
		end, state := s+time.Second, ""
		if i := int(s / time.Second); i < len(r.states) {
			state = r.states[i]
		}
		fmt.Printf("%6d s %6d %6d %7d  %s\n", int(end/time.Second), count(r.sentAt, s-1, end-1), count(r.servedAt, s-1, end-1),
			count(r.refusedAt, s-1, end-1), state)
		for len(notes) > 0 {
			var at float64
			fmt.Sscanf(notes[0], "%f", &at)
			if at >= end.Seconds() {
				break
			}
			fmt.Println("        ", notes[0])
			notes = notes[1:]
		}
	}
}
