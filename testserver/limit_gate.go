package testserver

import (
	"context"
	"math"
	"slices"
	"time"
)

// A gate is a limit on when requests are admitted. It may be scaled down, but at least to one request.
type gate interface {
	// meter returns the remainder of the limit.
	meter(now time.Time, share float64) meter
	// take admits a request, for which there must be room.
	take(now time.Time)
}

// meter is the state of one limit.
type meter struct {
	name       string
	limit      int
	remaining  int
	window     time.Duration // period of the limit
	reset      time.Duration // until something is available again, if nothing remains; otherwise until everything is
	concurrent bool          // a limit of concurrent requests, without a window
	exceeded   bool          // a request was refused because nothing remained
}

func part(limit int, share float64) int { return max(1, int(float64(limit)*share)) }

// slidingLog admits limit requests in any window.
type slidingLog struct {
	limit    int
	window   time.Duration
	spaced   bool        // scaling makes the window longer instead of the limit lower
	admitted []time.Time // those of the last window, limit at most
}

func (g *slidingLog) meter(now time.Time, share float64) meter {
	m := meter{name: "sliding", limit: part(g.limit, share), window: g.window}
	if g.spaced {
		m.name, m.limit, m.window = "spaced", g.limit, fraction(g.window.Seconds()/share)
	}
	old := 0
	for old < len(g.admitted) && now.Sub(g.admitted[old]) >= m.window {
		old++
	}
	g.admitted = slices.Delete(g.admitted, 0, old)
	n := len(g.admitted)
	m.remaining = max(0, m.limit-n)
	switch {
	case m.remaining == 0:
		m.reset = m.window - now.Sub(g.admitted[n-m.limit]) // after scaling down, more than one must expire
	case n > 0:
		m.reset = m.window - now.Sub(g.admitted[n-1])
	}
	return m
}

func (g *slidingLog) take(now time.Time) {
	if len(g.admitted) == g.limit { // it was admitted although there was no room
		g.admitted = slices.Delete(g.admitted, 0, 1)
	}
	g.admitted = append(g.admitted, now)
}

// bucket holds up to size tokens, and refills at rate per second; it is full at first.
type bucket struct {
	rate   float64
	size   int
	used   float64 // missing tokens
	latest time.Time
}

func (g *bucket) meter(now time.Time, share float64) meter {
	rate := g.rate * share
	if !g.latest.IsZero() {
		g.used = max(0, g.used-rate*now.Sub(g.latest).Seconds())
	}
	g.latest = now
	m := meter{name: "bucket", limit: g.size, remaining: int(float64(g.size) - g.used), window: fraction(float64(g.size) / rate)}
	missing := g.used
	if m.remaining == 0 {
		missing -= float64(g.size) - 1
	}
	m.reset = fraction(missing / rate)
	return m
}

func (g *bucket) take(time.Time) { g.used++ }

// fraction converts a number of seconds.
func fraction(seconds float64) time.Duration {
	return time.Duration(math.Ceil(min(seconds, maxWait.Seconds()) * float64(time.Second)))
}

// fixedWindow admits limit requests in each of consecutive windows, the first of which begins with the first
// request.
type fixedWindow struct {
	limit  int
	window time.Duration
	start  time.Time
	used   int
}

func (g *fixedWindow) meter(now time.Time, share float64) meter {
	if g.start.IsZero() {
		g.start = now
	}
	if passed := now.Sub(g.start) / g.window; passed > 0 {
		g.start = g.start.Add(passed * g.window)
		g.used = 0
	}
	limit := part(g.limit, share)
	return meter{name: "fixed", limit: limit, remaining: max(0, limit-g.used), window: g.window, reset: g.window - now.Sub(g.start)}
}

func (g *fixedWindow) take(time.Time) { g.used++ }

// slotGate admits a number of requests at once, plus those that wait in line for a slot.
type slotGate struct {
	line         *waitingLine
	slots, queue int
}

func (g *slotGate) meter(_ time.Time, share float64) meter {
	limit := part(g.slots, share) + g.queue
	return meter{name: "slots", limit: limit, remaining: max(0, limit-g.line.served-len(g.line.waiting)), concurrent: true}
}

func (g *slotGate) take(time.Time) {} // entering the line has taken it

// waitingLine holds those who are served and those who wait, in order of arrival. It is guarded by a lock of its
// owner.
type waitingLine struct {
	served  int
	waiting []*turn
}

// turn is a place in the line; come is closed when it is served.
type turn struct{ come chan struct{} }

// enter returns a new place, which is served immediately if fewer than atOnce are; 0 means any number.
func (l *waitingLine) enter(atOnce int) *turn {
	t := &turn{make(chan struct{})}
	l.waiting = append(l.waiting, t)
	l.advance(atOnce)
	return t
}

func (l *waitingLine) advance(atOnce int) {
	for len(l.waiting) > 0 && (atOnce == 0 || l.served < atOnce) {
		close(l.waiting[0].come)
		l.waiting = l.waiting[1:]
		l.served++
	}
}

// wait waits until the place is served, and reports whether it is.
func (t *turn) wait(ctx context.Context) bool {
	select {
	case <-t.come:
		return true
	case <-ctx.Done():
		return false
	}
}

// leave gives up the place, whether it was served or not.
func (l *waitingLine) leave(t *turn, atOnce int) {
	if i := slices.Index(l.waiting, t); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	} else {
		l.served--
	}
	l.advance(atOnce)
}
