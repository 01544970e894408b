package bubble_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

// Goroutines that receive from timers that are due at once are what crashes on several threads.
func TestDueTimers(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	for range 50 {
		bubble.Test(t, func(t *testing.T) {
			var receivers sync.WaitGroup
			for range 8 {
				receivers.Go(func() {
					for range 100 {
						select {
						case <-time.NewTimer(0).C:
						case <-t.Context().Done():
						}
					}
				})
			}
			receivers.Wait()
		})
	}
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("on %d threads, before on %d", got, before)
	}
}
