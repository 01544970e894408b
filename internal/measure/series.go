package measure

import "example.com/fetch/internal/record"

// maxSeconds is how many entries a series has at the most. Where there would be more, each two neighbours become one.
const maxSeconds = 3600

// series is what the seconds of a load test come to. Its entries keep their times with 2 significant digits, which
// makes 25 MB of them at the most; as long as an entry is one interval, its percentiles have 3 nonetheless.
type series struct {
	seconds []Second
	times   []Distribution // of the seconds
	per     int            // how many intervals make an entry
	filled  int            // how many the last one has
}

// add takes the next interval. Start is when the measured part began.
func (s *series) add(i *Interval, start record.Micros) {
	second := secondOf(i, start)
	coarse := Distribution{coarse: true}
	coarse.Merge(&i.Response)
	if s.filled < s.per {
		at := len(s.seconds) - 1
		s.join(at, &second, &coarse)
		s.filled++
		return
	}
	if len(s.seconds) == maxSeconds {
		s.halve()
		s.add(i, start)
		return
	}
	coarse.shrink()
	s.seconds = append(s.seconds, second)
	s.times = append(s.times, coarse)
	s.filled, s.per = 1, max(s.per, 1)
}

// join adds to the entry at a place what comes after it.
func (s *series) join(at int, second *Second, times *Distribution) {
	to := &s.seconds[at]
	to.To = second.To
	to.Sent += second.Sent
	to.OK += second.OK
	to.Failed += second.Failed
	to.InFlight, to.Waiting = second.InFlight, second.Waiting
	s.times[at].Merge(times)
	s.times[at].shrink()
	to.describe(&s.times[at])
}

// halve makes one entry of each two.
func (s *series) halve() {
	half := len(s.seconds) / 2
	for i := range half {
		s.join(2*i, &s.seconds[2*i+1], &s.times[2*i+1])
		s.seconds[i], s.times[i] = s.seconds[2*i], s.times[2*i]
	}
	clear(s.seconds[half:])
	clear(s.times[half:])
	s.seconds, s.times = s.seconds[:half], s.times[:half]
	s.per *= 2
	s.filled = s.per
}

// secondOf is the entry of one interval.
func secondOf(i *Interval, start record.Micros) Second {
	s := Second{From: i.From - start, To: i.To - start, Sent: i.Sent, OK: i.OK, Failed: i.Failed, InFlight: i.InFlight, Waiting: i.Waiting}
	s.describe(&i.Response)
	return s
}

// describe fills in what is told of the times. Unlike elsewhere a percentile needs not be carried by the number of times:
// in the course of a test it is seen beside its neighbours.
func (s *Second) describe(t *Distribution) {
	s.P50, s.P90, s.P99, s.Max = nil, nil, nil, nil
	if t.n == 0 {
		return
	}
	s.P50, s.P90, s.P99, s.Max = new(t.rank(50)), new(t.rank(90)), new(t.rank(99)), new(t.max)
}
