package fetcher_test

import (
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

var tenWaits = []float64{7, 2, 6, 4, 0, 9, 4, 2, 5, 5}

// listSchedule is how long an ideal scheduler takes that gives each free slot the next entry of the list.
func listSchedule(waits []float64, slots int) time.Duration {
	free := make([]time.Duration, slots)
	var end time.Duration
	for _, w := range waits {
		slices.Sort(free)
		free[0] += time.Duration(w * float64(time.Second))
		end = max(end, free[0])
	}
	return end
}

func TestTenSlowRequests(t *testing.T) {
	for _, c := range []struct {
		workers int
		wall    time.Duration
	}{
		{1, 44 * time.Second},
		{2, listSchedule(tenWaits, 2)},
		{5, listSchedule(tenWaits, 5)},
		{10, 9 * time.Second},
		{100, 9 * time.Second},
	} {
		t.Run(fmt.Sprint(c.workers, " workers"), func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := &fetcher.Fetcher{Workers: c.workers, Transport: inMemory(t, delays)}
				start := time.Now()
				results := succeeded(t, f.Run(t.Context(), fetcher.URLs(seconds(tenWaits...)...)))
				if wall := time.Since(start); wall != c.wall {
					t.Errorf("took %v, want %v", wall, c.wall)
				}
				if len(results) != 10 {
					t.Fatalf("%d results", len(results))
				}
				if !slices.IsSortedFunc(results, func(a, b *fetcher.Result) int { return int(a.End() - b.End()) }) {
					t.Error("the results did not come in the order in which they ended")
				}
				for _, r := range results {
					if want := time.Duration(tenWaits[r.Seq-1] * float64(time.Second)); r.Service != want {
						t.Errorf("request %d: service %v, want %v", r.Seq, r.Service, want)
					}
				}
			})
		})
	}
}

// A list sorted by host runs as fast as a shuffled one: the slow host's limit holds up nobody else.
func TestSortedByHost(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		const slow, fast = 20, 1000
		f := &fetcher.Fetcher{
			Workers:   10,
			Transport: inMemory(t, delays),
			Limits: fetcher.Limits{Host: func(host string) (fetcher.Limit, bool) {
				return fetcher.Limit{Rates: []fetcher.Rate{{Events: 2, Per: time.Second}}}, host == "slow.test:80"
			}},
		}
		list := append(slices.Repeat([]string{"http://slow.test/5ms"}, slow), slices.Repeat([]string{"http://fast.test/5ms"}, fast)...)
		start := time.Now()
		fastEnd := time.Duration(0)
		for _, r := range succeeded(t, f.Run(t.Context(), fetcher.URLs(list...))) {
			if strings.HasPrefix(r.Request.URL, "http://fast") {
				fastEnd = max(fastEnd, r.End())
				if r.Limiter != 0 {
					t.Errorf("request %d of the host without a limit: limiter wait %v", r.Seq, r.Limiter)
				}
			} else if want := time.Duration(r.Seq-1) * 500 * time.Millisecond; r.Attempts[0].Start != want {
				t.Errorf("request %d to the limited host left at %v, want %v", r.Seq, r.Attempts[0].Start, want)
			}
		}
		if fastEnd > time.Second {
			t.Errorf("the fast host's requests were done after %v", fastEnd)
		}
		floor := (slow-1)*500*time.Millisecond + 5*time.Millisecond
		if wall := time.Since(start); wall != floor {
			t.Errorf("took %v, want the floor of the slow host, %v", wall, floor)
		}
	})
}

// A wait for a token while slots are free is limiter wait; a wait for a slot is queue.
func TestWaits(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{
			Workers:   1,
			Transport: inMemory(t, delays),
			Limits:    fetcher.Limits{Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 1, Per: 10 * time.Second}}}},
		}
		results := succeeded(t, f.Run(t.Context(), fetcher.URLs(seconds(3, 3, 3)...)))
		for i, r := range results {
			limiter, queue := time.Duration(i)*7*time.Second, time.Duration(i)*3*time.Second
			if r.Limiter != limiter || r.Queue != queue || r.Service != 3*time.Second {
				t.Errorf("request %d: limiter wait %v, queue %v, service %v; want %v, %v, 3s",
					r.Seq, r.Limiter, r.Queue, r.Service, limiter, queue)
			}
		}
	})
}

