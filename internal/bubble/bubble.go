// Package bubble runs tests in virtual time.
package bubble

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// narrow is how many tests have the process on one thread, and on how many it was before.
var narrow struct {
	sync.Mutex
	tests, before int
}

// Test is synctest.Test on one thread. On several, and under the race detector, Go 1.26 crashes now and then if two
// goroutines of a bubble receive from timers that are due already: both use the one race context of the bubble's timers.
func Test(t *testing.T, f func(*testing.T)) {
	t.Helper()
	narrow.Lock()
	if narrow.tests++; narrow.tests == 1 {
		narrow.before = runtime.GOMAXPROCS(1)
	}
	narrow.Unlock()
	defer func() {
		narrow.Lock()
		if narrow.tests--; narrow.tests == 0 {
			runtime.GOMAXPROCS(narrow.before)
		}
		narrow.Unlock()
	}()
	synctest.Test(t, f)
}
