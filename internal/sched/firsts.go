package sched

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
