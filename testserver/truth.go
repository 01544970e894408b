package testserver

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Truth is what a Handler has seen since it was created or reset.
type Truth struct {
	Start   time.Time        `json:"start"`  // creation of the Handler: all times count from here
	NowMS   float64          `json:"now_ms"` // when this was taken
	Total   Tally            `json:"total"`
	Clients map[string]Tally `json:"clients"` // by X-Client, otherwise by address; 1,000 of them, the rest under "(others)"
	Hosts   map[string]Tally `json:"hosts"`   // by Host header in lower case; likewise
	Hops    []Hop            `json:"hops"`    // the last 100,000 by arrival, oldest first
}

// Tally counts hops.
type Tally struct {
	Hops       int64         `json:"hops"`           // arrived
	InFlight   int64         `json:"in_flight"`      // arrived and not ended
	Peak       int64         `json:"peak_in_flight"` // maximum at once
	BusiestSec int64         `json:"busiest_second"` // maximum that arrived in any half-open second, [t, t+1s)
	Status     map[int]int64 `json:"status"`         // ended hops by status; 0 is no response, because the client had left
}

// Hop is one request as the server saw it. It ends when the last byte was handed to the network, the handler
// returned, or the client left, whichever came first.
type Hop struct {
	ArrivalMS float64 `json:"arrival_ms"`
	EndMS     float64 `json:"end_ms,omitempty"` // 0: still in flight
	Host      string  `json:"host"`
	Client    string  `json:"client"`
	Method    string  `json:"method"`
	Path      string  `json:"path"`   // decoded, without the query; the first 256 bytes
	Status    int     `json:"status"` // 0: no response, or none yet
}

const (
	maxHops    = 100_000
	chunkHops  = 1_000 // hops are stored in chunks, so that a short run needs little memory and a long one no copying
	maxTallies = 1_000 // hosts, and clients
	maxText    = 256   // of a path, host, client or method that is kept
	others     = "(others)"
)

// truth keeps a ledger. A short lock is taken when a hop arrives and when it ends. A hop that was in flight at a
// reset ends in the old ledger.
type truth struct {
	mu     sync.Mutex
	began  time.Time
	ledger *ledger
}

// ledger is the record of the hops, which are numbered from 0.
type ledger struct {
	n              uint64 // hops so far
	ring           [maxHops / chunkHops]*[chunkHops]Hop
	total          *party
	clients, hosts map[string]*party
}

// party is a group of hops that are counted together.
type party struct {
	name string
	Tally
	recent []time.Duration // arrivals of the last second, after the older ones
	old    int
}

func newParty(name string) *party {
	return &party{name: strings.Clone(name), Tally: Tally{Status: make(map[int]int64)}}
}

func (t *truth) start() {
	t.began = time.Now()
	t.reset()
}

func (t *truth) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ledger = &ledger{total: newParty(""), clients: make(map[string]*party), hosts: make(map[string]*party)}
}

// begin records the arrival of a hop, whose response goes to w.
func (t *truth) begin(w http.ResponseWriter, r *http.Request) *recorder {
	host, client, path := short(strings.ToLower(r.Host), r), short(client(r), r), short(r.URL.Path, r)
	method := short(r.Method, r)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Since(t.began) // under the lock, so that the order of hops is that of their arrival
	l := t.ledger
	rec := &recorder{ResponseWriter: w, truth: t, ledger: l, number: l.n, left: -1}
	rec.parties = [...]*party{l.total, find(l.hosts, host), find(l.clients, client)}
	if chunk := &l.ring[l.n%maxHops/chunkHops]; *chunk == nil {
		*chunk = new([chunkHops]Hop)
	}
	*l.at(l.n) = Hop{ArrivalMS: ms(now), Host: rec.parties[1].name, Client: rec.parties[2].name, Method: method, Path: path}
	l.n++
	for _, p := range rec.parties {
		p.arrive(now)
	}
	return rec
}

// arrive counts a hop. Of a window no more than maxHops are counted: beyond that, the busiest second is a lower
// bound.
func (p *party) arrive(now time.Duration) {
	for p.old < len(p.recent) && (now-p.recent[p.old] >= time.Second || len(p.recent)-p.old == maxHops) {
		p.old++
	}
	if p.old > len(p.recent)/2 {
		p.recent, p.old = slices.Delete(p.recent, 0, p.old), 0
	}
	p.recent = append(p.recent, now)
	p.Hops++
	p.InFlight++
	p.Peak = max(p.Peak, p.InFlight)
	p.BusiestSec = max(p.BusiestSec, int64(len(p.recent)-p.old))
}

