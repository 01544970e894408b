package measure

import "example.com/fetch/internal/record"

// maxSeconds is the maximum number of entries of a series. If there would be more, adjacent entries are merged in
// pairs.
const maxSeconds = 3600

// series aggregates the seconds of a load test. Its entries keep their times with 2 significant digits, at most 25 MB
// in total; while an entry is a single interval, its percentiles have 3 nevertheless.
type series struct {
	seconds []Second
	times   []Distribution // of the seconds
	per     int            // number of intervals per entry
	filled  int            // number of intervals in the last entry
}

// add adds the next interval. Start is when the measured part began.
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

// join merges what follows an entry into it.
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

// halve merges each two entries into one.
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

// secondOf returns the entry of one interval.
func secondOf(i *Interval, start record.Micros) Second {
	s := Second{From: i.From - start, To: i.To - start, Sent: i.Sent, OK: i.OK, Failed: i.Failed, InFlight: i.InFlight, Waiting: i.Waiting}
	s.describe(&i.Response)
	return s
}

// describe fills in the figures of the times. Unlike elsewhere a percentile does not require a minimum number of times,
// because it is seen beside its neighbours.
func (s *Second) describe(t *Distribution) {
	s.P50, s.P90, s.P99, s.Max = nil, nil, nil, nil
	if t.n == 0 {
		return
	}
	s.P50, s.P90, s.P99, s.Max = new(t.rank(50)), new(t.rank(90)), new(t.rank(99)), new(t.max)
}