// restless is a server on which every fourth of the first 200 paths redirects once and every fourth fails once.
type restless struct {
	mu   sync.Mutex
	seen map[string]bool
	hops int
}

func (s *restless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n int
	fmt.Sscanf(r.URL.Path, "/%d", &n)
	s.mu.Lock()
	again := s.seen[r.URL.Path]
	s.seen[r.URL.Path] = true
	s.hops++
	s.mu.Unlock()
	switch {
	case n < 200 && n%4 == 0 && !again:
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	case n < 200 && n%4 == 1 && !again:
		w.WriteHeader(http.StatusBadGateway) // not 503, after so many of which a host gets less than the rate
	}
}

// checkRate holds a run of 400 requests, which make 500 hops, to 50 a second, and gives its wall.
func checkRate(t *testing.T, transport http.RoundTripper, server *restless, base string) time.Duration {
	f := &fetcher.Fetcher{
		Workers:   20,
		Transport: transport,
		Retry:     fetcher.Retry{MinWait: 100 * time.Millisecond},
		Limits:    fetcher.Limits{Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 50, Per: time.Second}}}},
	}
	defer f.Close()
	reqs := func(yield func(*fetcher.Request, error) bool) {
		for i := range 400 {
			if !yield(&fetcher.Request{URL: fmt.Sprintf("%s/%d", base, i)}, nil) {
				return
			}
		}
	}
	start := time.Now()
	results := succeeded(t, f.Run(t.Context(), reqs))
	wall := time.Since(start)
	var starts []time.Duration
	for _, r := range results {
		for _, a := range r.Attempts {
			for _, h := range a.Hops {
				starts = append(starts, h.Start)
			}
		}
	}
	if len(starts) != 500 || server.hops != 500 || f.Stats().Hops != 500 {
		t.Errorf("%d hops by the results, %d by the server, %d by Stats; want 500", len(starts), server.hops, f.Stats().Hops)
	}
	if most := fullestWindow(starts, time.Second); most > 51 {
		t.Errorf("%d hops left within one second", most)
	}
	return wall
}

// plainLoop is how long a loop of timers takes to 500 instants at 50 a second. As at the gate, what is less than 20 ms late is
// made up for.
func plainLoop() time.Duration {
	const interval = time.Second / 50
	start := time.Now()
	next := start
	for range 499 {
		next = next.Add(interval)
		time.Sleep(time.Until(next))
		if now := time.Now(); now.Sub(next) >= interval {
			next = now
		}
	}
	return time.Since(start)
}

// fullestWindow is the largest number of instants in any half-open window of the length.
func fullestWindow(at []time.Duration, length time.Duration) int {
	slices.Sort(at)
	most, from := 0, 0
	for to := range at {
		for at[to]-at[from] >= length {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

func TestRate(t *testing.T) {
	const ideal = 499 * time.Second / 50
	t.Run("virtual time", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) {
			server := &restless{seen: make(map[string]bool)}
			if wall := checkRate(t, inMemory(t, server), server, "http://rate.test"); wall != ideal {
				t.Errorf("took %v, want %v", wall, ideal)
			}
		})
	})
	t.Run("real time", func(t *testing.T) {
		t.Parallel()
		server := &restless{seen: make(map[string]bool)}
		s := httptest.NewServer(server)
		t.Cleanup(s.Close)
		loop := make(chan time.Duration, 1)
		go func() { loop <- plainLoop() }()
		wall := checkRate(t, nil, server, s.URL)
		switch plain := <-loop; {
		case wall < ideal-80*time.Millisecond:
			t.Errorf("took %v, want %v", wall, ideal)
		case wall <= ideal+300*time.Millisecond:
		case plain > ideal+20*time.Millisecond:
			t.Skipf("the machine was too busy: took %v, want %v; a plain loop of timers took %v", wall, ideal, plain)
		default:
			t.Errorf("took %v, want %v; a plain loop of timers took %v", wall, ideal, plain)
		}
	})
}

