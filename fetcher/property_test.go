package fetcher_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// world is a random run: what is asked, how the servers behave, what limits hold and how it ends.
type world struct {
	requests []*fetcher.Request
	plans    [][]step // of each request: what the servers do at each of its hops; 200 at once after that
	workers  int
	lookAt   int
	inOrder  bool
	noAdapt  bool
	timeout  time.Duration
	total    fetcher.Limit
	hosts    []fetcher.Limit
	ending   string
	endAt    time.Duration
	endAfter int
}

// step is a server's answer to one hop.
type step struct {
	takes      time.Duration
	status     int // 0: the connection is cut
	to         int // host of a redirect
	retryAfter int // seconds; less than 0: none
}

func drawWorld(rt *rapid.T) *world {
	w := &world{
		workers: rapid.IntRange(1, 6).Draw(rt, "workers"),
		lookAt:  rapid.SampledFrom([]int{0, 1, 3, 10}).Draw(rt, "lookAhead"),
		inOrder: rapid.Bool().Draw(rt, "inOrder"),
		noAdapt: rapid.Bool().Draw(rt, "noAdapt"),
		ending:  rapid.SampledFrom([]string{"", "", "", "cancel", "deadline", "stop", "break", "source"}).Draw(rt, "ending"),
	}
	millis := func(most int, name string) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(rt, name)) * time.Millisecond
	}
	limit := func(name string) (l fetcher.Limit) {
		l.InFlight = rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(rt, name+".inFlight")
		for i := range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(rt, name+".rates") {
			l.Rates = append(l.Rates, fetcher.Rate{
				Events: float64(rapid.IntRange(1, 40).Draw(rt, name+".events")),
				Per:    time.Duration(1+9*i) * time.Second,
				Burst:  rapid.IntRange(0, 3).Draw(rt, name+".burst"),
			})
		}
		return l
	}
	w.total = limit("total")
	for i := range rapid.IntRange(1, 4).Draw(rt, "hosts") {
		w.hosts = append(w.hosts, limit(fmt.Sprint("host", i)))
	}
	host := func(name string) int { return rapid.IntRange(0, len(w.hosts)-1).Draw(rt, name) }
	if rapid.IntRange(0, 4).Draw(rt, "timeout?") == 0 {
		w.timeout = 300 * time.Millisecond
	}
	n := rapid.IntRange(0, 40).Draw(rt, "requests")
	for i := range n {
		req := &fetcher.Request{URL: fmt.Sprintf("http://host%d.test/%d", host("host"), i)}
		if rapid.IntRange(0, 3).Draw(rt, "due?") == 0 {
			req.Due = millis(3000, "due")
		}
		if rapid.IntRange(0, 30).Draw(rt, "bad?") == 0 {
			req.URL = "ftp://nowhere.test/"
		}
		w.requests = append(w.requests, req)
		var plan []step
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			plan = append(plan, step{
				takes:      millis(400, "takes"),
				status:     rapid.SampledFrom([]int{200, 200, 200, 404, 500, 503, 302, 302, 0}).Draw(rt, "status"),
				to:         host("to"),
				retryAfter: rapid.IntRange(-1, 1).Draw(rt, "retryAfter"),
			})
		}
		w.plans = append(w.plans, plan)
	}
	w.endAt = millis(3000, "endAt") + time.Microsecond // after what happens in the same millisecond
	w.endAfter = rapid.IntRange(1, 10).Draw(rt, "endAfter")
	return w
}

// witness is the server of a world: it sees how many hops are in flight.
type witness struct {
	world *world

	mu       sync.Mutex
	next     []int // step of each request
	inFlight map[string]int
	all      int
	arrived  int
	faults   []string
}

