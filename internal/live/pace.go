package live

import (
	"math"
	"time"
)

const (
	rateOver = 5 * time.Second  // the rate shown is of about this long
	etaOver  = 30 * time.Second // the time left is foretold from about this long: slow answers come in bunches
	etaMax   = 100 * 24 * time.Hour
)

// pace is how fast results come: two exponentially weighted means, of recent and of less recent progress.
type pace struct {
	begin, at, lastDone time.Time
	done, first         int64
	recent, longer      float64 // results a second, before the correction in mean
}

// start begins at now, with done results made already.
func (p *pace) start(now time.Time, done int64) {
	*p = pace{begin: now, at: now, lastDone: now, done: done, first: done}
}

// add notes that done results have been made by now.
func (p *pace) add(now time.Time, done int64) {
	dt := now.Sub(p.at)
	if dt <= 0 {
		return
	}
	made := done - p.done
	if made > 0 {
		p.lastDone = now
	}
	speed := float64(made) / dt.Seconds()
	p.recent += (1 - fade(dt, rateOver)) * (speed - p.recent)
	p.longer += (1 - fade(dt, etaOver)) * (speed - p.longer)
	p.at, p.done = now, done
}

// rate is the recent number of results a second.
func (p *pace) rate() float64 { return p.mean(p.recent, rateOver) }

// eta is how long left more results will take. It is unknown before the first result, and again when there has been
// none for so long, or for longer than all the rest should take, that the past says nothing.
func (p *pace) eta(now time.Time, left int64) (time.Duration, bool) {
	if left <= 0 {
		return 0, true
	}
	speed := p.mean(p.longer, etaOver)
	if p.done == p.first || now.Sub(p.lastDone) > etaOver || speed <= 0 {
		return 0, false
	}
	seconds := float64(left) / speed
	if seconds > etaMax.Seconds() || seconds < now.Sub(p.lastDone).Seconds() { // the rest is slower than what was
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// mean corrects an average that began at zero for the short time it has had: at first it is the plain mean.
func (p *pace) mean(weighted float64, over time.Duration) float64 {
	if age := p.at.Sub(p.begin); age > 0 {
		return weighted / (1 - fade(age, over))
	}
	return 0
}

// fade is how much of what was seen dt ago still counts.
func fade(dt, over time.Duration) float64 { return math.Exp(-dt.Seconds() / over.Seconds()) }