// Several windows hold at once, and a burst is spent once.
func TestSeveralRates(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{
			Transport: inMemory(t, delays),
			Limits: fetcher.Limits{PerHost: fetcher.Limit{Rates: []fetcher.Rate{
				{Events: 10, Per: time.Second, Burst: 5}, {Events: 20, Per: 10 * time.Second, Burst: 20},
			}}},
		}
		var starts []time.Duration
		for _, r := range succeeded(t, f.Run(t.Context(), repeat(60, "http://a.test/0s"))) {
			starts = append(starts, r.Attempts[0].Start)
		}
		if n := fullestWindow(starts, time.Second); n > 15 {
			t.Errorf("%d in one second; want 15 at most", n)
		}
		if n := fullestWindow(starts, 10*time.Second); n > 40 {
			t.Errorf("%d in ten seconds; want 40 at most", n)
		}
		if last, want := slices.Max(starts), 20*time.Second; last != want {
			t.Errorf("the last left at %v, want %v", last, want)
		}
	})
}

// A host's running time is what all its hops take together, and the wait for more of it is that of a limiter.
func TestRunningTime(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		limit := fetcher.Limit{RunningTime: fetcher.RunningTime{Time: 10 * time.Second, Per: time.Minute}}
		f := &fetcher.Fetcher{Transport: inMemory(t, delays), Limits: fetcher.Limits{PerHost: limit}}
		var at []time.Duration
		var waited time.Duration
		for _, r := range succeeded(t, f.Run(t.Context(), repeat(10, "http://a.test/5s"))) {
			at = append(at, r.Attempts[0].Start.Round(time.Second))
			waited = max(waited, r.Limiter)
		}
		slices.Sort(at)
		if want := make([]time.Duration, 10); !slices.Equal(at, want) { // they are in flight before any of it is used
			t.Errorf("they left at %v", at)
		}
		f = &fetcher.Fetcher{Workers: 1, Transport: inMemory(t, delays), Limits: fetcher.Limits{PerHost: limit}}
		at = nil
		for _, r := range succeeded(t, f.Run(t.Context(), repeat(4, "http://a.test/5s"))) {
			at = append(at, r.Attempts[0].Start.Truncate(time.Second))
			waited = max(waited, r.Limiter)
		}
		if want := []time.Duration{0, 5 * time.Second, time.Minute, 65 * time.Second}; !slices.Equal(at, want) || waited < 49*time.Second {
			t.Errorf("they left at %v, after %v at the limiter; want %v", at, waited, want)
		}
	})
}

func TestDue(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Workers: 1, Transport: inMemory(t, delays)}
		due := func(at, takes time.Duration) *fetcher.Request {
			return &fetcher.Request{URL: "http://a.test/" + takes.String(), Due: at}
		}
		results := succeeded(t, f.Run(t.Context(), listOf(
			due(5*time.Second, time.Second), due(0, 2*time.Second), due(time.Second, time.Second), due(5*time.Second, time.Second),
		)))
		for i, want := range []struct {
			seq                  int64
			start, queue, respon time.Duration
		}{
			{2, 0, 0, 2 * time.Second},
			{3, 2 * time.Second, time.Second, 2 * time.Second},
			{1, 5 * time.Second, 0, time.Second},
			{4, 6 * time.Second, time.Second, 2 * time.Second},
		} {
			r := results[i]
			if r.Seq != want.seq || r.Attempts[0].Start != want.start || r.Queue != want.queue || r.Response != want.respon {
				t.Errorf("place %d: request %d at %v, queue %v, response %v; want %+v",
					i, r.Seq, r.Attempts[0].Start, r.Queue, r.Response, want)
			}
		}
	})
}

func TestCompletionOrderAndInOrder(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		bubble.Test(t, func(t *testing.T) {
			f := &fetcher.Fetcher{Workers: 4, InOrder: inOrder, Transport: inMemory(t, delays)}
			results := succeeded(t, f.Run(t.Context(), fetcher.URLs(seconds(4, 3, 2, 1)...)))
			want := []int64{4, 3, 2, 1}
			if inOrder {
				slices.Reverse(want)
			}
			if got := seqs(results); !slices.Equal(got, want) {
				t.Errorf("InOrder %v: the results came as %v, want %v", inOrder, got, want)
			}
		})
	}
}

