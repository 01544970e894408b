package load_test

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/load"
)

const ms = time.Millisecond

// A user's request is due when the one before has ended and the user has thought. Users begin spread over that time.
func TestThink(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		p := load.Plan{Stages: always(3), For: time.Second, Think: thinking(50 * ms)}
		_, results := run(t, p, &fetcher.Fetcher{Transport: takes(100 * ms)})
		var want []time.Duration
		for due := time.Duration(0); due < p.For; due += 150 * ms {
			want = append(want, due, due+50*ms/3, due+100*ms/3)
		}
		if diff := cmp.Diff(want, dues(results)); diff != "" {
			t.Error(diff)
		}
		for _, r := range results {
			if r.Queue != 0 || r.Response != 100*ms {
				t.Errorf("request %d: queue %v, response %v", r.Seq, r.Queue, r.Response)
			}
		}
	})
}

// Whoever thinks for long is not asked for a request before, so that those who come sooner have their turn.
func TestLongThink(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l, _ := load.New(load.Plan{Stages: always(2), Think: thinking(time.Minute), Count: 6}, again("http://a.test/"))
		var given []time.Duration
		f := &fetcher.Fetcher{Transport: takes(0), Advanced: fetcher.Advanced{Ended: l.Ended}, Workers: 5}
		start := time.Now()
		source := func(yield func(*fetcher.Request, error) bool) {
			for r, err := range l.Requests(t.Context()) {
				given = append(given, r.Due-time.Since(start))
				if !yield(r, err) {
					return
				}
			}
		}
		for _, err := range f.Run(t.Context(), source) {
			if err != nil {
				t.Error(err)
			}
		}
		if want := []time.Duration{0, time.Second, time.Second, time.Second, time.Second, time.Second}; !slices.Equal(given, want) {
			t.Errorf("given %v before they were due, want %v", given, want)
		}
		if elapsed := time.Since(start); elapsed != 150*time.Second { // the second user begins half a minute after the first
			t.Errorf("took %v", elapsed)
		}
	})
}

func TestNothingIsDueAfterFor(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		p := load.Plan{Stages: always(10), For: time.Second, WarmUp: 500 * ms}
		l, results := run(t, p, &fetcher.Fetcher{Transport: takes(100 * ms)})
		if len(results) != 150 {
			t.Errorf("%d requests, want 150", len(results))
		}
		if last := slices.Max(dues(results)); last != 1400*ms {
			t.Errorf("the last was due at %v", last)
		}
		if measured := l.Due(time.Hour); measured != 100 {
			t.Errorf("%d were due, want 100", measured)
		}
	})
}

func TestCountIsExact(t *testing.T) {
	for _, workers := range []int{50, 7} { // with 7 most users wait for a slot
		bubble.Test(t, func(t *testing.T) {
			p := load.Plan{Stages: always(50), Count: 1234, WarmUp: time.Second}
			l, results := run(t, p, &fetcher.Fetcher{Workers: workers, Transport: takes(30 * ms)})
			measured, warmUp := int64(0), int64(0)
			for _, r := range results {
				if r.Due < p.WarmUp {
					warmUp++
				} else {
					measured++
				}
			}
			if measured != p.Count || warmUp < 230 {
				t.Errorf("%d measured, %d in the warm-up", measured, warmUp)
			}
			if m := l.Due(time.Hour); m != measured {
				t.Errorf("%d were due, %d came", m, measured)
			}
		})
	}
}

// Users come and go one by one where the line of their number passes a half.
func TestUsersOfStages(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		stages, _, _ := load.ParseStages("10s:10,5s:10,10s:0,5s:0,10s:4")
		_, results := run(t, load.Plan{Stages: stages}, &fetcher.Fetcher{Transport: takes(100 * ms)})
		at := func(instant time.Duration) (n int) {
			for _, r := range results {
				if r.Due <= instant && instant < r.End() {
					n++
				}
			}
			return n
		}
		for second, want := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4} {
			instant := time.Duration(second)*time.Second + 101*ms
			if got := at(instant); got != want {
				t.Errorf("%d users at %v, want %d", got, instant, want)
			}
		}
		if first := results[0].Due; first != 500*ms {
			t.Errorf("the first user came at %v", first)
		}
		if last := slices.Max(dues(results)); last >= 40*time.Second || last < 39900*ms {
			t.Errorf("the last request was due at %v", last)
		}
	})
}

