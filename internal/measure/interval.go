package measure

import (
	"errors"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

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

// each gives the distributions, the phases last.
func (i *Interval) each() []*Distribution {
	times := i.Times.each()
	all := append(times[:], &i.Lag)
	for p := range i.Phases {
		all = append(all, &i.Phases[p])
	}
	return all
}

// Merge makes i what both come to, where the other follows upon it or stands beside it.
func (i *Interval) Merge(other *Interval) {
	i.From, i.To = min(i.From, other.From), max(i.To, other.To)
	i.InFlight, i.Waiting = other.InFlight, other.Waiting
	i.Peak = max(i.Peak, other.Peak)
	i.mergeEnded(other)
	for p := range i.Phases {
		i.Phases[p].Merge(&other.Phases[p])
	}
}

// Shift moves the interval by a time.
func (i *Interval) Shift(by record.Micros) {
	for _, at := range []*record.Micros{&i.From, &i.To, &i.LastDue, &i.LastEnd} {
		*at += by
	}
}

// mergeEnded adds what has ended, without the phases.
func (i *Interval) mergeEnded(other *Interval) {
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
	c.Phases = Phases{}
	for _, d := range c.each() {
		*d = d.Clone()
	}
	c.Statuses, c.Classes, c.Notes, c.Errors = cloned(i.Statuses), cloned(i.Classes), cloned(i.Notes), cloned(i.Errors)
	return c
}

// ended is how many requests ended in it.
func (i *Interval) ended() int64 { return i.OK + i.Failed + i.Canceled }

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

// Phases are the times of each of fetcher.Phases, in their order.
type Phases [7]Distribution

// Times are those of requests that were not given up, successes and failures apart.
type Times struct {
	Response       Distribution `json:"response"` // of the successes
	Service        Distribution `json:"service"`
	FailedResponse Distribution `json:"failed_response"`
	FailedService  Distribution `json:"failed_service"`
}

func (t *Times) each() [4]*Distribution {
	return [...]*Distribution{&t.Response, &t.Service, &t.FailedResponse, &t.FailedService}
}

func (t *Times) add(ok bool, response, service record.Micros) {
	if ok {
		t.Response.Add(response)
		t.Service.Add(service)
		return
	}
	t.FailedResponse.Add(response)
	t.FailedService.Add(service)
}

func (t *Times) merge(other *Times) {
	others := other.each()
	for i, d := range t.each() {
		d.Merge(others[i])
	}
}

func (t *Times) latencies() (response, service Latencies) {
	return Latencies{t.Response.Latency(), t.FailedResponse.Latency()}, Latencies{t.Service.Latency(), t.FailedService.Latency()}
}

// check refuses times that are not as many as the requests.
func (t *Times) check(ok, failed int64) error {
	if ok != t.Response.N() || ok != t.Service.N() || failed != t.FailedResponse.N() || failed != t.FailedService.N() {
		return errors.New("its histograms do not have as many times as ok and failed say")
	}
	return nil
}
