package measure

import (
	"cmp"
	"errors"
	"net"
	"slices"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// Interval holds the figures of one second of a load test. The figures of a whole test are computed only from its
// intervals, so that a report from a journal equals the live one.
type Interval struct {
	From   record.Micros `json:"from_ms"` // from the start of the run, warm-up included
	To     record.Micros `json:"to_ms"`
	WarmUp bool          `json:"warm_up,omitempty"` // it counts only in LoadSummary.WarmUp

	OK       int64         `json:"ok"` // by when they ended
	Failed   int64         `json:"failed"`
	Canceled int64         `json:"canceled,omitempty"`
	Sent     int64         `json:"sent"`           // sent in it, whenever they ended
	InFlight int64         `json:"in_flight"`      // at its end
	Peak     int64         `json:"peak_in_flight"` // maximum seen in it
	Waiting  int64         `json:"waiting"`        // due and not sent, at its end
	Bytes    int64         `json:"bytes"`
	Wire     int64         `json:"wire_bytes"`
	Opened   int64         `json:"opened"`
	Reused   int64         `json:"reused"`
	CPU      record.Micros `json:"cpu_ms"`      // of this process
	LastDue  record.Micros `json:"last_due_ms"` // of the requests that ended in it
	LastEnd  record.Micros `json:"last_end_ms"` // of those among them that were not cancelled

	Times
	Lag      Distribution `json:"lag"`
	Phases   Phases       `json:"phases"`
	Statuses Counts       `json:"statuses,omitempty"`
	Classes  Counts       `json:"classes,omitempty"`
	Retried  Counts       `json:"retried,omitempty"`
	Errors   Errors       `json:"errors,omitempty"`
	Notes    Counts       `json:"notes,omitempty"`
}

// each returns the distributions, the phases last.
func (i *Interval) each() []*Distribution {
	times := i.Times.each()
	all := append(times[:], &i.Lag)
	for p := range i.Phases {
		all = append(all, &i.Phases[p])
	}
	return all
}

// Merge adds another interval, which follows i or is concurrent with it.
func (i *Interval) Merge(other *Interval) {
	i.From, i.To = min(i.From, other.From), max(i.To, other.To)
	i.InFlight, i.Waiting = other.InFlight, other.Waiting
	i.Peak = max(i.Peak, other.Peak)
	i.mergeEnded(other)
	for p := range i.Phases {
		i.Phases[p].Merge(&other.Phases[p])
	}
}

// Shift moves the interval in time.
func (i *Interval) Shift(by record.Micros) {
	for _, at := range []*record.Micros{&i.From, &i.To, &i.LastDue, &i.LastEnd} {
		*at += by
	}
}

// mergeEnded adds the ended requests, without the phases.
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
	i.Retried.merge(other.Retried)
	i.Errors.merge(other.Errors)
	i.Notes.merge(other.Notes)
}

// clone returns a copy without the phases that shares nothing with i.
func (i *Interval) clone() Interval {
	c := *i
	c.Phases = Phases{}
	for _, d := range c.each() {
		*d = d.Clone()
	}
	c.Statuses, c.Classes, c.Retried = cloned(i.Statuses), cloned(i.Classes), cloned(i.Retried)
	c.Notes, c.Errors = cloned(i.Notes), cloned(i.Errors)
	return c
}

// ended returns how many requests ended in the interval.
func (i *Interval) ended() int64 { return i.OK + i.Failed + i.Canceled }

// add adds one result, and reports whether it is in the figures: cancelled requests are not, except for the responses
// before. Timeout is the minimum time that a time-out counts for: see Times.
func (i *Interval) add(r *fetcher.Result, timeout time.Duration) bool {
	i.LastDue = max(i.LastDue, record.MicrosOf(r.Due))
	i.addAttempts(r)
	kind := kindOf(r.Err)
	switch {
	case kind == fetcher.KindNone:
		i.OK++
	case givenUp(kind):
		i.Canceled++
		return false
	default:
		i.Failed++
		i.Classes.add(kind.String(), 1)
		i.Errors.add(kind.String(), r)
	}
	i.Times.add(r, timeout)
	i.LastEnd = max(i.LastEnd, record.MicrosOf(r.End()))
	i.Lag.Add(record.MicrosOf(r.Lag))
	i.Bytes += r.Bytes
	i.Wire += r.WireBytes
	for _, note := range r.Notes {
		i.Notes.add(note, 1)
	}
	return true
}

