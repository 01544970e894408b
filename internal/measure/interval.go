package measure

import "example.com/fetch/internal/record"

// Interval is what one second of a load test comes to. The figures of a whole test are made from its intervals and
// from nothing else, so that a report from a journal is the live one.
type Interval struct {
	From   record.Micros `json:"from_ms"` // from the beginning of the run, warm-up included
	To     record.Micros `json:"to_ms"`
	WarmUp bool          `json:"warm_up,omitempty"` // it counts nowhere but in LoadSummary.WarmUp

	OK       int64         `json:"ok"` // by when they ended
	Failed   int64         `json:"failed"`
	Canceled int64         `json:"canceled,omitempty"`
	Sent     int64         `json:"sent"`           // in it, whenever they ended
	InFlight int64         `json:"in_flight"`      // at its end
	Peak     int64         `json:"peak_in_flight"` // in it, as far as it was seen
	Waiting  int64         `json:"waiting"`        // due and not sent, at its end
	Bytes    int64         `json:"bytes"`
	Wire     int64         `json:"wire_bytes"`
	Opened   int64         `json:"opened"`
	Reused   int64         `json:"reused"`
	CPU      record.Micros `json:"cpu_ms"`      // of this process
	LastDue  record.Micros `json:"last_due_ms"` // of the requests that ended in it
	LastEnd  record.Micros `json:"last_end_ms"` // of those among them that were not given up

	Times
	Lag      Distribution `json:"lag"`
	Phases   Phases       `json:"phases"`
	Statuses Counts       `json:"statuses,omitempty"`
	Classes  Counts       `json:"classes,omitempty"`
	Errors   Errors       `json:"errors,omitempty"`
	Notes    Counts       `json:"notes,omitempty"`
}

// merge makes i what both come to, where the other follows upon it or stands beside it.
func (i *Interval) merge(other *Interval) {
	i.From, i.To = min(i.From, other.From), max(i.To, other.To)
	i.InFlight, i.Waiting = other.InFlight, other.Waiting
	i.Peak = max(i.Peak, other.Peak)
	i.mergeCounts(other)
	for p := range i.Phases {
		i.Phases[p].Merge(&other.Phases[p])
	}
}

// mergeCounts adds what has ended: all but the phases.
func (i *Interval) mergeCounts(other *Interval) {
	i.OK += other.OK
	i.Failed += other.Failed
	i.Canceled += other.Canceled
	i.Sent += other.Sent
	i.Bytes += other.Bytes
	i.Wire += other.Wire
	i.Opened += other.Opened
	i.Reused += other.Reused
	i.CPU += other.CPU
	i.LastDue = max(i.LastDue, other.LastDue)
	i.LastEnd = max(i.LastEnd, other.LastEnd)
	i.Times.merge(&other.Times)
	i.Lag.Merge(&other.Lag)
	i.Statuses.merge(other.Statuses)
	i.Classes.merge(other.Classes)
	i.Errors.merge(other.Errors)
	i.Notes.merge(other.Notes)
}

// clone is a copy without the phases that shares nothing with i.
func (i *Interval) clone() Interval {
	c := *i
	for _, d := range c.Times.each() {
		*d = d.Clone()
	}
	c.Lag = c.Lag.Clone()
	c.Phases = Phases{}
	c.Statuses, c.Classes, c.Notes, c.Errors = i.Statuses.clone(), i.Classes.clone(), i.Notes.clone(), i.Errors.clone()
	return c
}

// ended is how many requests ended in it.
func (i *Interval) ended() int64 { return i.OK + i.Failed + i.Canceled }

// pack gives back what memory is not needed once nothing is added any more.
func (i *Interval) pack() {
	for _, d := range i.Times.each() {
		d.pack()
	}
	i.Lag.pack()
	for p := range i.Phases {
		i.Phases[p].pack()
	}
}

// Phases are the times of each of fetcher.Phases, in their order.
type Phases [7]Distribution
