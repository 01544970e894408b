package sched

import "math"

// doubt tells refusals that come together from those that come by chance. It is a CUSUM (Page, Continuous inspection
// schemes, 1954): each outcome moves a score by the logarithm of how much likelier it is under an overload than under
// the noise that the host is known to have.
type doubt struct {
	score   float64
	refused float64 // of outcomes, among those seen when the host was not under pressure; both fade
	seen    float64
	// of the outcomes since score was last 0, which count as noise only if no overload comes of them
	pendingRefused, pendingSeen float64
}

const (
	// What is believed before anything was seen: one refusal in fifty outcomes.
	priorSeen, priorNoise = 50, 0.02
	memory                = 500 // outcomes after which those before count half

	// How sure is sure: of a host about which nothing was found, of one that is kept below what was found, and of one that
	// is tried with more.
	sure, warned, trying = 6, 4, 1.5
)

// noise is the share of refusals that the host has whatever it is asked.
func (d *doubt) noise() float64 {
	return min((d.refused+priorNoise*priorSeen)/(d.seen+priorSeen), 0.4)
}

// add takes one outcome. Calm says that the host is asked clearly less than it was found to bear.
func (d *doubt) add(refused, calm bool) {
	q := d.noise()
	p := max(0.15, min(3*q, (1+q)/2))
	if refused {
		d.score += math.Log(p / q)
	} else {
		d.score = max(0, d.score+math.Log((1-p)/(1-q)))
	}
	d.pendingSeen++
	if refused {
		d.pendingRefused++
	}
	if calm || d.score == 0 {
		d.commit()
	}
}

func (d *doubt) commit() {
	d.refused += d.pendingRefused
	d.seen += d.pendingSeen
	d.pendingRefused, d.pendingSeen = 0, 0
	if d.seen > memory {
		d.refused, d.seen = d.refused/2, d.seen/2
	}
}

// settle forgets the score: an overload was dealt with.
func (d *doubt) settle() { d.score, d.pendingRefused, d.pendingSeen = 0, 0, 0 }
