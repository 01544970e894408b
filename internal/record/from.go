package record

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// From returns the record of a result. The record shares no mutable memory with it, and contains no secret of
// the request: see package secret. All times are truncated to whole microseconds, Service is the sum of the
// hops' times in the record, and Response the sum of its four parts, so that every identity that holds for the
// result holds exactly for the record.
func From(res *fetcher.Result) *Record {
	req := res.Request
	if req == nil {
		req = &fetcher.Request{}
	}
	m := shown{secret.Of(req, res.Cookies...)}
	r := newRecord(len(res.Attempts))
	r.Seq, r.Page = res.Seq, res.Page
	r.Method = req.Method
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	r.URL = m.url()
	r.FinalURL = m.backURL(res.FinalURL)
	r.Name = text(req.Name)
	r.Row = m.row(req.Row)
	r.Status = res.Status
	r.OK = res.Err == nil
	r.Class, r.Error = m.failure(res.Err)
	r.Rows = m.answers(req.Rows, r)
	r.ID, r.KeyedID = m.id(req)
	for i := range res.Attempts {
		m.attempt(&r.Attempts[i], &res.Attempts[i])
		for j := range r.Attempts[i].Hops {
			r.Service += r.Attempts[i].Hops[j].Time()
		}
		r.Backoff += r.Attempts[i].Backoff
	}
	r.Host = hostOf(r, req)

	r.Due = MicrosOf(res.Due)
	r.Queue = MicrosOf(res.Queue)
	r.Limiter = MicrosOf(res.Limiter)
	r.Response = r.Queue + r.Limiter + r.Service + r.Backoff

	r.Bytes, r.WireBytes = res.Bytes, res.WireBytes
	r.ContentType = m.back(res.Header.Get("Content-Type"))
	r.ETag = m.back(res.Header.Get("Etag"))
	r.Digest = res.Digest
	r.Notes = res.Notes
	r.More = res.More
	m.keep(r, res.Value)
	return r
}

// newRecord returns a record with n attempts. Most records have one attempt of one hop: one allocation serves
// them.
func newRecord(n int) *Record {
	if n != 1 {
		return &Record{Attempts: make([]Attempt, n)}
	}
	one := &struct {
		Record
		attempts [1]Attempt
		hops     [1]Hop
	}{}
	one.attempts[0].Hops = one.hops[:0:1]
	one.Attempts = one.attempts[:]
	return &one.Record
}

// failure returns the class of an error and its message, which does not repeat the class.
func (m shown) failure(err error) (class, words string) {
	if err == nil {
		return "", ""
	}
	if e, ok := errors.AsType[*fetcher.Error](err); ok {
		class = e.Kind.String()
		words = e.Kind.Error()
		if e.Err != nil {
			words = e.Err.Error()
		}
		return class, m.back(words)
	}
	return fetcher.KindProtocol.String(), m.back(err.Error())
}

func (m shown) attempt(to *Attempt, a *fetcher.Attempt) {
	to.Start, to.Backoff = MicrosOf(a.Start), MicrosOf(a.Backoff)
	to.Status = a.Status
	to.RetryAfter, to.Requeued = max(MicrosOf(a.RetryAfter), 0), a.Requeued
	if a.Err != nil {
		to.Class, to.Error = m.failure(a.Err)
	}
	for i := range a.Hops {
		h := &a.Hops[i]
		to.Hops = append(to.Hops, Hop{
			URL: m.backURL(h.URL), Host: m.backHost(h), Status: h.Status, Start: MicrosOf(h.Start),
			Queue: MicrosOf(h.Queue), Limiter: MicrosOf(h.Limiter),
			Proto: h.Proto, Remote: h.Remote, Reused: h.Reused,
			Phases: Phases{
				Blocked: MicrosOf(h.Phases.Blocked), DNS: MicrosOf(h.Phases.DNS), Connect: MicrosOf(h.Phases.Connect),
				TLS: MicrosOf(h.Phases.TLS), Send: MicrosOf(h.Phases.Send), Wait: MicrosOf(h.Phases.Wait),
				Receive: MicrosOf(h.Phases.Receive),
			},
		})
	}
}

// hostOf returns the host of the request: that of the first hop, or for a request that was never sent that of
// its URL.
func hostOf(r *Record, req *fetcher.Request) string {
	if len(r.Attempts) > 0 && len(r.Attempts[0].Hops) > 0 {
		return r.Attempts[0].Hops[0].Host
	}
	return web.HostOf(req.URL)
}

// shown prepares the parts of a request and its result for a record: without secrets, and valid for JSON.
type shown struct{ *secret.Request }

func (s shown) url() string { return text(s.ShownURL()) }

// backURL and back prepare data of the response.
func (s shown) backURL(raw string) string { return text(s.BackURL(raw)) }
func (s shown) back(words string) string  { return text(s.Back(words)) }

// backHost returns the host of a hop, which a server may have redirected to.
func (s shown) backHost(h *fetcher.Hop) string {
	if h.URL == s.URLAsked() {
		return h.Host
	}
	return s.back(h.Host)
}

func (s shown) row(row fetcher.Row) fetcher.Row { return storableRow(s.ShownRow(row)) }

// storableRow returns a row as JSON can represent it.
func storableRow(row fetcher.Row) fetcher.Row {
	return changed(row, func(cell fetcher.Cell) (fetcher.Cell, bool) {
		shown := fetcher.Cell{Column: text(cell.Column), Value: text(cell.Value)}
		return shown, shown != cell
	})
}

// changed applies change to the elements of a slice, in a copy if necessary.
func changed[S ~[]T, T any](all S, change func(T) (T, bool)) S {
	same := all
	for i, one := range all {
		other, ok := change(one)
		if !ok {
			continue
		}
		if &same[0] == &all[0] {
			same = slices.Clone(all)
		}
		same[i] = other
	}
	return same
}

// text returns s as JSON can represent it, so that a record that was stored and read again equals the original.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
