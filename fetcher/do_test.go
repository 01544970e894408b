package fetcher_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

func TestDo(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: inMemory(t, delays), Follow: func(*fetcher.Result) *fetcher.Request {
			t.Error("Do asked for a further page")
			return nil
		}}
		req := &fetcher.Request{URL: "http://a.test/2s", Seq: 5}
		r := f.Do(t.Context(), req)
		if r.Err != nil || r.Status != 200 || r.Request != req || r.Seq != 5 || r.Page != 1 || r.Response != 2*time.Second || r.Bytes != 5 {
			t.Errorf("%+v", *r)
		}
		if r := f.Do(t.Context(), &fetcher.Request{URL: "no scheme"}); !kindIs(r, fetcher.KindInput) {
			t.Errorf("%+v", *r)
		}
		if r := f.Do(t.Context(), nil); !kindIs(r, fetcher.KindInput) {
			t.Errorf("%+v", *r)
		}
		if s := f.Stats(); s.Read != 2 || s.OK != 1 || s.Failed != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A hundred calls of Do at once share the slots and the rate with each other and with a Run.
func TestDoSharesLimits(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{
			Workers:   20,
			Transport: inMemory(t, delays),
			Limits:    fetcher.Limits{Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 10, Per: time.Second}}}},
		}
		start := time.Now()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/1s"}); r.Err != nil {
					t.Error(r.Err)
				}
			})
		}
		wg.Go(func() {
			if n := len(succeeded(t, f.Run(t.Context(), repeat(50, "http://b.test/1s")))); n != 50 {
				t.Errorf("%d results", n)
			}
		})
		wg.Wait()
		if wall := time.Since(start); wall != 15900*time.Millisecond {
			t.Errorf("150 requests at 10 a second took %v", wall)
		}
	})
}

func TestDoCancelled(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Workers: 1, Transport: inMemory(t, delays)}
		req := &fetcher.Request{URL: "http://a.test/1m"}

		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errEnough)
		if r := f.Do(ctx, req); !kindIs(r, fetcher.KindCanceled) || !errors.Is(r.Err, errEnough) || len(r.Attempts) != 0 || r.Request != req {
			t.Errorf("cancelled before: %+v", *r)
		}
		if s := f.Stats(); s.Hops != 0 {
			t.Errorf("cancelled before, and %d hops left", s.Hops)
		}

		ctx, cancelLate := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancelLate()
		var behind *fetcher.Result
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(time.Second)
			behind = f.Do(ctx, req) // waits for the slot
		})
		if r := f.Do(ctx, req); !kindIs(r, fetcher.KindDeadline) || r.Service != 3*time.Second || len(r.Attempts) != 1 {
			t.Errorf("cancelled in flight: %+v", *r)
		}
		wg.Wait()
		if !kindIs(behind, fetcher.KindDeadline) || len(behind.Attempts) != 0 {
			t.Errorf("cancelled at the gate: %+v", *behind)
		}
		if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/1s"}); r.Err != nil {
			t.Errorf("the one after: %v", r.Err)
		}
	})
}

// A consumer may fetch something further for each result of a run: it holds no slot meanwhile.
func TestDoWithinARun(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Workers: 1, LookAhead: 1, Transport: inMemory(t, delays)}
		n := 0
		for r, err := range f.Run(t.Context(), repeat(10, "http://a.test/1s")) {
			if err != nil || r.Err != nil {
				t.Fatal(r, err)
			}
			if more := f.Do(t.Context(), &fetcher.Request{URL: "http://b.test/1s"}); more.Err != nil {
				t.Fatal(more.Err)
			}
			n++
		}
		if n != 10 {
			t.Errorf("%d results", n)
		}
	})
}

// The end of one call never waits for another's: whoever comes last joins the workers of its own time only.
func TestDoReturnsWhileOthersBegin(t *testing.T) {
	f := &fetcher.Fetcher{Workers: 4, Transport: atOnce}
	for range 1000 {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/"})
		}()
		// A run that begins when Do is about to end, and is kept open until Do has ended.
		reqs := func(yield func(*fetcher.Request, error) bool) {
			yield(&fetcher.Request{URL: "http://a.test/"}, nil)
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				t.Error("Do waits for the end of a run that began after it")
			}
		}
		if n := len(succeeded(t, f.Run(t.Context(), reqs))); n != 1 {
			t.Fatalf("%d results", n)
		}
		if t.Failed() {
			return
		}
	}
}

// Two runs at once on one Fetcher share its slots and rates.
func TestTwoRunsShareLimits(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Workers: 4, Transport: inMemory(t, delays)}
		start := time.Now()
		var wg sync.WaitGroup
		var starts [2][]time.Duration
		for i := range starts {
			wg.Go(func() {
				for _, r := range succeeded(t, f.Run(t.Context(), repeat(20, "http://a.test/1s"))) {
					starts[i] = append(starts[i], r.Attempts[0].Start)
				}
			})
		}
		wg.Wait()
		if wall := time.Since(start); wall != 10*time.Second {
			t.Errorf("40 requests of a second on 4 workers took %v", wall)
		}
		if most := fullestWindow(slices.Concat(starts[:]...), time.Second); most != 4 {
			t.Errorf("%d requests in flight at once", most)
		}
	})
}
