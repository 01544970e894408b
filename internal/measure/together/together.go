// Package together merges the figures of load tests that ran concurrently, for example on several machines.
package together

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// Tests are load tests on a common clock. Its 0 is where the warm-up of the longest one would begin if it ended where
// the first measured part begins. A single test is unchanged. They are not safe for concurrent use.
type Tests struct {
	Begun  measure.Beginning
	Totals *measure.Totals

	parts []part
	final measure.Final
}

// part is one of the tests.
type part struct {
	begun measure.Beginning
	shift record.Micros // from its clock to the common one
	end   record.Micros // end of the last counted interval, on the common clock
	final *measure.Final
}

// New merges tests by their plans, of which there must be at least one.
func New(all []measure.Beginning) (*Tests, error) {
	t := &Tests{}
	measured := func(b *measure.Beginning) time.Time { return b.Started.Add(b.Asked.WarmUp.Duration()) }
	first, warmUp := measured(&all[0]), record.Micros(0)
	for i := range all {
		if b := &all[i]; measured(b).Before(first) {
			first = measured(b)
		}
		if all[i].Asked.Model != all[0].Asked.Model {
			return nil, errors.New("users who wait for responses and a rate are different models and cannot be merged: report on each separately")
		}
		warmUp = max(warmUp, all[i].Asked.WarmUp)
	}
	for _, b := range all {
		shift := record.MicrosOf(measured(&b).Sub(first)) + warmUp - b.Asked.WarmUp
		t.parts = append(t.parts, part{begun: b, shift: shift})
		t.Begun.Cores += b.Cores
	}
	t.Begun.Started = first.Add(-warmUp.Duration())
	t.Begun.Asked = asked(all)
	t.Begun.Asked.WarmUp = warmUp
	if len(all) == 1 {
		t.Begun = all[0]
	}
	t.Totals = measure.NewTotals(t.Begun)
	return t, nil
}

// asked returns the total load: rates and users are added, and differing values are listed.
func asked(all []measure.Beginning) measure.Asked {
	a := all[0].Asked
	a.Tests, a.Rate, a.Concurrency, a.MaxInFlight, a.Requests = len(all), 0, 0, 0, 0
	var targets, arrivals, courses []string
	staged, counted := false, true
	for i := range all {
		b := &all[i].Asked
		a.Rate += b.Rate
		a.Concurrency += b.Concurrency
		a.MaxInFlight += b.MaxInFlight
		a.Requests += b.Requests
		a.ByFiles = a.ByFiles || b.ByFiles
		a.For = max(a.For, b.For)
		a.ThinkTo = max(a.ThinkTo, b.ThinkTo, b.Think, a.Think)
		a.Think = min(a.Think, b.Think)
		if b.Seed != a.Seed {
			a.Seed = 0
		}
		if a.GroupBy == "" {
			a.GroupBy = b.GroupBy
		}
		a.Thresholds = append(a.Thresholds, b.Thresholds...)
		targets, arrivals = append(targets, b.Target), append(arrivals, b.Arrivals)
		courses = append(courses, b.Course())
		staged, counted = staged || b.Stages != "", counted && b.Requests > 0
	}
	if a.ThinkTo == a.Think {
		a.ThinkTo = 0
	}
	a.Thresholds = distinct(a.Thresholds)
	a.Target, a.Arrivals = strings.Join(distinct(targets), " and "), strings.Join(distinct(arrivals), " and ")
	if staged {
		a.Rate, a.Concurrency, a.Stages = 0, 0, strings.Join(courses, " and ")
	}
	if !counted {
		a.Requests = 0
	}
	return a
}