// A slow first request lets the run go on over the window, and no further.
func TestInOrderWindow(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		const workers, lookAhead = 4, 50
		f := &fetcher.Fetcher{Workers: workers, LookAhead: lookAhead, InOrder: true, Transport: inMemory(t, delays),
			Timeout: fetcher.Timeouts{Attempt: fetcher.NoTimeout}}
		var read atomic.Int64
		reqs := func(yield func(*fetcher.Request, error) bool) {
			for i := range 1000 {
				url := "http://a.test/1ms"
				if i == 0 {
					url = "http://a.test/1h"
				}
				read.Add(1)
				if !yield(&fetcher.Request{URL: url}, nil) {
					return
				}
			}
		}
		next, stop := iter.Pull2(f.Run(t.Context(), reqs))
		defer stop()
		go func() { // looks in on the run while its first request is still out
			time.Sleep(30 * time.Minute)
			synctest.Wait()
			s := f.Stats()
			if s.Read > workers+lookAhead || s.Done < lookAhead/2 {
				t.Errorf("while the first request is out: read %d, done %d; the window is %d", s.Read, s.Done, workers+lookAhead)
			}
			if n := read.Load(); n > workers+lookAhead+1 { // one is in the source's hands
				t.Errorf("%d requests were taken from the source", n)
			}
		}()
		for i := range int64(1000) {
			r, err, ok := next()
			if !ok || err != nil || r.Seq != i+1 {
				t.Fatalf("result %d: %v, %v, %v", i, r, err, ok)
			}
		}
		if _, _, ok := next(); ok {
			t.Error("more results than requests")
		}
	})
}

// What the consumer has not taken counts in the window too, whatever the order.
func TestSlowConsumerStopsReading(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		bubble.Test(t, func(t *testing.T) {
			const workers, lookAhead = 3, 20
			f := &fetcher.Fetcher{Workers: workers, LookAhead: lookAhead, InOrder: inOrder, Transport: atOnce}
			taken := int64(0)
			for r, err := range f.Run(t.Context(), repeat(500, "http://a.test/")) {
				if err != nil || r.Err != nil {
					t.Fatal(err, r)
				}
				taken++
				synctest.Wait() // whatever can go on without us has gone on
				if held := f.Stats().Read - taken; held > workers+lookAhead {
					t.Fatalf("InOrder %v: %d requests held; the window is %d", inOrder, held, workers+lookAhead)
				}
			}
			if taken != 500 {
				t.Errorf("%d results", taken)
			}
		})
	}
}

// Requests that sleep are bounded for each host, and leave all others their slots.
func TestSleepersDoNotStarveOthers(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		const workers, bad, good = 10, 400, 400
		var peak int64
		var served atomic.Bool
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			pause(r.Context(), time.Millisecond)
			if r.Host == "bad.test" && served.Swap(true) { // or it would be given up
				w.WriteHeader(http.StatusBadGateway) // not 503, after which the host would get less
			}
		})
		f := &fetcher.Fetcher{Workers: workers, Transport: inMemory(t, server), Retry: fetcher.Retry{Max: 1, MinWait: 30 * time.Second, Budget: -1}}
		list := append(slices.Repeat([]string{"http://bad.test/"}, bad), slices.Repeat([]string{"http://good.test/"}, good)...)
		goodEnd, n := time.Duration(0), 0
		for r, err := range f.Run(t.Context(), fetcher.URLs(list...)) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			s := f.Stats()
			peak = max(peak, s.Sleeping)
			if r.Err == nil {
				goodEnd = max(goodEnd, r.End())
			} else if len(r.Attempts) != 2 || !kindIs(r, fetcher.KindHTTP5xx) {
				t.Errorf("request %d: %d attempts, %v", r.Seq, len(r.Attempts), r.Err)
			}
		}
		if n != bad+good {
			t.Errorf("%d results", n)
		}
		if peak < 100 || peak > 100+workers {
			t.Errorf("%d requests slept at once; want about 100", peak)
		}
		if goodEnd > time.Second {
			t.Errorf("the good host's requests were done after %v", goodEnd)
		}
	})
}
