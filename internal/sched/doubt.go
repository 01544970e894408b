package sched

import "math"

// doubt tells refusals that come together from those that come by chance. It is a CUSUM (Page, Continuous inspection
// schemes, 1954): each outcome moves a score by the logarithm of how much likelier it is under an overload than under
// the noise that the host is known to have. Noise is what slowing down does not mend: the share of refusals before the
// host was ever slowed down, and in trials since; see trial.
type doubt struct {
	score         float64
	recent        float64 // the share of refusals of late
	refused, seen float64 // outcomes that count as noise; those long ago count less

	// Outcomes since the score was 0, which count as noise unless an overload comes of them.
	pendingRefused, pendingSeen float64
}

const (
	priorNoise = 0.005 // what is believed before anything was seen …
	priorSeen  = 40    // … as if that had been seen in so many outcomes
	mostNoise  = 0.4
	late       = 100 // outcomes are of late
	memory     = 500 // outcomes after which those before count half

	noisy  = 0.01 // from here on, a refusal alone means little
	sure   = 12   // the score at which refusals have come together; by chance it is reached once in e^12 outcomes
	likely = 8    // the same for a host that is known to have a limit
	warned = 4    // the same for one that is known to have a limit, and no noise: one refusal
)

// noise is the share of refusals that the host has whatever it is asked.
func (d *doubt) noise() float64 {
	share := (d.refused + priorNoise*priorSeen) / (d.seen + priorSeen)
	return max(priorNoise, min(share, d.recent, mostNoise))
}

// isNoisy reports whether a refusal alone means little. One that came first may have been the limit.
func (d *doubt) isNoisy() bool { return d.noise() >= noisy && d.refused >= 2 }

// add takes one outcome; calm says that the host was never slowed down.
func (d *doubt) add(refused, calm bool) {
	q := d.noise()
	p := max(mostNoise, min(3*q, (1+q)/2)) // the least share of refusals under an overload; more than q
	d.recent -= d.recent / late
	d.pendingSeen++
	switch {
	case refused:
		d.recent += 1. / late
		d.pendingRefused++
		d.score += math.Log(p / q)
	case d.score > 0: // else it stays 0, and nearly always is: no logarithm then
		d.score = max(0, d.score+math.Log((1-p)/(1-q)))
	}
	if !calm {
		d.pendingRefused, d.pendingSeen = 0, 0
	}
	if d.score > 0 {
		return
	}
	d.refused += d.pendingRefused
	d.seen += d.pendingSeen
	d.pendingRefused, d.pendingSeen = 0, 0
	if d.seen > memory {
		d.refused, d.seen = d.refused/2, d.seen/2
	}
}

// settle forgets the score, since there was something in it.
func (d *doubt) settle() { d.score, d.pendingRefused, d.pendingSeen = 0, 0, 0 }

// found sets what the noise was found to be.
func (d *doubt) found(share float64) {
	d.refused, d.seen, d.recent = share*memory/4, memory/4, share
}

// contradicted reports whether far more is refused of late than the noise that was found, and forgets that then.
func (d *doubt) contradicted() bool {
	noise := d.refused / max(d.seen, 1)
	if noise < noisy || d.recent < 2*noise+0.1 {
		return false
	}
	d.refused, d.seen = 0, 0
	return true
}

// firsts tells a host that turns each request away the first time, whatever it is asked, and serves it the second time: a
// cache that has to be filled, a job that has to be done. A limit would now and then serve one the first time, or refuse one
// again.
type firsts struct {
	turned bool // one was refused the first time, and none that came again was served since
	turns  int  // how often one that came again was served after that, without exception
}

const firstsAlways = 10 // turns

// firstRefused takes an outcome, and reports whether it is such a refusal, which says nothing of the host's pace.
func (f *firsts) firstRefused(hop *Hop, refused bool) bool {
	first := hop.Refusals == 0
	switch {
	case first != refused: // an exception
		*f = firsts{}
	case first:
		f.turned = true
	case f.turned:
		f.turned = false
		f.turns++
	}
	return first && f.turns >= firstsAlways
}
