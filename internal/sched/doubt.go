package sched

import "math"

// doubt tells refusals that come together from those that come by chance. It is a CUSUM (Page, Continuous inspection
// schemes, 1954): each outcome moves a score by the logarithm of how much likelier it is under an overload than under
// the noise that the host is known to have. Noise is what slowing down does not mend: the share of refusals before the
// host was ever slowed down, and in trials since; see learned.trial.
type doubt struct {
	score         float64
	recent        float64                         // the share of refusals of late
	refused, seen float64                         // outcomes in calm; those long ago count less
	since         struct{ refused, seen float64 } // the score was 0; they count unless an overload comes of them
}

const (
	priorNoise = 0.005 // what is believed before anything was seen …
	priorSeen  = 40    // … as if that had been seen in so many outcomes
	mostNoise  = 0.4
	late       = 150 // outcomes
	memory     = 500 // outcomes after which those before count half

	noisy  = 0.01 // from here on, a refusal alone means little
	sure   = 12   // the score at which refusals have come together; by chance it is reached once in e^12 outcomes
	likely = 8    // the same for a host that is paced already
	warned = 4    // the same for a host that is known to have a limit, and no noise
)

// noise is the share of refusals that the host has whatever it is asked.
func (d *doubt) noise() float64 {
	return max(priorNoise, min((d.refused+priorNoise*priorSeen)/(d.seen+priorSeen), d.recent, mostNoise))
}

// add takes one outcome.
func (d *doubt) add(refused, calm bool) {
	q := d.noise()
	p := max(0.4, min(3*q, (1+q)/2))
	d.recent -= d.recent / late
	if refused {
		d.recent += 1. / late
	}
	if refused {
		d.score += math.Log(p / q)
	} else {
		d.score = max(0, d.score+math.Log((1-p)/(1-q)))
	}
	if !calm {
		return
	}
	d.since.seen++
	if refused {
		d.since.refused++
	}
	if d.score == 0 {
		d.refused += d.since.refused
		d.seen += d.since.seen
		d.since.refused, d.since.seen = 0, 0
	}
	if d.seen > memory {
		d.refused, d.seen = d.refused/2, d.seen/2
	}
}

// dealt forgets the score, since the overload was dealt with.
func (d *doubt) dealt() {
	d.score, d.since.refused, d.since.seen = 0, 0, 0
}

// tell sets what the noise was found to be.
func (d *doubt) tell(share float64) {
	d.refused, d.seen, d.recent = share*memory/4, memory/4, share
}
