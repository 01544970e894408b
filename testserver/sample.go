package testserver

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// maxCapacity bounds ?capacity=, and with it the room for those served.
const maxCapacity = 100_000

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

func (h *Handler) addSample() {
	h.add("sample", "/sample?dist=lognormal&p50=200ms&p99=2s&size=10k&capacity=8  waits as drawn (constant, exponential, uniform, too);"+
		" at most capacity at once, first come first served", h.sample)
}

// sample waits for a time drawn from a distribution. The n-th visit of one URL always waits as long under one seed.
func (h *Handler) sample(w http.ResponseWriter, r *http.Request, _ string) {
	q := r.URL.Query()
	capacity, capacityOK := number(q.Get("capacity"), 0, 1, maxCapacity)
	length, lengthOK := size(q.Get("size"), 0)
	draw, text := distribution(q)
	switch {
	case text != "":
	case !capacityOK:
		text = "capacity must be a whole number from 1 to 100000"
	case !lengthOK:
		text = "size must be a number of bytes, such as 500, 10k or 2m"
	}
	if text != "" {
		fail(w, http.StatusBadRequest, text)
		return
	}
	d := draw(random(h.opt.Seed, r.RequestURI, h.visits.add(r.RequestURI)))
	if capacity > 0 {
		leave, ok := h.pools.enter(r.Context(), int(capacity))
		if !ok {
			return
		}
		defer leave()
	}
	if !wait(r, d) {
		return
	}
	if q.Has("size") {
		h.sendBytes(w, r, length)
		return
	}
	answer(w, http.StatusOK, jsonType, `{"time_elapsed": `+strconv.FormatFloat(d.Seconds(), 'f', 6, 64)+`}`)
}

// distribution gives a function that draws a wait, or says what is wrong.
func distribution(q url.Values) (func(*rand.Rand) time.Duration, string) {
	p50, ok50 := duration(q.Get("p50"), 200*time.Millisecond)
	p99, ok99 := duration(q.Get("p99"), max(p50, min(10*p50, maxWait)))
	if !ok50 || !ok99 || p99 < p50 {
		return nil, "p50 and p99 must be waits such as 200ms or 2s, at most an hour, and p99 not less than p50"
	}
	median, tail := p50.Seconds(), p99.Seconds()
	var f func(*rand.Rand) float64
	switch dist := q.Get("dist"); dist {
	case "constant":
		f = func(*rand.Rand) float64 { return median }
	case "exponential":
		f = func(r *rand.Rand) float64 { return median / math.Ln2 * r.ExpFloat64() }
	case "uniform":
		width := (tail - median) / 0.49
		f = func(r *rand.Rand) float64 { return median + width*(r.Float64()-0.5) }
	case "lognormal", "":
		if median == 0 {
			return nil, "a lognormal p50 must be more than 0"
		}
		sigma := math.Log(tail/median) / z99
		f = func(r *rand.Rand) float64 { return median * math.Exp(sigma*r.NormFloat64()) }
	default:
		return nil, "dist must be lognormal, constant, exponential or uniform, not " + strconv.Quote(dist)
	}
	return func(r *rand.Rand) time.Duration {
		return time.Duration(min(max(f(r), 0), maxWait.Seconds()) * float64(time.Second))
	}, ""
}

// pools are the capacities in use, one for each size. A pool exists only while somebody is in it or waits for it. The
// zero value is ready.
type pools struct {
	mu  sync.Mutex
	all map[int]*waitingLine
}

// enter waits for one of capacity places. If it gives true, leave must be called.
func (p *pools) enter(ctx context.Context, capacity int) (leave func(), ok bool) {
	p.mu.Lock()
	if p.all == nil {
		p.all = make(map[int]*waitingLine)
	}
	in := p.all[capacity]
	if in == nil {
		in = new(waitingLine)
		p.all[capacity] = in
	}
	turn := in.enter(capacity)
	p.mu.Unlock()

	leave = func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		in.leave(turn, capacity)
		if in.served+len(in.waiting) == 0 {
			delete(p.all, capacity)
		}
	}
	if !turn.wait(ctx) {
		leave()
		return nil, false
	}
	return leave, true
}