func (s *witness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n, h int
	fmt.Sscanf(r.URL.Path, "/%d", &n)
	fmt.Sscanf(r.Host, "host%d.test", &h)
	s.mu.Lock()
	now := step{status: 200}
	if plan := s.world.plans[n]; s.next[n] < len(plan) {
		now = plan[s.next[n]]
	}
	s.next[n]++
	s.arrived++
	s.all++
	s.inFlight[r.Host]++
	if s.world.timeout == 0 { // a server notices late that a client has gone
		if s.all > s.world.workers || s.world.total.InFlight > 0 && s.all > s.world.total.InFlight {
			s.faults = append(s.faults, fmt.Sprint(s.all, " hops in flight"))
		}
		if most := s.world.hosts[h].InFlight; most > 0 && s.inFlight[r.Host] > most {
			s.faults = append(s.faults, fmt.Sprint(s.inFlight[r.Host], " hops in flight at ", r.Host))
		}
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.all--
		s.inFlight[r.Host]--
		s.mu.Unlock()
	}()
	pause(r.Context(), now.takes)
	switch {
	case now.status == 0:
		panic(http.ErrAbortHandler)
	case now.status == 302:
		http.Redirect(w, r, fmt.Sprintf("http://host%d.test/%d", now.to, n), now.status)
	case now.status == 503 && now.retryAfter >= 0:
		w.Header().Set("Retry-After", fmt.Sprint(now.retryAfter))
		fallthrough
	default:
		w.WriteHeader(now.status)
	}
}

// outcome is what came of a world.
type outcome struct {
	results []*fetcher.Result
	err     error
	stats   fetcher.Stats
	wall    time.Duration
	broken  bool
}

func (w *world) run(t *testing.T) (o outcome, server *witness) {
	server = &witness{world: w, next: make([]int, len(w.plans)), inFlight: make(map[string]int)}
	f := &fetcher.Fetcher{
		Transport: inMemory(t, server),
		Workers:   w.workers,
		LookAhead: w.lookAt,
		InOrder:   w.inOrder,
		Advanced:  fetcher.Advanced{NoAdapt: w.noAdapt},
		Timeout:   fetcher.Timeouts{Attempt: w.timeout},
		Retry:     fetcher.Retry{MinWait: 50 * time.Millisecond, MaxWait: 5 * time.Second},
		Limits: fetcher.Limits{Total: w.total, Host: func(name string) (fetcher.Limit, bool) {
			var h int
			fmt.Sscanf(name, "host%d.test:80", &h)
			return w.hosts[h], true
		}},
	}
	ctx := t.Context()
	source := listOf(w.requests...)
	switch w.ending {
	case "cancel":
		inner, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		ctx = inner
		defer time.AfterFunc(w.endAt, func() { cancel(errEnough) }).Stop()
	case "deadline":
		inner, cancel := context.WithTimeout(ctx, w.endAt)
		defer cancel()
		ctx = inner
	case "stop":
		defer time.AfterFunc(w.endAt, f.Stop).Stop()
	case "source":
		source = then(listOf(w.requests[:len(w.requests)/2]...), errEnough)
	}
	start := time.Now()
	for r, err := range f.Run(ctx, source) {
		if err != nil {
			o.err = err
			continue
		}
		o.results = append(o.results, r)
		if w.ending == "break" && len(o.results) >= w.endAfter {
			o.broken = true
			break
		}
	}
	o.wall = time.Since(start)
	o.stats = f.Stats()
	return o, server
}

var errEnough = fmt.Errorf("that is enough")

