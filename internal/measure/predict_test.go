package measure

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
)

// work is a list, and what its servers make of it. Of what is 0 there is none.
type work struct {
	requests int
	hosts    int  // in turn; 0: one
	sorted   bool // by host
	service  func(seq int64, page int) time.Duration

	pages int           // of each request whose seq is not over paged
	paged int64         // 0: all
	wait  time.Duration // that is asked for between them

	failing int // every so many requests fail once, with 502
	missing int // likewise, always, with 404
	hanging int // likewise, never answered: cut off after 2 s
	moved   int // likewise, redirected to another host

	pause       int           // of a host, every so many hops are refused with 429
	quota       int           // hops in each window that begins with the first hop after the one before; others get a 429
	window      time.Duration // of the quota
	retry       string        // Retry-After of these; empty: until the window ends
	onlyHost    string        // where that holds; empty: everywhere
	slots       int           // hops at once; others get a 503
	lanes       int           // hops at once; others wait in the server
	onlyRefuses bool          // nothing is learned
}

// server is an in-memory server, in virtual time.
type server struct {
	work
	mu    sync.Mutex
	tries map[string]int
	hosts map[string]*serving
}

type serving struct {
	hops, active int
	left         int
	until        time.Time
	lanes        []time.Time
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.hanging > 0 && seqOf(req)%int64(s.hanging) == 0 {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

// seqOf reads /seq/page.
func seqOf(req *http.Request) (seq int64) {
	fmt.Sscanf(req.URL.Path, "/%d/", &seq)
	return seq
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seq, page := seqOf(r), 1
	fmt.Sscanf(r.URL.Path, "/%d/%d", &seq, &page)
	every := func(n int) bool { return n > 0 && seq%int64(n) == 0 }
	status, took := s.admit(r, s.service(seq, page))
	s.mu.Lock()
	s.tries[r.URL.Path]++
	first := s.tries[r.URL.Path] == 1
	s.mu.Unlock()
	switch {
	case status != http.StatusOK:
		w.Header().Set("Retry-After", s.retryAfter(r.URL.Host))
		if status == http.StatusServiceUnavailable {
			w.Header().Del("Retry-After")
		}
	case every(s.failing) && first:
		status = http.StatusBadGateway
	case every(s.missing):
		status = http.StatusNotFound
	case every(s.moved) && r.URL.Host != "moved.test":
		w.Header().Set("Location", "http://moved.test"+r.URL.Path)
		status = http.StatusFound
	}
	time.Sleep(took)
	s.mu.Lock()
	s.hosts[r.URL.Host].active--
	s.mu.Unlock()
	w.WriteHeader(status)
}

// admit gives the status of a hop, and how long the response to it takes.
func (s *server) admit(r *http.Request, service time.Duration) (int, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hosts[r.URL.Host]
	if h == nil {
		h = &serving{lanes: make([]time.Time, s.lanes)}
		s.hosts[r.URL.Host] = h
	}
	h.hops++
	h.active++
	now, limited := time.Now(), s.onlyHost == "" || s.onlyHost == r.URL.Host
	if s.quota > 0 && limited {
		if !now.Before(h.until) {
			h.until, h.left = now.Add(s.window), s.quota
		}
		if h.left == 0 {
			return http.StatusTooManyRequests, time.Millisecond
		}
		h.left--
	}
	switch {
	case s.pause > 0 && limited && h.hops%s.pause == 0:
		return http.StatusTooManyRequests, time.Millisecond
	case s.slots > 0 && limited && h.active > s.slots:
		return http.StatusServiceUnavailable, time.Millisecond
	case s.lanes > 0 && limited:
		free := 0
		for i := range h.lanes {
			if h.lanes[i].Before(h.lanes[free]) {
				free = i
			}
		}
		if h.lanes[free].Before(now) {
			h.lanes[free] = now
		}
		h.lanes[free] = h.lanes[free].Add(service)
		return http.StatusOK, h.lanes[free].Sub(now)
	}
	return http.StatusOK, service
}

func (s *server) retryAfter(host string) string {
	if s.retry != "" {
		return s.retry
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	left := time.Until(s.hosts[host].until)
	return strconv.Itoa(int((left + time.Second - 1) / time.Second))
}

// source is the list.
func (w *work) source(yield func(*fetcher.Request, error) bool) {
	hosts := max(1, w.hosts)
	for i := range w.requests {
		host := i % hosts
		if w.sorted {
			host = i * hosts / w.requests
		}
		if !yield(&fetcher.Request{URL: fmt.Sprintf("http://h%d.test/%d/1", host, i+1)}, nil) {
			return
		}
	}
}

// follow asks for the pages after the first.
func (w *work) follow(r *fetcher.Result) *fetcher.Request {
	if r.Page >= w.pages || w.paged > 0 && r.Seq > w.paged {
		return nil
	}
	next := &fetcher.Request{Seq: r.Seq, URL: fmt.Sprintf("http://h0.test/%d/%d", r.Seq, r.Page+1)}
	if w.wait > 0 {
		next.Due = r.End() + w.wait
	}
	return next
}

// measured runs the list with the fetcher's own engine, in virtual time, and gives its records and its wall.
func measured(t *testing.T, w work, limits whatif.Settings) (c *Collector, wall time.Duration) {
	bubble.Test(t, func(t *testing.T) {
		c = New(Config{Slots: limits.Slots, Total: limits.Total, PerHost: limits.PerHost, Host: limits.Host, NoAdapt: w.onlyRefuses})
		f := &fetcher.Fetcher{
			Workers: limits.Slots, Advanced: fetcher.Advanced{NoAdapt: w.onlyRefuses},
			Transport: &server{work: w, tries: map[string]int{}, hosts: map[string]*serving{}},
			Limits:    fetcher.Limits{Total: limits.Total, PerHost: limits.PerHost, Host: limits.Host},
			Timeout:   fetcher.Timeouts{Attempt: 2 * time.Second},
			Retry:     fetcher.Retry{Max: 2, MinWait: 100 * ms},
			Event:     func(e fetcher.HostEvent) { c.Event(record.HostEventOf(e)) },
		}
		if w.pages > 1 {
			f.Follow = w.follow
		}
		start := time.Now()
		for r, err := range f.Run(t.Context(), w.source) {
			if err != nil {
				t.Fatal(err)
			}
			c.Add(record.From(r))
		}
		wall = time.Since(start)
		f.Close()
	})
	return c, wall
}

func fixed(d time.Duration) func(int64, int) time.Duration {
	return func(int64, int) time.Duration { return d }
}

// random are the same times whenever a page is asked for.
func random(draw func(*rand.Rand) time.Duration) func(int64, int) time.Duration {
	return func(seq int64, page int) time.Duration { return draw(rand.New(rand.NewPCG(uint64(seq), uint64(page)))) }
}

// TestPredicted: what another setting would take, by the simulation of a run, is what a run with that setting takes. Known to be
// off are pauses that follow from a number of requests, not from a window, and what refuses requests one by one: more slots are
// taken to be of no use there.
func TestPredicted(t *testing.T) {
	const within, enough = 0.05, 36
	between := random(func(r *rand.Rand) time.Duration { return 20*ms + time.Duration(r.IntN(400))*ms })
	tailed := random(func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * float64(200*ms)) })
	slots := func(n int) whatif.Settings { return whatif.Settings{Slots: n} }
	rate := func(n float64) fetcher.Limit {
		return fetcher.Limit{Rates: []fetcher.Rate{{Events: n, Per: time.Second}}}
	}
	rated := func(s int, n float64) whatif.Settings { return whatif.Settings{Slots: s, Total: rate(n)} }
	burst := func(s int, n float64, b int) whatif.Settings {
		return whatif.Settings{Slots: s, Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: n, Per: time.Second, Burst: b}}}}
	}
	perHost := func(s, n int) whatif.Settings {
		return whatif.Settings{Slots: s, PerHost: fetcher.Limit{InFlight: n}}
	}
	hostRated := func(s int, n float64) whatif.Settings { return whatif.Settings{Slots: s, PerHost: rate(n)} }
	oneHost := func(s int, l fetcher.Limit) whatif.Settings {
		return whatif.Settings{Slots: s, Host: func(h string) (fetcher.Limit, bool) { return l, h == "h0.test:80" }}
	}
	good, total := 0, 0
	for _, row := range []struct {
		name          string
		work          work
		before, after whatif.Settings
	}{
		{"fixed", work{requests: 60, service: fixed(100 * ms)}, slots(2), slots(4)},
		{"fixed, many more", work{requests: 200, service: fixed(100 * ms)}, slots(1), slots(40)},
		{"fixed, fewer", work{requests: 60, service: fixed(100 * ms)}, slots(10), slots(3)},
		{"random", work{requests: 60, service: between}, slots(2), slots(7)},
		{"random, fewer", work{requests: 60, service: between}, slots(8), slots(2)},
		{"random, one for each", work{requests: 60, service: between}, slots(3), slots(60)},
		{"long tail", work{requests: 100, service: tailed}, slots(4), slots(16)},
		{"several hosts", work{requests: 60, hosts: 3, service: fixed(100 * ms)}, slots(2), slots(8)},
		{"several hosts, random", work{requests: 90, hosts: 5, service: between}, slots(4), slots(12)},
		{"hosts one after another", work{requests: 60, hosts: 3, sorted: true, service: between}, perHost(12, 1), perHost(12, 3)},
		{"per host, more", work{requests: 60, hosts: 2, service: fixed(100 * ms)}, perHost(20, 1), perHost(20, 4)},
		{"per host, fewer", work{requests: 60, hosts: 2, service: between}, perHost(20, 6), perHost(20, 2)},
		{"one host's slots", work{requests: 60, hosts: 3, service: between}, oneHost(12, fetcher.Limit{InFlight: 1}), oneHost(12, fetcher.Limit{InFlight: 3})},
		{"rate, faster", work{requests: 60, service: fixed(100 * ms)}, rated(10, 10), rated(10, 20)},
		{"rate, slower", work{requests: 60, service: between}, rated(10, 20), rated(10, 5)},
		{"rate, none", work{requests: 60, service: between}, rated(10, 5), slots(10)},
		{"rate, a new one", work{requests: 60, service: between}, slots(5), rated(5, 8)},
		{"rate, with a burst", work{requests: 60, service: fixed(50 * ms)}, burst(10, 5, 1), burst(10, 10, 20)},
		{"rate, then slots", work{requests: 60, service: fixed(500 * ms)}, rated(4, 2), rated(4, 50)},
		{"each host's rate", work{requests: 60, hosts: 3, service: fixed(50 * ms)}, hostRated(10, 2), hostRated(10, 5)},
		{"one host's rate", work{requests: 60, hosts: 3, service: between}, oneHost(10, rate(2)), oneHost(10, rate(6))},
		{"retries", work{requests: 60, failing: 10, service: fixed(200 * ms)}, slots(2), slots(6)},
		{"retries, fewer slots", work{requests: 60, failing: 4, service: between}, slots(8), slots(3)},
		{"retries of several hosts", work{requests: 90, hosts: 3, failing: 7, service: between}, slots(3), slots(9)},
		{"retries under a rate", work{requests: 60, failing: 9, service: between}, rated(10, 5), rated(10, 10)},
		{"failures", work{requests: 60, missing: 4, service: between}, slots(2), slots(6)},
		{"failures that take long", work{requests: 60, hanging: 12, service: fixed(300 * ms)}, slots(3), slots(6)},
		{"redirects", work{requests: 60, moved: 3, service: between}, slots(2), slots(6)},
		{"pages", work{requests: 4, pages: 8, service: fixed(100 * ms)}, slots(1), slots(4)},
		{"pages, and others before", work{requests: 16, pages: 8, paged: 1, service: fixed(200 * ms)}, slots(1), slots(2)},
		{"pages, random", work{requests: 20, pages: 4, service: between}, slots(2), slots(9)},
		{"pages with a wait", work{requests: 8, pages: 5, wait: time.Second, service: fixed(400 * ms)}, slots(2), slots(8)},
		{"pages with a wait, fewer slots", work{requests: 10, pages: 4, wait: 300 * ms, service: between}, slots(10), slots(2)},
		{"pages under a rate", work{requests: 2, pages: 12, service: fixed(50 * ms)}, rated(10, 4), rated(10, 10)},
		{"pauses", work{requests: 120, pause: 20, retry: "2", service: fixed(200 * ms)}, slots(8), slots(4)},
		{"pauses of one of two hosts", work{requests: 120, hosts: 2, quota: 15, window: 5 * time.Second, onlyHost: "h1.test", service: between}, slots(3), slots(9)},
		{"pauses of a quota", work{requests: 60, quota: 20, window: 10 * time.Second, service: fixed(200 * ms)}, slots(2), slots(4)},
		{"pauses that concern one request", work{requests: 60, pause: 10, retry: "1", onlyRefuses: true, service: fixed(200 * ms)}, slots(2), slots(6)},
		{"slots that were learned", work{requests: 200, slots: 4, service: fixed(200 * ms)}, slots(10), slots(30)},
		{"beyond the knee", work{requests: 120, lanes: 3, service: fixed(100 * ms)}, slots(8), slots(32)},
	} {
		c, was := measured(t, row.work, row.before)
		settings := row.after
		settings.Adapt = !row.work.onlyRefuses
		predicted := whatif.Predict(c.jobs, settings, whatif.Run{Wall: was, Refusing: c.refusing()})
		_, took := measured(t, row.work, row.after)
		off := float64(predicted-took) / float64(took)
		if total++; off <= within && -off <= within {
			good++
		}
		t.Logf("%-34s was %7.3fs, predicted %7.3fs, took %7.3fs: %+5.1f %%", row.name, was.Seconds(), predicted.Seconds(), took.Seconds(), 100*off)
	}
	if total != 40 || good < enough {
		t.Errorf("%d of %d within %.0f %%, want %d of 40", good, total, 100*within, enough)
	}
}