// Those users are idle whose first request was due and never ended: not who was to come later, nor who was not needed for so
// few requests.
func TestIdle(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			plan load.Plan
			slow time.Duration
			want int64
		}{
			{load.Plan{Stages: always(10), For: time.Second}, 2 * time.Second, 7}, // three are sent, and the rest of them are not
			{load.Plan{Stages: always(10), For: time.Second}, 10 * ms, 0},
			{load.Plan{Stages: always(10), For: time.Second}, 150 * ms, 0}, // all wait again
			{load.Plan{Stages: always(10), For: time.Second, Think: thinking(20 * time.Second)}, 10 * ms, 0},
			{load.Plan{Stages: always(10), Count: 2}, 10 * ms, 0},
		} {
			f := &fetcher.Fetcher{Transport: takes(test.slow), Workers: 3}
			if test.plan.For > 0 {
				stop := time.AfterFunc(time.Second, f.Drain)
				defer stop.Stop()
			}
			l, _ := run(t, test.plan, f)
			if n := l.Idle(time.Second); n != test.want {
				t.Errorf("%+v: %d users are idle, want %d", test.plan, n, test.want)
			}
		}
	})
}

// Users who come at one instant begin spread over the time that they think, at the beginning and later; who comes where the
// number rises begins at once. Of a range it is the mean.
func TestStagger(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		stages := []load.Stage{{To: 4}, {For: 2 * time.Second, To: 4}, {To: 8}, {For: time.Second, To: 8}, {For: time.Second, To: 10}}
		_, results := run(t, load.Plan{Stages: stages, Think: load.Think{Least: 200 * ms, Most: 600 * ms}, Seed: 7}, &fetcher.Fetcher{Transport: takes(10 * ms)})
		first := map[time.Duration]int{}
		for _, r := range results {
			first[r.Due]++
		}
		for _, due := range []time.Duration{0, 100, 200, 300, 2000, 2100, 2200, 2300, 3250, 3750} {
			if first[due*ms] == 0 {
				t.Errorf("nobody begins at %v", due*ms)
			}
		}
	})
}

// Of a range each pause is somewhere in it, as likely in each part as in any other, and the same again with the same seed,
// whatever the server does.
func TestThinkRange(t *testing.T) {
	pauses := func(seed uint64, server transport) (all []time.Duration) {
		bubble.Test(t, func(t *testing.T) {
			p := load.Plan{Stages: always(1), Count: 1001, Think: load.Think{Least: 200 * ms, Most: 800 * ms}, Seed: seed}
			_, results := run(t, p, &fetcher.Fetcher{Transport: server})
			for i, r := range results[1:] {
				all = append(all, r.Due-results[i].End())
			}
		})
		return all
	}
	one := pauses(1, takes(10*ms))
	if diff := cmp.Diff(one, pauses(1, takes(70*ms))); diff != "" {
		t.Error(diff)
	}
	if slices.Equal(one, pauses(2, takes(10*ms))) {
		t.Error("another seed makes no difference")
	}
	var parts [6]int
	for _, pause := range one {
		if pause < 200*ms || pause > 800*ms {
			t.Fatalf("a pause of %v", pause)
		}
		parts[min((pause-200*ms)/(100*ms), 5)]++
	}
	for _, n := range parts { // 167, with a standard deviation of 12
		if n < 120 || n > 215 {
			t.Errorf("the pauses are in these parts of the range: %v", parts)
		}
	}
}