// addAttempts counts the outcome of each attempt that was not cancelled, and of each of its hops.
func (i *Interval) addAttempts(r *fetcher.Result) {
	if again := resends(r); again > 0 {
		i.Retried.add(connReset, again)
	}
	for n := range r.Attempts {
		a := &r.Attempts[n]
		if a.Err != nil && givenUp(a.Err.Kind) {
			continue
		}
		if a.Err != nil && n < len(r.Attempts)-1 {
			i.Retried.add(a.Err.Kind.String(), 1)
		}
		for h := range a.Hops {
			i.addHop(&a.Hops[h])
		}
	}
}

// resends returns how often the transport sent a hop of the result again by itself, because the connection ended before
// there was a response. A hop that follows a response is a redirect.
func resends(r *fetcher.Result) (n int64) {
	if !slices.Contains(r.Notes, fetcher.NoteTransportRetry) {
		return 0
	}
	for _, a := range r.Attempts {
		for h := 1; h < len(a.Hops); h++ {
			if a.Hops[h-1].Status == 0 {
				n++
			}
		}
	}
	return n
}

var connReset = fetcher.KindConnReset.String()

func (i *Interval) addHop(h *fetcher.Hop) {
	if h.Status != 0 {
		i.Statuses.add(statusName(h.Status), 1)
	}
	if h.Reused {
		i.Reused++
	}
	for p, time := range phaseTimes(&h.Phases) {
		if time > 0 { // the phase occurred
			i.Phases[p].Add(record.MicrosOf(time))
		}
	}
}

// givenUp reports whether a request was cancelled with its run, rather than failing by itself.
func givenUp(kind fetcher.Kind) bool {
	return kind == fetcher.KindCanceled || kind == fetcher.KindDeadline
}

// kindOf returns the class of a result's error.
func kindOf(err error) fetcher.Kind {
	if err == nil {
		return fetcher.KindNone
	}
	if e, ok := errors.AsType[*fetcher.Error](err); ok {
		return e.Kind
	}
	return fetcher.KindProtocol
}

// Phases are the times of each of fetcher.Phases, in order.
type Phases [7]Distribution

// Times are the times of requests that were not cancelled, with successes and failures separate.
type Times struct {
	Response       Distribution `json:"response"` // of the successes
	Service        Distribution `json:"service"`
	FailedResponse Distribution `json:"failed_response"`
	FailedService  Distribution `json:"failed_service"`

	// The failures as they count among all requests: a time-out for at least the request's time limit, so that a shorter
	// limit does not improve the figures.
	CountedResponse Distribution `json:"counted_response"`
	CountedService  Distribution `json:"counted_service"`
}

func (t *Times) each() [6]*Distribution {
	return [...]*Distribution{&t.Response, &t.Service, &t.FailedResponse, &t.FailedService, &t.CountedResponse, &t.CountedService}
}

func (t *Times) add(r *fetcher.Result, timeout time.Duration) {
	response, service := record.MicrosOf(r.Response), record.MicrosOf(r.Service)
	if r.Err == nil {
		t.Response.Add(response)
		t.Service.Add(service)
		return
	}
	t.FailedResponse.Add(response)
	t.FailedService.Add(service)
	least := record.Micros(0)
	if timedOut(r.Err) {
		least = record.MicrosOf(cmp.Or(r.Request.Timeout, timeout))
	}
	t.CountedResponse.Add(max(response, least))
	t.CountedService.Add(max(service, least))
}

// timedOut reports whether a failure was a time-out, including that of a name server, which has another kind.
func timedOut(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return kindOf(err).Timeout() || ok && dns.IsTimeout
}

func (t *Times) merge(other *Times) {
	others := other.each()
	for i, d := range t.each() {
		d.Merge(others[i])
	}
}

func (t *Times) latencies() (response, service Latencies) {
	return latenciesOf(&t.Response, &t.FailedResponse, &t.CountedResponse), latenciesOf(&t.Service, &t.FailedService, &t.CountedService)
}

func latenciesOf(ok, failed, counted *Distribution) Latencies {
	all := ok
	if counted.n > 0 {
		all = new(ok.Clone())
		all.Merge(counted)
	}
	return Latencies{All: all.known(), OK: ok.known(), Failed: failed.known()}
}

// check rejects distributions that do not match the number of requests. Lines of older versions do not say how failures
// count; there they count for the time that they took.
func (t *Times) check(ok, failed int64) error {
	if t.CountedResponse.n == 0 && t.CountedService.n == 0 {
		t.CountedResponse, t.CountedService = t.FailedResponse.Clone(), t.FailedService.Clone()
	}
	for i, d := range t.each() {
		if i < 2 && d.n != ok || i >= 2 && d.n != failed {
			return errors.New("its histograms do not match ok and failed")
		}
	}
	return nil
}
