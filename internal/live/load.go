package live

import (
	"fmt"
	"strings"
	"time"

	"example.com/fetch/internal/load"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// Load describes a plan, for showing the progress of its test. Its methods are safe for concurrent use.
type Load struct {
	Asked measure.Asked

	// End is when requests cease to be due, from the start of the run, warm-up included. 0: when Asked.Requests
	// are done, or never.
	End time.Duration

	// Target returns the requested rate or number of users at a time of the run, for plans with stages. Nil: that
	// of Asked, which is 0 if it has stages.
	Target func(at time.Duration) float64

	// Course returns the position of the plan in its stages. Nil: it has none.
	Course func(at time.Duration) load.Course

	// Limits returns the thresholds, as of the last second. Nil: there are none.
	Limits func() []Limit

	Snapshot func() measure.Live
	Begun    time.Time // start of the display
}

// Limit is a threshold of a test in progress.
type Limit struct {
	measure.Check
	Crossed bool // crossed by measured values; neither Crossed nor OK: unknown
}

// frame is one snapshot of a load test.
type frame struct {
	*Load
	live    *measure.Live
	elapsed time.Duration

	// Where it is drawn: the available columns, and whether in colour.
	room  int
	color bool
}

// Look takes a snapshot of the figures.
func (v *Load) Look() View {
	l := v.Snapshot()
	return &frame{Load: v, live: &l, elapsed: time.Since(v.Begun)}
}

// limits returns the thresholds.
func (f *frame) limits() []Limit {
	if f.Load.Limits == nil {
		return nil
	}
	return f.Load.Limits()
}

// course returns the position of the plan in its stages.
func (f *frame) course() (c load.Course) {
	if f.Course != nil {
		c = f.Course(f.elapsed)
	}
	return c
}

// target returns the present rate or number of users; 0 if unknown.
func (f *frame) target() float64 {
	switch {
	case f.Target != nil:
		return f.Target(f.elapsed)
	case f.Asked.Model == measure.ModelClosed:
		return float64(f.Asked.Concurrency)
	}
	return f.Asked.Rate
}

// progress is how far a test has advanced.
type progress struct {
	text     string        // for people, without the time that is left
	share    float64       // 0 to 1, if bounded
	left     time.Duration // if foreseen
	bounded  bool
	foreseen bool
}

// ending returns the remaining time, to follow the text; empty if unknown.
func (p progress) ending() string {
	if !p.foreseen || p.share >= 1 {
		return ""
	}
	return ", " + clock(p.left+time.Second-1) + " left"
}

// progress goes by time or by requests, whichever is nearer to its end.
func (f *frame) progress() progress {
	l, elapsed := f.live, f.elapsed
	warmUp := f.Asked.WarmUp.Duration()
	if elapsed < warmUp {
		return progress{text: "warm-up, " + clock(elapsed) + " of " + clock(warmUp), bounded: true,
			share: share(elapsed, warmUp), left: warmUp - elapsed, foreseen: true}
	}
	p := progress{text: clock(elapsed - warmUp)}
	if f.End > warmUp {
		p = progress{text: clock(min(elapsed, f.End)-warmUp) + " of " + clock(f.End-warmUp), bounded: true,
			share: share(elapsed-warmUp, f.End-warmUp), left: max(f.End-elapsed, 0), foreseen: true}
	}
	done := l.OK + l.Failed + l.Canceled
	if all := f.Asked.Requests; all > 0 && (!p.bounded || share(done, all) > p.share) {
		p = progress{text: units.Count(done) + " of " + units.Count(all), share: share(done, all), bounded: true}
		if rate := f.recentRate(); rate > 0 {
			seconds := float64(max(all-done, 0)) / rate
			p.foreseen = seconds < (1000 * time.Hour).Seconds()
			p.left = time.Duration(seconds * float64(time.Second))
		}
	}
	return p
}

// share returns the ratio of a part to a positive whole, at most 1.
func share[N time.Duration | int64](part, whole N) float64 {
	return min(float64(part)/float64(whole), 1)
}

// recentRate returns the recent number of responses per second.
func (f *frame) recentRate() float64 {
	r := &f.live.Recent
	return measure.PerSecond(r.OK+r.Failed, r.To-r.From)
}

// rateNow returns the number of responses in the last whole second, per second.
func (f *frame) rateNow() float64 {
	seconds := f.live.Seconds
	if len(seconds) == 0 {
		return 0
	}
	last := seconds[len(seconds)-1]
	return measure.PerSecond(last.OK+last.Failed, last.To-last.From)
}

// averageRate returns the number of responses per second since the warm-up.
func (f *frame) averageRate() float64 {
	return measure.PerSecond(f.live.OK+f.live.Failed, record.MicrosOf(f.elapsed)-f.Asked.WarmUp)
}

// clock formats a running time in whole seconds.
func clock(d time.Duration) string {
	d = d.Truncate(time.Second)
	if d < 100*time.Second {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return units.Seconds(record.MicrosOf(d))
}

// Plain returns the view as one line of a log, without its end. The rate and the percentiles are those of the last 10
// s.
func (f *frame) Plain() string {
	p, l := f.progress(), f.live
	p50, p99 := l.Recent.Response.Latency().P50, l.Recent.Response.Latency().P99
	parts := []string{
		units.PerSecond(f.recentRate()),
		units.Count(l.OK) + " ok",
		units.Count(l.Failed) + " failed",
	}
	if l.Failed > 0 {
		most := units.Tally(l.Classes, " ")
		parts[2] += " (" + strings.Join(most[:min(len(most), 3)], ", ") + ")"
	}
	parts = append(parts,
		fmt.Sprintf("p50 %s, p99 %s", units.SecondsOf(p50), units.SecondsOf(p99)),
		units.Count(l.InFlight)+" in flight")
	if l.Waiting > 0 {
		parts = append(parts, units.Count(l.Waiting)+" waiting")
	}
	if c := f.course(); c.N > 0 {
		parts = append(parts, fmt.Sprintf("stage %d of %d", c.N, c.Of))
	}
	for _, limit := range f.limits() {
		if limit.Crossed {
			parts = append(parts, record.Printable(limit.Threshold)+" crossed ("+record.Printable(limit.Measured)+")")
		}
	}
	return p.text + p.ending() + ": " + strings.Join(parts, ", ")
}