// check holds an outcome to everything that is promised of any run.
func (w *world) check(o outcome, server *witness) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	faults = append(faults, server.faults...)

	rated := len(w.total.Rates) > 0
	for _, h := range w.hosts {
		rated = rated || len(h.Rates) > 0
	}
	seen := make(map[int64]bool)
	var ok, failed, canceled, attempts, hops int64
	for i, r := range o.results {
		attempts += int64(len(r.Attempts))
		if seen[r.Seq] || r.Seq < 1 || r.Seq > int64(len(w.requests)) || r.Page != 1 || r.Request != w.requests[r.Seq-1] {
			fault("request %d: unknown, or a second result", r.Seq)
		}
		seen[r.Seq] = true
		if w.inOrder && i > 0 && o.results[i-1].Seq > r.Seq {
			fault("request %d came after %d", r.Seq, o.results[i-1].Seq)
		}
		for _, d := range []time.Duration{r.Queue, r.Limiter, r.Service, r.Backoff, r.Response} {
			if d < 0 {
				fault("request %d: a negative part: %+v", r.Seq, *r)
			}
		}
		if sum := r.Queue + r.Limiter + r.Service + r.Backoff; sum != r.Response {
			fault("request %d: response %v is not the sum of its parts %v", r.Seq, r.Response, sum)
		}
		if room := r.Queue + firstBlocked(r); r.Lag < 0 || r.Lag > room {
			fault("request %d: a lag of %v; queue and blocked are %v", r.Seq, r.Lag, room)
		}
		if r.End() > o.wall {
			fault("request %d ended at %v, after the run", r.Seq, r.End())
		}
		if !rated && (w.noAdapt || !w.fails()) && r.Limiter != 0 {
			fault("request %d: limiter wait %v without a rate", r.Seq, r.Limiter)
		}
		bad := strings.HasPrefix(r.Request.URL, "ftp:")
		if !bad && r.Due != r.Request.Due {
			fault("request %d: due %v, want %v", r.Seq, r.Due, r.Request.Due)
		}
		var service, backoff, last time.Duration
		for _, a := range r.Attempts {
			backoff += a.Backoff
			if a.Start < last || a.Start < r.Due {
				fault("request %d: an attempt at %v, too early", r.Seq, a.Start)
			}
			if len(a.Hops) > 0 && a.Hops[0].Start != a.Start {
				fault("request %d: attempt at %v, its first hop at %v", r.Seq, a.Start, a.Hops[0].Start)
			}
			for _, h := range a.Hops {
				hops++
				p := h.Phases
				for _, d := range []time.Duration{p.Blocked, p.DNS, p.Connect, p.TLS, p.Send, p.Wait, p.Receive, h.Queue, h.Limiter} {
					if d < 0 {
						fault("request %d: a negative phase or wait: %+v", r.Seq, h)
					}
				}
				if h.Start < last {
					fault("request %d: a hop at %v, before the end of the one before", r.Seq, h.Start)
				}
				last = h.Start + h.Time()
				service += h.Time()
			}
		}
		if service != r.Service || backoff != r.Backoff {
			fault("request %d: service %v and back-off %v, but its hops sum to %v and its attempts to %v",
				r.Seq, r.Service, r.Backoff, service, backoff)
		}
		switch {
		case bad:
			failed++
			if !kindIs(r, fetcher.KindInput) || len(r.Attempts) > 0 || r.Response != 0 {
				fault("request %d to nowhere: %v", r.Seq, r.Err)
			}
		case kindIs(r, fetcher.KindCircuit) && len(r.Attempts) == 0:
			failed++
			if w.noAdapt || r.Service != 0 || r.Backoff != 0 {
				fault("request %d: %v", r.Seq, r.Err)
			}
		case r.Err == nil:
			ok++
			if r.Status != 200 {
				fault("request %d: status %d is a success", r.Seq, r.Status)
			}
		case kindIs(r, fetcher.KindCanceled), kindIs(r, fetcher.KindDeadline):
			canceled++
			if len(r.Attempts) == 0 || len(r.Attempts[0].Hops) == 0 {
				fault("request %d was cancelled before it sent a hop, and has a result", r.Seq)
			}
			if w.ending == "" || w.ending == "break" || kindIs(r, fetcher.KindDeadline) != (w.ending == "deadline") {
				fault("request %d: %v; the run's end is %q", r.Seq, r.Err, w.ending)
			}
		default:
			failed++
		}
	}
	if o.wall < w.floor(o.results) {
		fault("wall %v is less than the floor %v", o.wall, w.floor(o.results))
	}
	s := o.stats
	if s.Read != s.Done+s.NotStarted || s.Done != s.OK+s.Failed+s.Canceled {
		fault("the counts do not add up: %+v", s)
	}
	if s.InFlight != 0 || s.Waiting != 0 || s.Sleeping != 0 {
		fault("something is left after the run: %+v", s)
	}
	if !o.broken {
		if s.OK != ok || s.Failed != failed || s.Canceled != canceled || s.Attempts != attempts {
			fault("%d ok, %d failed, %d canceled, %d attempts; Stats has %+v", ok, failed, canceled, attempts, s)
		}
	}
	switch {
	case w.ending == "" && o.err != nil:
		fault("the run failed: %v", o.err)
	case w.ending == "" && len(o.results) != len(w.requests):
		fault("%d results of %d requests", len(o.results), len(w.requests))
	case w.ending == "" && w.timeout == 0 && (int64(server.arrived) != hops || s.Hops != hops):
		fault("%d hops in the results, %d by Stats, %d at the server", hops, s.Hops, server.arrived)
	case w.ending == "source" && o.err != errEnough, w.ending == "stop" && o.err != nil && !errors.Is(o.err, fetcher.ErrStopped):
		fault("the run's error is %v", o.err)
	case (w.ending == "cancel" || w.ending == "deadline") && o.err == nil && len(o.results) != len(w.requests):
		fault("%d results of %d requests, and no error", len(o.results), len(w.requests))
	}
	return faults
}