func (l *ledger) at(number uint64) *Hop {
	i := number % maxHops
	return &l.ring[i/chunkHops][i%chunkHops]
}

func find(parties map[string]*party, name string) *party {
	if parties[name] == nil && len(parties) >= maxTallies {
		name = others
	}
	p := parties[name]
	if p == nil {
		p = newParty(name)
		parties[p.name] = p
	}
	return p
}

// client identifies the sender of a request.
func client(r *http.Request) string {
	if v := r.Header["X-Client"]; len(v) > 0 && v[0] != "" {
		return v[0]
	}
	return hostname(r.RemoteAddr)
}

// short shortens a text, and copies it so that it does not keep a long request line in memory.
func short(text string, r *http.Request) string {
	if len(text) > maxText {
		return strings.Clone(text[:maxText])
	}
	if len(r.RequestURI) > maxText {
		return strings.Clone(text)
	}
	return text
}

// Truth returns what the handler has seen. The hops, up to 100,000, are left out unless requested.
func (h *Handler) Truth(hops bool) Truth {
	t := &h.truth
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.ledger
	v := Truth{
		Start: t.began.UTC(), NowMS: ms(time.Since(t.began)), Total: l.total.copy(),
		Clients: copyParties(l.clients), Hosts: copyParties(l.hosts),
	}
	if !hops {
		return v
	}
	first := l.n - min(l.n, maxHops)
	v.Hops = make([]Hop, 0, l.n-first)
	for n := first; n < l.n; n++ {
		v.Hops = append(v.Hops, *l.at(n))
	}
	return v
}

func copyParties(parties map[string]*party) map[string]Tally {
	all := make(map[string]Tally, len(parties))
	for name, p := range parties {
		all[name] = p.copy()
	}
	return all
}

func (t Tally) copy() Tally {
	t.Status = maps.Clone(t.Status)
	return t
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// serveTruth serves /__truth, which is not a hop itself.
func (h *Handler) serveTruth(w http.ResponseWriter, r *http.Request, rest string) *refusal {
	switch {
	case r.Method == http.MethodDelete && rest == "", r.Method == http.MethodPost && rest == "/reset":
		h.reset()
		w.WriteHeader(http.StatusNoContent)
	case rest != "":
		return refuse(http.StatusNotFound, "write /__truth, with ?hops=0 for the counts alone; DELETE /__truth or POST /__truth/reset to begin anew")
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(h.Truth(r.URL.Query().Get("hops") != "0")) // an error means that the client left
	default:
		return refuseMethod(w, "GET, HEAD, DELETE", "GET, HEAD or DELETE /__truth, or POST /__truth/reset")
	}
	return nil
}

// recorder records the status of the response to a hop, and its end.
type recorder struct {
	http.ResponseWriter
	truth   *truth
	ledger  *ledger
	number  uint64 // of the hop
	parties [3]*party
	status  int
	left    int64 // bytes still to be written, by Content-Length; -1: not known
	ended   bool
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
		if v := r.Header()["Content-Length"]; len(v) == 1 {
			if n, err := strconv.ParseInt(v[0], 10, 64); err == nil {
				r.left = n
			}
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write ends the hop before the last byte is sent: after it the client is free, and may send another request
// before this handler has returned, which would show more in flight than there ever were.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.left > 0 {
		if r.left -= int64(len(p)); r.left <= 0 {
			r.end()
		}
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// end records that the hop has ended. Further calls do nothing.
func (r *recorder) end() {
	if r.ended {
		return
	}
	r.ended = true
	r.truth.mu.Lock()
	defer r.truth.mu.Unlock()
	if r.number+maxHops >= r.ledger.n { // the hop is still kept
		hop := r.ledger.at(r.number)
		hop.EndMS = ms(max(time.Since(r.truth.began), 1)) // never 0, which means in flight
		hop.Status = r.status
	}
	for _, p := range r.parties {
		p.InFlight--
		p.Status[r.status]++
	}
}
