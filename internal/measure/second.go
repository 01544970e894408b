package measure

import (
	"errors"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// second is a second of the run's clock for which results may still come in. It has two intervals, since what was due in
// the warm-up may end when that is over.
type second struct {
	number   int64
	warmUp   Interval
	measured Interval
}

// newSecond is a second of the run, from 0. The warm-up ends at the border, which may be in the midst of a second.
func newSecond(number int64, border time.Duration) *second {
	start := time.Duration(number) * time.Second
	from, to, split := record.MicrosOf(start), record.MicrosOf(start+time.Second), record.MicrosOf(border)
	s := &second{number: number, warmUp: Interval{From: from, To: to, WarmUp: true}, measured: Interval{From: from, To: to}}
	if from < split && split < to {
		s.warmUp.To, s.measured.From = split, split
	}
	for p := range s.measured.Phases {
		s.warmUp.Phases[p].coarse, s.measured.Phases[p].coarse = true, true
	}
	return s
}

func (s *second) start() time.Duration { return time.Duration(s.number) * time.Second }
func (s *second) end() time.Duration   { return s.start() + time.Second }

// of gives the interval of what was due in the warm-up, or after it.
func (s *second) of(warmUp bool) *Interval {
	if warmUp {
		return &s.warmUp
	}
	return &s.measured
}

// intervals are those that have something to tell, if it is that nothing happened.
func (s *second) intervals(border time.Duration) []*Interval {
	var both []*Interval
	if s.start() < border || s.warmUp.ended() > 0 {
		both = append(both, &s.warmUp)
	}
	if s.end() > border || s.measured.ended() > 0 {
		both = append(both, &s.measured)
	}
	return both
}

// whole is what both intervals come to, without the phases. It may be one of them.
func (s *second) whole(border time.Duration) *Interval {
	both := s.intervals(border)
	if len(both) == 1 {
		return both[0]
	}
	whole := &Interval{From: min(s.warmUp.From, s.measured.From), To: max(s.warmUp.To, s.measured.To),
		InFlight: s.measured.InFlight, Waiting: s.measured.Waiting, Peak: max(s.warmUp.Peak, s.measured.Peak)}
	whole.mergeCounts(&s.warmUp)
	whole.mergeCounts(&s.measured)
	return whole
}

// add takes one result, and reports whether it is in the figures: those that were given up are not.
func (i *Interval) add(r *fetcher.Result) bool {
	i.LastDue = max(i.LastDue, record.MicrosOf(r.Due))
	kind := kindOf(r.Err)
	switch kind {
	case fetcher.KindNone:
		i.OK++
	case fetcher.KindCanceled, fetcher.KindDeadline:
		i.Canceled++
		return false
	default:
		i.Failed++
		i.Classes.add(kind.String(), 1)
		i.Errors.add(kind.String(), r)
	}
	i.Times.add(kind == fetcher.KindNone, record.MicrosOf(r.Response), record.MicrosOf(r.Service))
	i.LastEnd = max(i.LastEnd, record.MicrosOf(r.End()))
	i.Lag.Add(record.MicrosOf(r.Lag))
	i.Bytes += r.Bytes
	i.Wire += r.WireBytes
	if r.Status != 0 {
		i.Statuses.add(statusName(r.Status), 1)
	}
	for _, note := range r.Notes {
		i.Notes.add(note, 1)
	}
	for a := range r.Attempts {
		for h := range r.Attempts[a].Hops {
			i.addHop(&r.Attempts[a].Hops[h])
		}
	}
	return true
}

func (i *Interval) addHop(h *fetcher.Hop) {
	switch {
	case h.Reused:
		i.Reused++
	case h.Remote != "":
		i.Opened++
	}
	for p, time := range phaseTimes(&h.Phases) {
		if time > 0 { // it happened
			i.Phases[p].Add(record.MicrosOf(time))
		}
	}
}

// kindOf is the class of a result's error.
func kindOf(err error) fetcher.Kind {
	if err == nil {
		return fetcher.KindNone
	}
	if e, ok := errors.AsType[*fetcher.Error](err); ok {
		return e.Kind
	}
	return fetcher.KindProtocol
}
