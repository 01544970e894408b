package run

import (
	"testing"
	"time"
)

// The figures are looked at when the warm-up ends, too, so that what is sent in it is told from what is sent after.
func TestNextTick(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, c := range []struct{ at, warmUp, want time.Duration }{
		{0, 0, s}, {s, 0, 2 * s}, {0, 200 * ms, 200 * ms}, {200 * ms, 200 * ms, s}, {0, s, s}, {s, s, 2 * s}, {s, 1500 * ms, 1500 * ms}, {1500 * ms, 1500 * ms, 2 * s},
	} {
		if got := nextTick(c.at, c.warmUp); got != c.want {
			t.Errorf("after %v with a warm-up of %v: %v, want %v", c.at, c.warmUp, got, c.want)
		}
	}
}