// distinct removes duplicates and empty strings.
func distinct(all []string) (kept []string) {
	for _, s := range all {
		if s != "" && !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// Add adds the lines of each test, in the order of New, and calls yield with each merged interval.
func (t *Tests) Add(lines []iter.Seq2[measure.Line, error], yield func(*measure.Interval)) error {
	heads := make([]*head, len(t.parts))
	for i := range t.parts {
		next, stop := iter.Pull2(lines[i])
		defer stop()
		heads[i] = &head{part: &t.parts[i], pull: next}
		if err := t.advance(heads[i]); err != nil {
			return err
		}
	}
	for {
		second, more := int64(0), false
		for _, h := range heads {
			if h.interval != nil && (!more || t.second(h.interval) < second) {
				second, more = t.second(h.interval), true
			}
		}
		if !more {
			break
		}
		whole, err := t.take(heads, second)
		if err != nil {
			return err
		}
		t.Totals.Count(whole)
		yield(whole)
	}
	t.conclude()
	return nil
}

// head is the read position in a test.
type head struct {
	*part
	pull     func() (measure.Line, error, bool)
	interval *measure.Interval // on the common clock; nil: there is no further one
}

// advance reads the next interval of a test.
func (t *Tests) advance(h *head) error {
	h.interval = nil
	for h.interval == nil {
		line, err, ok := h.pull()
		if err != nil || !ok {
			return err
		}
		switch line := line.(type) {
		case *measure.Interval:
			h.interval = line
			line.Shift(h.shift)
			h.end = max(h.end, line.LastEnd)
			t.Totals.Watch(line, &h.begun)
		case *measure.GroupTimes:
			t.Totals.AddGroup(line)
		case *measure.Final:
			h.final = line
		}
	}
	return nil
}

// second returns the second of the measured part that contains the middle of an interval; negative in the warm-up.
func (t *Tests) second(i *measure.Interval) int64 {
	if i.WarmUp {
		return -1
	}
	const second = record.Micros(time.Second / time.Microsecond)
	return int64(max((i.From+i.To)/2-t.Begun.Asked.WarmUp, 0) / second)
}

// take merges the intervals of all tests in a second.
func (t *Tests) take(heads []*head, second int64) (whole *measure.Interval, err error) {
	for _, h := range heads {
		var own *measure.Interval
		for h.interval != nil && t.second(h.interval) == second {
			if len(heads) == 1 {
				whole = h.interval
				return whole, t.advance(h)
			}
			if own == nil {
				own = h.interval
			} else {
				own.Merge(h.interval)
			}
			if err := t.advance(h); err != nil {
				return nil, err
			}
		}
		switch {
		case own == nil:
		case whole == nil:
			whole = own
		default:
			inFlight, waiting, peak := whole.InFlight, whole.Waiting, whole.Peak
			whole.Merge(own)
			whole.InFlight, whole.Waiting, whole.Peak = inFlight+own.InFlight, waiting+own.Waiting, peak+own.Peak
		}
	}
	if second >= 0 { // an entry of the series is a second, though the tests began at different fractions of one
		from := t.Begun.Asked.WarmUp + record.Micros(second)*1e6
		whole.From, whole.To = from, min(max(whole.To, from+1), from+1e6)
	}
	return whole, nil
}

// conclude merges the ends of all tests.
func (t *Tests) conclude() {
	planned := true
	for i := range t.parts {
		p := &t.parts[i]
		if p.final == nil {
			planned = false
			continue
		}
		f := p.final
		planned = planned && f.Planned > 0
		t.final.Planned = max(t.final.Planned, p.shift+p.begun.Asked.WarmUp-t.Begun.Asked.WarmUp+f.Planned)
		t.final.NotStarted += f.NotStarted
		t.final.Idle += f.Idle
		for _, proxy := range f.Proxies {
			if !slices.Contains(t.final.Proxies, proxy) {
				t.final.Proxies = append(t.final.Proxies, proxy)
			}
		}
		if t.final.MaxOpenFiles == 0 || f.MaxOpenFiles > 0 && f.MaxOpenFiles < t.final.MaxOpenFiles {
			t.final.MaxOpenFiles = f.MaxOpenFiles
		}
		if t.final.Aborted == "" {
			t.final.Aborted = f.Aborted
		}
	}
	if !planned {
		t.final.Planned = 0
	}
}

// HasEnded reports whether a test, by its index, has its end.
func (t *Tests) HasEnded(i int) bool { return t.parts[i].final != nil }

// Summary returns the merged summary, after Add. Checks are left to the caller.
func (t *Tests) Summary() *measure.LoadSummary {
	s := t.Totals.Summary(t.final)
	begin, end := record.Micros(0), record.Micros(1<<62) // the time in which all tests ran
	for i := range t.parts {
		p := &t.parts[i]
		begin, end = max(begin, p.shift+p.begun.Asked.WarmUp), min(end, p.end)
	}
	if len(t.parts) > 1 && begin >= end {
		var courses []string
		most := 0
		for i := range t.parts {
			a := &t.parts[i].begun.Asked
			courses, most = append(courses, a.Course()), max(most, a.MaxInFlight)
		}
		s.Asked.Rate, s.Asked.Concurrency, s.Asked.MaxInFlight, s.Asked.Stages = 0, 0, most, strings.Join(courses, ", then ")
		s.Warnings = append(s.Warnings, measure.Warning{Code: "apart", Text: fmt.Sprintf("These %d tests did not all run at the same time. "+
			"Rates cover the time from the first beginning to the last end; report on each separately, or compare them with fetch diff.", len(t.parts))})
	}
	return s
}
