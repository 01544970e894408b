package live

import (
	"fmt"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// Load is what has to be known of a plan to show how its test goes. Its methods are safe for concurrent use.
type Load struct {
	Asked measure.Asked

	// End is when requests cease to be due, from the beginning of the run, warm-up included. 0: when Asked.Requests are done,
	// or never.
	End time.Duration

	// Target is the rate or the number of users that is asked for at a time of the run, for plans with stages. Nil: that of
	// Asked, which is 0 where it has stages.
	Target func(at time.Duration) float64
}

// target is the rate or the number of users asked for now; 0 where that is not known.
func (v Load) target(elapsed time.Duration) float64 {
	switch {
	case v.Target != nil:
		return v.Target(elapsed)
	case v.Asked.Model == measure.ModelClosed:
		return float64(v.Asked.Concurrency)
	}
	return v.Asked.Rate
}

// progress is how far a test has come.
type progress struct {
	text     string        // for people, without the time that is left
	share    float64       // 0 to 1, if bounded
	left     time.Duration // if foreseen
	bounded  bool
	foreseen bool
}

// ending is how long it will still take, to follow the text; empty where that is not known.
func (p progress) ending() string {
	if !p.foreseen || p.share >= 1 {
		return ""
	}
	return ", " + clock(p.left+time.Second-1) + " left"
}

// progress goes by time or by requests, whichever is nearer to its end.
func (v Load) progress(l *measure.Live, elapsed time.Duration) progress {
	warmUp := v.Asked.WarmUp.Duration()
	if elapsed < warmUp {
		return progress{text: "warm-up, " + clock(elapsed) + " of " + clock(warmUp), bounded: true,
			share: share(elapsed, warmUp), left: warmUp - elapsed, foreseen: true}
	}
	p := progress{text: clock(elapsed - warmUp)}
	if v.End > warmUp {
		p = progress{text: clock(min(elapsed, v.End)-warmUp) + " of " + clock(v.End-warmUp), bounded: true,
			share: share(elapsed-warmUp, v.End-warmUp), left: max(v.End-elapsed, 0), foreseen: true}
	}
	done := l.OK + l.Failed + l.Canceled
	if all := v.Asked.Requests; all > 0 && (!p.bounded || share(done, all) > p.share) {
		p = progress{text: units.Count(done) + " of " + units.Count(all), share: share(done, all), bounded: true}
		if rate := recentRate(l); rate > 0 {
			seconds := float64(max(all-done, 0)) / rate
			p.foreseen = seconds < (1000 * time.Hour).Seconds()
			p.left = time.Duration(seconds * float64(time.Second))
		}
	}
	return p
}

// share is how much of a whole, which is above 0, a part is: 1 at the most.
func share[N time.Duration | int64](part, whole N) float64 {
	return min(float64(part)/float64(whole), 1)
}

// recentRate is how many answers a second there have been of late.
func recentRate(l *measure.Live) float64 {
	return perSecond(l.Recent.OK+l.Recent.Failed, l.Recent.For)
}

// rateNow is how many answers there were in the last whole second, a second.
func rateNow(l *measure.Live) float64 {
	if len(l.Seconds) == 0 {
		return 0
	}
	last := l.Seconds[len(l.Seconds)-1]
	return perSecond(last.OK+last.Failed, last.To-last.From)
}

// averageRate is how many answers a second there have been since the warm-up.
func (v Load) averageRate(l *measure.Live, elapsed time.Duration) float64 {
	return perSecond(l.OK+l.Failed, record.MicrosOf(elapsed)-v.Asked.WarmUp)
}

// perSecond is 0 where no time has passed.
func perSecond(n int64, time record.Micros) float64 {
	if time <= 0 {
		return 0
	}
	return float64(n) / time.Duration().Seconds()
}

// clock is a time that goes on while one looks: in whole seconds.
func clock(d time.Duration) string {
	d = d.Truncate(time.Second)
	if d < 100*time.Second {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return units.Seconds(record.MicrosOf(d))
}
