package testserver

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxDrain is how much of a request's body is read before waiting. net/http detects that the client has left only
// after the body was read.
const maxDrain = 1 << 20

// wait waits for d, and reports whether the client is still there.
func wait(r *http.Request, d time.Duration) bool {
	if r.Body != nil && r.Body != http.NoBody {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
	}
	return sleep(r.Context(), d)
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// random returns the random numbers of a key: the same ones for the same seed, key and visit.
func random(seed uint64, key string, visit int64) *rand.Rand {
	f := fnv.New64a()
	_, _ = f.Write([]byte(key)) // never fails
	return rand.New(rand.NewPCG(seed, f.Sum64()+uint64(visit)*0x9e3779b97f4a7c15))
}

func (h *Handler) delay(w http.ResponseWriter, r *http.Request, text string) *refusal {
	d, ok := seconds(text)
	if !ok {
		return badRequest("the wait must be a number of seconds from 0 to 3600, such as /2 or /0.25, not " + strconv.Quote(text))
	}
	if wait(r, d) {
		answer(w, http.StatusOK, jsonType, `{"time_elapsed": `+text+`}`)
	}
	return nil
}

// maxCapacity limits ?capacity=, and thereby memory.
const maxCapacity = 100_000

// sample waits for a time drawn from a distribution. The n-th visit of one URL always has the same wait with the
// same seed.
func (h *Handler) sample(w http.ResponseWriter, r *http.Request, _ string) *refusal {
	q := r.URL.Query()
	d, no := drawn(q, random(h.opt.Seed, r.RequestURI, h.visits.add(r.RequestURI)))
	if no != nil {
		return no
	}
	capacity, ok := number(q.Get("capacity"), 0, 1, maxCapacity)
	if !ok && q.Get("capacity") != "" {
		return badRequest("capacity must be a whole number from 1 to 100000")
	}
	length, ok := size(q.Get("size"), 0)
	if !ok {
		return badRequest("size must be a number of bytes, such as 500, 10k or 2m")
	}
	if capacity > 0 {
		leave, ok := h.enterPool(r.Context(), int(capacity))
		defer leave()
		if !ok {
			return nil
		}
	}
	switch {
	case !wait(r, d):
	case q.Has("size"):
		h.sendBytes(w, r, length)
	default:
		answer(w, http.StatusOK, jsonType, fmt.Sprintf(`{"time_elapsed": %.6f}`, d.Seconds()))
	}
	return nil
}

// enterPool waits for one of capacity places, which are shared by all requests with that number. Leave releases
// it.
func (h *Handler) enterPool(ctx context.Context, capacity int) (leave func(), ok bool) {
	h.pools.mu.Lock()
	line := h.pools.get(strconv.Itoa(capacity))
	turn := line.enter(capacity)
	h.pools.mu.Unlock()
	return func() {
		h.pools.mu.Lock()
		defer h.pools.mu.Unlock()
		line.leave(turn, capacity)
	}, turn.wait(ctx)
}

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

// drawn draws a wait from the distribution that a query describes.
func drawn(q url.Values, r *rand.Rand) (time.Duration, *refusal) {
	p50, ok50 := duration(q.Get("p50"), 200*time.Millisecond)
	p99, ok99 := duration(q.Get("p99"), max(p50, min(10*p50, maxWait)))
	if !ok50 || !ok99 || p99 < p50 {
		return 0, badRequest("p50 and p99 must be waits such as 200ms or 2s, at most an hour, and p99 not less than p50")
	}
	median, tail := p50.Seconds(), p99.Seconds()
	s := median
	switch dist := q.Get("dist"); dist {
	case "constant":
	case "exponential":
		s = median / math.Ln2 * r.ExpFloat64()
	case "uniform":
		s = median + (tail-median)/0.49*(r.Float64()-0.5)
	case "lognormal", "":
		if median == 0 {
			return 0, badRequest("a lognormal p50 must be more than 0")
		}
		s = median * math.Exp(math.Log(tail/median)/z99*r.NormFloat64())
	default:
		return 0, badRequest("dist must be lognormal, constant, exponential or uniform, not " + strconv.Quote(dist))
	}
	return time.Duration(min(max(s, 0), maxWait.Seconds()) * float64(time.Second)), nil
}

// A sensor takes its time to read a value that oscillates about a mean.
type sensor struct {
	unit          string
	reads         time.Duration // how long a reading takes
	stalls        time.Duration // duration of the third of every ten readings; 0 means like the others
	mean, swing   float64
	period        time.Duration
	noise         float64 // maximum noise of a reading
	decimalPlaces int
}

var sensors = map[string]sensor{
	"temperature": {"°C", 50 * time.Millisecond, 0, 21.5, 2.5, time.Minute, 0.05, 2},
	"pressure":    {"hPa", 120 * time.Millisecond, 0, 1013.25, 4, 90 * time.Second, 0.05, 2},
	"humidity":    {"%", 200 * time.Millisecond, 0, 45, 8, 40 * time.Second, 0.2, 1},
	"co2":         {"ppm", 400 * time.Millisecond, 3 * time.Second, 620, 150, 30 * time.Second, 2, 0},
}

// sensor answers with the value at the end of its reading. The oscillation is a function of the time since the
// server's start, the noise of the seed and the number of the reading.
func (h *Handler) sensor(w http.ResponseWriter, r *http.Request, name string) *refusal {
	s, ok := sensors[name]
	if !ok {
		return refuse(http.StatusNotFound, "no such sensor; there are temperature, pressure, humidity and co2")
	}
	reading := h.visits.add("sensor " + name)
	takes := s.reads
	if s.stalls > 0 && reading%10 == 3 {
		takes = s.stalls
	}
	if !wait(r, takes) {
		return nil
	}
	now := time.Now()
	phase := random(h.opt.Seed, "sensor "+name, 0).Float64()
	turns := now.Sub(h.truth.began).Seconds()/s.period.Seconds() + phase
	value := s.mean + s.swing*math.Sin(2*math.Pi*turns) + s.noise*(2*random(h.opt.Seed, "sensor "+name, reading).Float64()-1)
	answer(w, http.StatusOK, jsonType, fmt.Sprintf(`{"sensor": "%s", "value": %.*f, "unit": "%s", "at": "%s"}`,
		name, s.decimalPlaces, value, s.unit, now.UTC().Format("2006-01-02T15:04:05.000Z")))
	return nil
}
