package sched_test

import (
	"slices"
	"time"

	"example.com/fetch/internal/sched"
)

// reply is how a model refuses.
type reply struct {
	name string
	kind sched.Kind
	word string
	wait time.Duration // Retry-After
	true bool          // Retry-After is the time until the server would take one, in whole seconds, rounded up

	// states is what every response says of a limit, in the form of its dialect; nil: nothing.
	states func(limit, left int, span, reset time.Duration) sched.Quota
}

var (
	bare503  = reply{name: "503", kind: sched.Busy, word: "503"}
	bare429  = reply{name: "429", kind: sched.OverQuota, word: "429"}
	wait503  = reply{name: "503+1s", kind: sched.Busy, word: "503", wait: time.Second}
	wait429  = reply{name: "429+1s", kind: sched.OverQuota, word: "429", wait: time.Second}
	true429  = reply{name: "429+true", kind: sched.OverQuota, word: "429", true: true}
	hour429  = reply{name: "429+1h", kind: sched.OverQuota, word: "429", wait: time.Hour}
	reset    = reply{name: "reset", kind: sched.Failed, word: wordReset}
	fourWays = []reply{bare503, bare429, wait503, wait429}
)

const (
	wordReset   = "reset"
	wordRefused = "connection refused"
)

// gate is a limit on arrivals.
type gate interface {
	// take reports whether one that arrives now is let in; if not, how long from now until one would be.
	take(now time.Duration, busy int) (ok bool, wait time.Duration)
}

// gated serves what the gate lets in, and refuses the rest.
type gated struct {
	gate  gate
	reply reply
}

func (g *gated) take(now time.Duration, r *request, busy int) answer {
	ok, wait := g.gate.take(now, busy)
	a := answer{kind: sched.Served, after: r.latency}
	if !ok {
		a = g.reply.answer(wait)
	}
	if stated, ok := g.gate.(interface {
		stated(reply, time.Duration, int) []sched.Quota
	}); ok && g.reply.states != nil {
		a.quotas = stated.stated(g.reply, now, busy)
	}
	return a
}

func (r reply) answer(wait time.Duration) answer {
	a := answer{kind: r.kind, word: r.word, wait: r.wait}
	if r.true {
		a.wait = (wait + time.Second - 1).Truncate(time.Second)
	}
	return a
}

// log is a strict rate: at most limit in any span of time. If it counts all, the refused count, too.
type log struct {
	limit int
	span  time.Duration
	all   bool
	times []time.Duration
}

func (g *log) take(now time.Duration, _ int) (bool, time.Duration) {
	i, _ := slices.BinarySearch(g.times, now-g.span+1)
	g.times = g.times[i:]
	ok := len(g.times) < g.limit
	wait := time.Duration(0)
	if !ok {
		wait = g.times[len(g.times)-g.limit] + g.span - now
	}
	if ok || g.all {
		g.times = append(g.times, now)
	}
	return ok, wait
}

// tokens is a token bucket that starts full; its rate may change with time.
type tokens struct {
	rate   func(time.Duration) float64
	burst  float64
	have   float64
	last   time.Duration
	opened bool
}

func (g *tokens) take(now time.Duration, _ int) (bool, time.Duration) {
	if !g.opened {
		g.opened, g.have, g.last = true, g.burst, now
	}
	g.have = min(g.burst, g.have+g.rate(now)*(now-g.last).Seconds())
	g.last = now
	if g.have < 1-1e-9 {
		return false, seconds((1 - g.have) / g.rate(now))
	}
	g.have--
	return true, 0
}

// window is a fixed window: limit in each span, counted from phase before the start.
type window struct {
	limit int
	span  time.Duration
	phase time.Duration
	index time.Duration
	used  int
}

func (g *window) take(now time.Duration, _ int) (bool, time.Duration) {
	if i := (now + g.phase) / g.span; i != g.index {
		g.index, g.used = i, 0
	}
	if g.used >= g.limit {
		return false, (g.index+1)*g.span - g.phase - now
	}
	g.used++
	return true, 0
}

