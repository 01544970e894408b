package testserver

import (
	"context"
	"math"
	"slices"
	"time"
)

// A gate is a limit on when requests are admitted. Only a part of it may hold, but at least one request.
type gate interface {
	// meter says how much of the limit is left.
	meter(now time.Time, share float64) meter
	// take admits a request, which there must be room for.
	take(now time.Time)
}

// meter is the state of one limit.
type meter struct {
	name       string
	limit      int
	remaining  int
	window     time.Duration // that the limit is for
	reset      time.Duration // until something is there again, if nothing remains; else until all is
	concurrent bool          // it counts requests at once, and has no window
	exceeded   bool          // a request was refused since nothing remained
}

func part(limit int, share float64) int { return max(1, int(float64(limit)*share)) }

// slidingLog admits so many in any window.
type slidingLog struct {
	limit    int
	window   time.Duration
	spaced   bool        // if a part of it holds, the window is longer, and the limit is not lower
	admitted []time.Time // those of the last window, limit at the most
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
		m.reset = m.window - now.Sub(g.admitted[n-m.limit]) // of a limit that was halved, more than one must go
	case n > 0:
		m.reset = m.window - now.Sub(g.admitted[n-1])
	}
	return m
}

func (g *slidingLog) take(now time.Time) {
	if len(g.admitted) == g.limit { // it was taken although there was no room
		g.admitted = slices.Delete(g.admitted, 0, 1)
	}
	g.admitted = append(g.admitted, now)
}

// bucket has room for size tokens, of which rate flow in each second; it is full at first.
type bucket struct {
	rate   float64
	size   int
	used   float64 // tokens that are missing
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

// fraction is a number of seconds.
func fraction(seconds float64) time.Duration {
	return time.Duration(math.Ceil(min(seconds, maxWait.Seconds()) * float64(time.Second)))
}

// fixedWindow admits so many in each of the windows that follow each other, the first of which begins with the first request.
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

// slotGate admits so many at once, and those that wait in the line for a slot.
type slotGate struct {
	line         *waitingLine
	slots, queue int
}

func (g *slotGate) meter(_ time.Time, share float64) meter {
	limit := part(g.slots, share) + g.queue
	return meter{name: "slots", limit: limit, remaining: max(0, limit-g.line.served-len(g.line.waiting)), concurrent: true}
}

func (g *slotGate) take(time.Time) {} // entering the line has taken it

// waitingLine is who is served and who waits to be, in order of arrival. A lock of its owner guards it.
type waitingLine struct {
	served  int
	waiting []*turn
}

// turn is a place in the line; come is closed when it may be served.
type turn struct{ come chan struct{} }

// enter gives a place, at once among those served if there are fewer than atOnce, which is 0 for any number.
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

// wait waits for the turn to come, and reports whether it has.
func (t *turn) wait(ctx context.Context) bool {
	select {
	case <-t.come:
		return true
	case <-ctx.Done():
		return false
	}
}

// leave gives the place up, whether its turn has come or not.
func (l *waitingLine) leave(t *turn, atOnce int) {
	if i := slices.Index(l.waiting, t); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	} else {
		l.served--
	}
	l.advance(atOnce)
}