// floor is the least wall that the service times of the results allow under the limits.
func (w *world) floor(results []*fetcher.Result) time.Duration {
	var longest time.Duration
	type load struct {
		service time.Duration
		hops    int
	}
	var all load
	per := make(map[string]load)
	for _, r := range results {
		longest = max(longest, r.Service+r.Backoff)
		for _, a := range r.Attempts {
			for i, h := range a.Hops {
				gated := 1
				if i > 0 && a.Hops[i-1].Status == 0 {
					gated = 0 // net/http sent it again by itself; its token was a debt
				}
				l := per[h.Host]
				l.service += h.Time()
				l.hops += gated
				per[h.Host] = l
				all.service += h.Time()
				all.hops += gated
			}
		}
	}
	bound := func(l load, limit fetcher.Limit) (most time.Duration) {
		if limit.InFlight > 0 {
			most = l.service / time.Duration(limit.InFlight)
		}
		for _, r := range limit.Rates {
			most = max(most, time.Duration(float64(l.hops-max(r.Burst, 1))/r.Events*float64(r.Per)))
		}
		return most
	}
	floor := max(longest, bound(all, w.total), all.service/time.Duration(w.workers))
	for name, l := range per {
		var h int
		fmt.Sscanf(name, "host%d.test:80", &h)
		floor = max(floor, bound(l, w.hosts[h]))
	}
	return floor
}

// fails reports whether a server may refuse or fail, upon which it may be sent less.
func (w *world) fails() bool {
	return w.timeout > 0 || slices.ContainsFunc(w.plans, func(plan []step) bool {
		return slices.ContainsFunc(plan, func(s step) bool { return s.status == 0 || s.status >= 500 })
	})
}

// TestAnyRun holds random runs to what is promised of all runs.
func TestAnyRun(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		var faults []string
		bubble.Test(t, func(t *testing.T) {
			o, server := w.run(t)
			faults = w.check(o, server)
		})
		for i, fault := range faults {
			if i < 10 {
				rt.Error(fault)
			}
		}
	})
}

// Without limits and retries a run takes what a list scheduler takes: each free slot gets the next request.
func TestAsFastAsAListScheduler(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		workers := rapid.IntRange(1, 8).Draw(rt, "workers")
		waits := rapid.SliceOfN(rapid.Float64Range(0, 10), 1, 60).Draw(rt, "waits")
		hosts := rapid.IntRange(1, 5).Draw(rt, "hosts")
		var list []string
		for i := range waits {
			waits[i] = float64(int(waits[i]*1000)) / 1000
			list = append(list, fmt.Sprintf("http://host%d.test/%.3fs", i%hosts, waits[i]))
		}
		var wall time.Duration
		bubble.Test(t, func(t *testing.T) {
			f := &fetcher.Fetcher{Workers: workers, Transport: inMemory(t, delays)}
			start := time.Now()
			succeeded(t, f.Run(t.Context(), fetcher.URLs(list...)))
			wall = time.Since(start)
		})
		want := listSchedule(waits, workers)
		if d := wall - want; d < -time.Microsecond || d > time.Microsecond {
			rt.Errorf("took %v, a list scheduler takes %v", wall, want)
		}
	})
}
