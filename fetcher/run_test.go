package fetcher_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// TestRunsAreTheirOwn: a Run is stopped, or drained, and counted by itself; the others go on, and the sums stay those of all.
func TestRunsAreTheirOwn(t *testing.T) {
	for _, drain := range []bool{false, true} {
		bubble.Test(t, func(t *testing.T) {
			f := &fetcher.Fetcher{Workers: 4, LookAhead: 2, Transport: inMemory(t, delays)}
			one, two := f.NewRun(t.Context(), repeat(50, "http://a.test/1s")), f.NewRun(t.Context(), repeat(10, "http://b.test/1s"))
			end := one.Stop
			if drain {
				end = one.Drain
			}
			var both sync.WaitGroup
			both.Go(func() {
				results, err := gather(t, one.Results())
				if err != fetcher.ErrStopped || len(results) == 0 || len(results) > 20 {
					t.Errorf("the one that was stopped: %d results, %v", len(results), err)
				}
				for _, r := range results {
					if r.Err != nil {
						t.Error(r.Err)
					}
				}
			})
			both.Go(func() {
				if results := succeeded(t, two.Results()); len(results) != 10 {
					t.Errorf("the other: %d results", len(results))
				}
			})
			time.Sleep(2500 * time.Millisecond)
			synctest.Wait()
			a, b, all := one.Stats(), two.Stats(), f.Stats()
			if a.Sent == 0 || b.Sent == 0 || all.Sent != a.Sent+b.Sent || all.InFlight != 4 || a.InFlight != 4 || a.Done == 0 {
				t.Errorf("%+v and %+v, together %+v", a, b, all)
			}
			end()
			both.Wait()
			a, b, all = one.Stats(), two.Stats(), f.Stats()
			if b.OK != 10 || a.Read != a.Done+a.NotStarted || all.OK != a.OK+b.OK || all.Read != a.Read+b.Read || all.Hops != a.Hops+b.Hops {
				t.Errorf("%+v and %+v, together %+v", a, b, all)
			}
			if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/0s"}); r.Err != nil || f.Stats().OK != all.OK+1 {
				t.Errorf("after it: %v, %+v", r.Err, f.Stats())
			}
		})
	}
}

// A run that is stopped before it began sends nothing, and says so; so does one that is ranged twice.
func TestRunStoppedBefore(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: inMemory(t, delays)}
		for _, end := range []func(*fetcher.Run){(*fetcher.Run).Stop, (*fetcher.Run).Drain} {
			r := f.NewRun(t.Context(), repeat(3, "http://a.test/0s"))
			if s := r.Stats(); s.Elapsed != 0 || s.Read != 0 {
				t.Errorf("%+v", s)
			}
			end(r)
			if results, err := gather(t, r.Results()); !errors.Is(err, fetcher.ErrStopped) || len(results) > 0 {
				t.Errorf("%d results, %v", len(results), err)
			}
			if _, err := gather(t, r.Results()); err != fetcher.ErrRangedTwice {
				t.Error(err)
			}
			end(r)
		}
		if s := f.Stats(); s.Hops != 0 {
			t.Errorf("%+v", s)
		}
	})
}