func (g *window) stated(reply reply, now time.Duration, _ int) []sched.Quota {
	return []sched.Quota{reply.states(g.limit, max(0, g.limit-g.used), g.span, (g.index+1)*g.span-g.phase-now)}
}

// every is several gates at once; the first that is shut refuses, and those before it have counted the arrival.
type every []gate

func (g every) take(now time.Duration, busy int) (bool, time.Duration) {
	for _, one := range g {
		if ok, wait := one.take(now, busy); !ok {
			return false, wait
		}
	}
	return true, 0
}

func (g every) stated(reply reply, now time.Duration, busy int) (all []sched.Quota) {
	for _, one := range g {
		all = append(all, one.(*window).stated(reply, now, busy)...)
	}
	return all
}

// punishing shuts for a while when it has refused too many in a span.
type punishing struct {
	gate
	most    int
	span    time.Duration
	shut    time.Duration
	until   time.Duration
	refused []time.Duration
}

func (g *punishing) take(now time.Duration, busy int) (bool, time.Duration) {
	if now < g.until {
		return false, g.until - now
	}
	ok, wait := g.gate.take(now, busy)
	if ok {
		return true, 0
	}
	i, _ := slices.BinarySearch(g.refused, now-g.span+1)
	if g.refused = append(g.refused[i:], now); len(g.refused) > g.most {
		g.until, g.refused = now+g.shut, nil
	}
	return false, wait
}

// places is a limit on what is under way; it may change with time.
type places func(time.Duration) float64

func (g places) take(now time.Duration, busy int) (bool, time.Duration) {
	return float64(busy) < g(now), time.Second
}

func (g places) stated(reply reply, now time.Duration, busy int) []sched.Quota {
	limit := int(g(now))
	return []sched.Quota{reply.states(limit, max(0, limit-busy-1), sched.Unknown, sched.Unknown)}
}

// line is a server with workers, and places to wait for them; beyond, it refuses. It does so, too, with one that has
// waited as long as its patience.
type line struct {
	places   int
	patience time.Duration   // 0 means that it is without end
	free     []time.Duration // when each worker is
	reply    reply
}

func newLine(workers, places int, reply reply) *line {
	return &line{places: places, free: make([]time.Duration, workers), reply: reply}
}

func (s *line) take(now time.Duration, r *request, busy int) answer {
	if busy >= len(s.free)+s.places {
		return s.reply.answer(time.Second)
	}
	i := 0
	for j := range s.free {
		if s.free[j] < s.free[i] {
			i = j
		}
	}
	if s.patience > 0 && s.free[i]-now > s.patience {
		a := s.reply.answer(time.Second)
		a.after = s.patience
		return a
	}
	s.free[i] = max(s.free[i], now) + r.latency
	return answer{kind: sched.Served, after: s.free[i] - now}
}

// scripted does what the number of the request, and of its attempt, say.
type scripted func(now time.Duration, r *request) answer

func (s scripted) take(now time.Duration, r *request, _ int) answer { return s(now, r) }

// lasting is a limit on the number of requests for ever: a daily quota.
type lasting struct{ limit, used int }

func (g *lasting) take(time.Duration, int) (bool, time.Duration) {
	g.used++
	return g.used <= g.limit, 24 * time.Hour
}

// chance is a number from 0 to 1 that depends on its arguments only.
func chance(seed uint64, seq int64, attempt int) float64 {
	x := seed*0x9e3779b97f4a7c15 + uint64(seq)*0xbf58476d1ce4e5b9 + uint64(attempt)*0x94d049bb133111eb
	for range 3 {
		x ^= x >> 30
		x *= 0xbf58476d1ce4e5b9
		x ^= x >> 27
	}
	return float64(x>>11) / (1 << 53)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
