package testserver

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Truth is what a Handler saw since it was made, or reset.
type Truth struct {
	Start   time.Time        `json:"start"`  // when the Handler was made: all times count from here
	NowMS   float64          `json:"now_ms"` // when this was taken
	Total   Tally            `json:"total"`
	Clients map[string]Tally `json:"clients"` // by X-Client, else by address; 1,000 of them, the rest under "(others)"
	Hosts   map[string]Tally `json:"hosts"`   // by Host header in lower case; likewise
	Hops    []Hop            `json:"hops"`    // the last 100,000 by arrival, oldest first
}

// Tally counts hops.
type Tally struct {
	Hops         int64         `json:"hops"`           // arrived
	InFlight     int64         `json:"in_flight"`      // arrived and not ended
	Peak         int64         `json:"peak_in_flight"` // the most at once
	BusiestSec   int64         `json:"busiest_second"` // the most that arrived in any half-open second, [t, t+1s)
	Status       map[int]int64 `json:"status"`         // ended hops by status; 0 is no answer, since the client left
	windowOldest uint64        // the first hop, by number, of those that arrived in the last second …
	window       int64         // … and how many those are
	newest       uint64        // the last hop, by number
}

// Hop is one request as the server saw it. Its end is when the last byte was handed to the network, the handler
// returned, or the client left, whichever came first.
type Hop struct {
	ArrivalMS float64 `json:"arrival_ms"`
	EndMS     float64 `json:"end_ms,omitempty"` // 0: still in flight
	Host      string  `json:"host"`
	Client    string  `json:"client"`
	Method    string  `json:"method"`
	Path      string  `json:"path"`   // decoded, without the query; the first 256 bytes
	Status    int     `json:"status"` // 0: no answer, or none yet
}

const (
	maxHops    = 100_000
	chunkHops  = 1_000 // hops are kept in chunks, so that a short run needs little memory and a long one copies nothing
	maxTallies = 1_000 // hosts, and clients
	maxText    = 256   // of a path, host, client or method that is kept
	others     = "(others)"
)

// truth keeps a ledger. One short lock is taken when a hop arrives and one when it ends. A hop that was in flight at a
// reset ends in the old ledger.
type truth struct {
	mu     sync.Mutex
	began  time.Time
	ledger *ledger
}

// ledger is what is known of the hops, which are numbered from 0. Each hop links to the next one of all, of its client
// and of its host, so that the hops of the last second of each can be counted without storing them once more.
type ledger struct {
	n       uint64 // hops so far
	ring    [maxHops / chunkHops]*[chunkHops]entry
	total   Tally
	clients map[string]*party
	hosts   map[string]*party
}

type party struct {
	name string
	Tally
}

type entry struct {
	arrival, end time.Duration
	host, client *party
	method, path string
	status       int
	next         [3]uint64 // of all, of the client, of the host
}

func (t *truth) start() {
	t.began = time.Now()
	t.reset()
}

func (t *truth) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ledger = &ledger{
		total: Tally{Status: make(map[int]int64)}, clients: make(map[string]*party), hosts: make(map[string]*party),
	}
}

// hop is the right to end a hop.
type hop struct {
	truth  *truth
	ledger *ledger
	number uint64
	host   *party
	client *party
}

// begin notes the arrival of a hop.
func (t *truth) begin(r *http.Request) hop {
	host, client, path := short(strings.ToLower(r.Host), r), short(client(r), r), short(r.URL.Path, r)
	method := short(r.Method, r)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Since(t.began) // under the lock, so that the order of hops is that of their arrival
	l := t.ledger
	h := hop{t, l, l.n, find(l.hosts, host), find(l.clients, client)}
	l.evict()
	*l.make(l.n) = entry{arrival: now, host: h.host, client: h.client, method: method, path: path}
	l.n++
	for i, tally := range [...]*Tally{&l.total, &h.client.Tally, &h.host.Tally} {
		l.arrive(tally, i, h.number, now)
	}
	return h
}

// end notes that the hop is over.
func (h hop) end(status int) {
	h.truth.mu.Lock()
	defer h.truth.mu.Unlock()
	l := h.ledger
	if h.number+maxHops >= l.n { // it is still kept
		e := l.at(h.number)
		e.end = max(time.Since(h.truth.began), 1) // never 0, which means in flight
		e.status = status
	}
	for _, tally := range [...]*Tally{&l.total, &h.client.Tally, &h.host.Tally} {
		tally.InFlight--
		tally.Status[status]++
	}
}

// arrive counts hop number, which link i of the earlier ones leads to.
func (l *ledger) arrive(t *Tally, i int, number uint64, now time.Duration) {
	if t.window > 0 {
		l.at(t.newest).next[i] = number
	} else {
		t.windowOldest = number
	}
	t.newest = number
	t.window++
	for now-l.at(t.windowOldest).arrival >= time.Second {
		t.windowOldest = l.at(t.windowOldest).next[i]
		t.window--
	}
	t.Hops++
	t.InFlight++
	t.Peak = max(t.Peak, t.InFlight)
	t.BusiestSec = max(t.BusiestSec, t.window)
}

// evict makes room for hop l.n. A window that still counts the hop in its place loses it: over 100,000 hops a second,
// the busiest second is a lower bound.
func (l *ledger) evict() {
	if l.n < maxHops {
		return
	}
	old := l.n - maxHops
	e := l.at(old)
	for i, t := range [...]*Tally{&l.total, &e.client.Tally, &e.host.Tally} {
		if t.window > 0 && t.windowOldest == old {
			t.windowOldest = e.next[i]
			t.window--
		}
	}
}

func (l *ledger) at(number uint64) *entry {
	i := number % maxHops
	return &l.ring[i/chunkHops][i%chunkHops]
}

func (l *ledger) make(number uint64) *entry {
	if chunk := &l.ring[number%maxHops/chunkHops]; *chunk == nil {
		*chunk = new([chunkHops]entry)
	}
	return l.at(number)
}

func find(parties map[string]*party, name string) *party {
	if p := parties[name]; p != nil {
		return p
	}
	if len(parties) >= maxTallies {
		name = others
		if p := parties[name]; p != nil {
			return p
		}
	}
	p := &party{name: strings.Clone(name), Tally: Tally{Status: make(map[int]int64)}}
	parties[p.name] = p
	return p
}

// client tells who sent a request.
func client(r *http.Request) string {
	if v := r.Header["X-Client"]; len(v) > 0 && v[0] != "" {
		return v[0]
	}
	return hostname(r.RemoteAddr)
}

// short cuts what is kept, and frees it from a long request line that it may be a part of.
func short(text string, r *http.Request) string {
	if len(text) > maxText {
		return strings.Clone(text[:maxText])
	}
	if len(r.RequestURI) > maxText {
		return strings.Clone(text)
	}
	return text
}

// Truth gives what the handler saw. The hops are left out unless asked for: they are up to 100,000.
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
		e := l.at(n)
		v.Hops = append(v.Hops, Hop{ms(e.arrival), ms(e.end), e.host.name, e.client.name, e.method, e.path, e.status})
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
	t.windowOldest, t.window, t.newest = 0, 0, 0
	return t
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