// There are as many users as the plan says at any instant, besides those who have still to end a request.
func TestNumberOfUsers(t *testing.T) {
	for seed := range uint64(20) {
		bubble.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			var p load.Plan
			for range 2 + random.IntN(4) {
				length := time.Duration(random.IntN(3)) * 1234567 * time.Microsecond
				p.Stages = append(p.Stages, load.Stage{For: length, To: float64(random.IntN(20))})
			}
			p.Stages = append(p.Stages, load.Stage{For: time.Second, To: 3})
			think := time.Duration(random.IntN(2)) * 77 * ms
			p.Think = thinking(think)
			longest := 400 * ms
			var number atomic.Uint64
			server := func(*http.Request) time.Duration {
				return time.Duration(rand.New(rand.NewPCG(seed, number.Add(1))).Int64N(int64(longest)))
			}
			_, results := run(t, p, &fetcher.Fetcher{Transport: transport(server)})
			end, _ := p.End()
			for instant := time.Duration(0); instant < end-longest-think; instant += 9 * ms {
				n := 0
				for _, r := range results {
					if r.Due <= instant && instant < r.End()+think {
						n++
					}
				}
				least, most := usersAt(p.Stages, instant), 0
				for late := instant - think; late < instant; late += ms { // who comes with others comes while they think
					least = min(least, usersAt(p.Stages, late))
				}
				for before := max(0, instant-longest-think); before <= instant; before += ms {
					most = max(most, usersAt(p.Stages, before))
				}
				if n < least || n > max(most, least) {
					t.Fatalf("seed %d: %d users at %v, the plan says %d, and shortly before %d", seed, n, instant, least, most)
				}
			}
		})
	}
}

// usersAt is the number of users that stages mean at an instant.
func usersAt(stages []load.Stage, at time.Duration) int {
	from := 0.0
	for _, s := range stages {
		if at < 0 {
			return 0
		}
		if at < s.For {
			return int(math.Floor(from + (s.To-from)*at.Seconds()/s.For.Seconds() + 0.5))
		}
		at -= s.For
		from = s.To
	}
	return 0
}

// A request that never ends keeps its own user only, and not the source.
func TestHangingRequests(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l, _ := load.New(load.Plan{Stages: always(3), For: 5 * time.Second}, again("http://a.test/"))
		start := time.Now()
		n := 0
		for range l.Requests(t.Context()) {
			n++
		}
		if elapsed := time.Since(start); n != 3 || elapsed != 5*time.Second {
			t.Errorf("%d requests in %v", n, elapsed)
		}
		if measured := l.Due(time.Hour); measured != 3 {
			t.Errorf("%d were due", measured)
		}
	})
}

// Requests that have been given ahead are due when their time has come.
func TestDueOfUsers(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		stages, _, _ := load.ParseStages("1s:4,1s:4")
		l, _ := load.New(load.Plan{Stages: stages}, again("http://a.test/"))
		for range l.Requests(t.Context()) {
		}
		for _, c := range []struct{ at, want int64 }{{0, 0}, {124, 0}, {125, 1}, {500, 2}, {874, 3}, {2000, 4}} {
			if measured := l.Due(time.Duration(c.at) * ms); measured != c.want {
				t.Errorf("%d were due at %dms, want %d", measured, c.at, c.want)
			}
		}
	})
}

func TestCanceled(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		l, _ := load.New(load.Plan{Stages: always(3)}, again("http://a.test/"))
		start := time.Now()
		for _, err := range l.Requests(ctx) {
			if err != nil {
				t.Error(err)
			}
		}
		if elapsed := time.Since(start); elapsed != 2*time.Second {
			t.Errorf("ended after %v", elapsed)
		}
	})
}

// A further page is no end: its user is free after the last.
func TestPages(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: takes(100 * ms), Workers: 10}
		f.Follow = func(r *fetcher.Result) *fetcher.Request {
			if r.Page == 3 {
				return nil
			}
			return &fetcher.Request{URL: "http://a.test/next"}
		}
		l, _ := load.New(load.Plan{Stages: always(2), For: time.Second}, again("http://a.test/"))
		f.Ended = l.Ended
		var firsts []time.Duration
		for r, err := range f.Run(t.Context(), l.Requests(t.Context())) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Page == 1 {
				firsts = append(firsts, r.Due)
			}
		}
		if want := []time.Duration{0, 0, 300 * ms, 300 * ms, 600 * ms, 600 * ms, 900 * ms, 900 * ms}; !slices.Equal(firsts, want) {
			t.Errorf("due at %v, want %v", firsts, want)
		}
	})
}

// Requests that cannot even be sent free their users at once, from within the source itself.
func TestUnusableRequests(t *testing.T) {
	l, err := load.New(load.Plan{Stages: always(5), Count: 1000}, again("gopher://a.test/"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runLoad(t, l, &fetcher.Fetcher{Transport: takes(0)}) {
		if r.Err == nil {
			t.Fatal("a request that cannot be sent has succeeded")
		}
	}
}
