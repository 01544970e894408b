package fetcher_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// TestWindowWithRoomIsReadOn: requests that nothing holds up do not wait behind a host that fills most of the window.
func TestWindowWithRoomIsReadOn(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: atOnce, Limits: fetcher.Limits{Host: func(host string) (fetcher.Limit, bool) {
			return fetcher.Limit{Rates: []fetcher.Rate{{Events: 1, Per: time.Second}}}, host == "slow.test:80"
		}}}
		var last time.Duration
		for r, err := range f.Run(t.Context(), func(yield func(*fetcher.Request, error) bool) {
			for i := range 14_000 {
				host := "slow"
				if i >= 9000 {
					host = "free"
				}
				if !yield(&fetcher.Request{URL: fmt.Sprintf("http://%s.test/", host)}, nil) {
					return
				}
			}
		}) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Request.URL == "http://free.test/" {
				last = r.End()
			}
		}
		if last > 10*time.Second {
			t.Errorf("the last request to the free host ended after %v", last)
		}
	})
}

// TestWindowOfASlowConsumer: a consumer who is as fast as the workers holds none of them up, however small the window.
func TestWindowOfASlowConsumer(t *testing.T) {
	for _, lookAhead := range []int{1, 5, 10, 100} {
		bubble.Test(t, func(t *testing.T) {
			f := &fetcher.Fetcher{Transport: inMemory(t, delays), LookAhead: lookAhead, Workers: 10}
			start := time.Now()
			for _, err := range f.Run(t.Context(), repeat(200, "http://a.test/1s")) {
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond) // as fast as the ten workers: 10 a second
			}
			if d := time.Since(start); d > 25*time.Second {
				t.Errorf("LookAhead %d: %v, where 21 s would do", lookAhead, d)
			}
		})
	}
}

// TestWindowWithoutBound: the largest LookAhead overflows nothing.
func TestWindowWithoutBound(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: inMemory(t, delays), LookAhead: 1_000_000_000, Workers: 10}
		start := time.Now()
		succeeded(t, f.Run(t.Context(), repeat(10, "http://a.test/1s")))
		if d := time.Since(start); d > 1100*time.Millisecond {
			t.Errorf("10 requests of 1 s on 10 workers took %v", d)
		}
	})
}

// TestOldestFirst: requests leave in the order in which they came, those of Do and of other runs among them.
func TestOldestFirst(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: inMemory(t, delays), Workers: 1}
		stop := make(chan struct{})
		done := make(chan struct{}, 2)
		for range 2 {
			go func() {
				defer func() { done <- struct{}{} }()
				for {
					select {
					case <-stop:
						return
					default:
						f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/1s"})
					}
				}
			}()
		}
		time.AfterFunc(10*time.Minute, func() { close(stop) })
		start := time.Now()
		succeeded(t, f.Run(t.Context(), repeat(20, "http://b.test/1s")))
		if d := time.Since(start); d > 70*time.Second {
			t.Errorf("20 requests of 1 s took %v beside two callers of Do", d)
		}
		<-done
		<-done
	})
}

// TestDueInTheFarFuture: the latest Due there is does not come before the run.
func TestDueInTheFarFuture(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: atOnce}
		f.Stats()
		time.Sleep(time.Second) // the clock counts from the first use
		time.AfterFunc(time.Hour, f.Stop)
		if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/", Due: math.MaxInt64 / 4}); !errors.Is(r.Err, fetcher.ErrStopped) {
			t.Errorf("sent, with a response time of %v", r.Response)
		}
	})
}
