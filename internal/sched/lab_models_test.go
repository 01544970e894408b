package sched_test

import (
	"fmt"
	"time"

	"example.com/fetch/internal/sched"
)

// model is a server, a list for it, and the best that could be done.
type model struct {
	name    string
	rows    int           // of each client
	clients int           // 0 means 1
	timeout time.Duration // of the clients, for each attempt; 0 means none
	replies []reply       // nil: it refuses in no way of its own
	slow    bool          // only where what is served is slow, since the limit would not be felt

	arrives func(i int) time.Duration // when a request of the list is read; nil: all are at once

	make func(l *lab) server
	best func(l *lab) time.Duration

	doomed func(l *lab) int // how many can never be served; nil: none

	overfill bool              // best can be beaten, at the price of refusals
	plan     func(l *lab) plan // of a client that knows the model; nil: nobody does

	// Of one whose capacity halves and recovers.
	down, up time.Duration
	capacity func(l *lab) func(time.Duration) float64
}

func (m *model) repliesOrBare() []reply {
	if m.replies == nil {
		return []reply{{name: "-"}}
	}
	return m.replies
}

func through(g gate, l *lab) server { return &gated{g, l.reply} }

var models = []*model{
	willing(),
	strict(5, 300), strict(50, 1500), strictLong(), strictInParts(), strictOnAll(), strictTwice(), strictPunishing(),
	bucketOf(5, 1, 300), bucketOf(5, 20, 300), bucketOf(50, 1, 1500), bucketOf(50, 20, 1500), // with a burst of 1: GCRA
	windowOf(5, time.Second, 300), windowOf(50, time.Second, 1500), windowOf(60, time.Minute, 300),
	concurrent(4, 500), concurrent(20, 1500), closingPlaces(4, 500),
	queueing(4, 4, 500), queueing(10, 20, 1500), impatient(), overloaded(),
	noisy(1, 5000), noisy(5, 5000), noisy(20, 5000),
	warmUp(), stepRate(), stepPlaces(),
	dailyQuota(),
	shared(10, 300), shared(50, 1500),
	failingAlways(2, 1000), failingAlways(1, 100), failingOnce(5), failingOnce(100), failingHang(2), failingMixed(),
	dead(500), dead(1),
	starting(300 * ms), restarting(300 * ms), restarting(time.Second), restarting(3 * time.Second),
	stated(60, time.Minute, 300), stated(100, 10*time.Second, 450), statedTwice(), statedPlaces(),
}

func willing() *model {
	return &model{name: "willing", rows: 2000, plan: func(*lab) plan { return plan{} },
		make: func(l *lab) server {
			return scripted(func(_ time.Duration, r *request) answer { return answer{kind: sched.Served, after: r.latency} })
		},
		best: (*lab).bestWilling,
	}
}

func strict(limit, rows int) *model {
	return &model{name: fmt.Sprintf("strict-%d", limit), rows: rows, replies: fourWays,
		plan: func(l *lab) plan { return plan{gate: &log{limit: limit, span: time.Second + l.margin()}} },
		make: func(l *lab) server { return through(&log{limit: limit, span: time.Second}, l) },
		best: func(l *lab) time.Duration { return l.bestLog(limit, time.Second) },
	}
}

func bucketOf(rate float64, burst, rows int) *model {
	return &model{name: fmt.Sprintf("bucket-%v-burst-%d", rate, burst), rows: rows, replies: fourWays,
		plan: func(l *lab) plan {
			if burst > 1 {
				return plan{gate: &tokens{rate: constant(rate), burst: float64(burst) - 1}}
			}
			return plan{gate: &tokens{rate: constant(1 / (1/rate + l.margin().Seconds())), burst: 1}}
		},
		make: func(l *lab) server { return through(&tokens{rate: constant(rate), burst: float64(burst)}, l) },
		best: func(l *lab) time.Duration { return l.bestRate(constant(rate), float64(burst)) },
	}
}

func windowOf(limit int, span time.Duration, rows int) *model {
	phase := span * 37 / 100
	return &model{name: fmt.Sprintf("window-%d-in-%s", limit, spanName(span)), rows: rows, replies: append(fourWays[:4:4], true429),
		plan: func(l *lab) plan {
			return plan{gate: &window{limit: limit, span: span, phase: phase + l.set.rtt*45/100}}
		},
		make: func(l *lab) server { return through(&window{limit: limit, span: span, phase: phase}, l) },
		best: func(l *lab) time.Duration { return l.bestWindow(limit, span, phase) },
	}
}

func concurrent(limit, rows int) *model {
	return &model{name: fmt.Sprintf("concurrent-%d", limit), rows: rows, replies: fourWays, overfill: true,
		plan: func(*lab) plan { return plan{slots: limit} },
		make: func(l *lab) server { return through(places(constant(float64(limit))), l) },
		best: func(l *lab) time.Duration { return l.bestPlaces(limit) },
	}
}

// closingPlaces closes the connection of one too many.
func closingPlaces(limit, rows int) *model {
	m := concurrent(limit, rows)
	m.name, m.replies = fmt.Sprintf("closing-%d", limit), []reply{reset}
	return m
}

func queueing(workers, places, rows int) *model {
	return &model{name: fmt.Sprintf("queue-%d-and-%d", workers, places), rows: rows, replies: []reply{bare503, wait503},
		overfill: true,
		plan:     func(*lab) plan { return plan{slots: workers + places} },
		make:     func(l *lab) server { return newLine(workers, places, l.reply) },
		best:     func(l *lab) time.Duration { return l.bestWorkers(workers, places) },
	}
}

func noisy(percent float64, rows int) *model {
	refusals := func(l *lab, r *request) (n int) {
		for chance(l.seed, r.seq, n) < percent/100 {
			n++
		}
		return n
	}
	replies := []reply{bare503, wait503, bare429}
	if percent <= 5 {
		replies = append(replies, reset) // more than that is beyond the budget for retries
	}
	return &model{name: fmt.Sprintf("noise-%v%%", percent), rows: rows, replies: replies,
		make: func(l *lab) server {
			return scripted(func(_ time.Duration, r *request) answer {
				if r.arrivals < refusals(l, r) {
					return l.reply.answer(time.Second)
				}
				return answer{kind: sched.Served, after: r.latency}
			})
		},
		best: func(l *lab) time.Duration {
			return l.bestChains(
				func(r *request) time.Duration { return time.Duration(refusals(l, r)) * l.set.rtt },
				func(r *request) time.Duration { return time.Duration(refusals(l, r)) * (l.set.rtt + l.reply.wait) })
		},
	}
}

// spanName is a span in the unit that fits.
func spanName(span time.Duration) string {
	if span >= time.Minute {
		return fmt.Sprintf("%dm", span/time.Minute)
	}
	return fmt.Sprintf("%ds", span/time.Second)
}

// strictLong has what is learned at the start weigh little.
func strictLong() *model {
	m := strict(5, 3000)
	m.name = "strict-5-long"
	m.replies = []reply{bare503, bare429}
	return m
}

// strictInParts has half of the list come when the first half has been over for a while: what was learned still holds.
func strictInParts() *model {
	const second = 45 * time.Second
	m := strict(5, 300)
	m.name = "strict-5-in-parts"
	m.plan = nil
	m.arrives = func(i int) time.Duration {
		if i < 150 {
			return 0
		}
		return second
	}
	m.best = func(l *lab) time.Duration { return second + 29*time.Second + l.last() }
	return m
}

// strictOnAll counts what it refuses, too: it opens only to one who waits.
func strictOnAll() *model {
	return &model{name: "strict-5-on-all", rows: 300, replies: []reply{bare503, wait429},
		make: func(l *lab) server { return through(&log{limit: 5, span: time.Second, all: true}, l) },
		best: func(l *lab) time.Duration { return l.bestLog(5, time.Second) },
	}
}

// strictTwice has a limit for the second and one for the minute, and tells neither.
func strictTwice() *model {
	return &model{name: "strict-5-and-100-in-1m", rows: 300, replies: []reply{bare503, true429},
		make: func(l *lab) server {
			return through(every{&log{limit: 5, span: time.Second}, &log{limit: 100, span: time.Minute}}, l)
		},
		best: func(l *lab) time.Duration { return l.bestLogs(5, time.Second, 100, time.Minute) },
	}
}

// strictPunishing shuts for half a minute when it has had to refuse often: more than any first burst can make it, and not
// much more.
func strictPunishing() *model {
	return &model{name: "strict-5-punishing", rows: 300, replies: []reply{bare503, bare429},
		make: func(l *lab) server {
			return through(&punishing{gate: &log{limit: 5, span: time.Second}, most: 60, span: 10 * time.Second, shut: 30 * time.Second}, l)
		},
		best: func(l *lab) time.Duration { return l.bestLog(5, time.Second) },
	}
}

// impatient has its workers' line end after a second: its refusals are slow, and come late.
func impatient() *model {
	return &model{name: "queue-4-for-1s", rows: 500, replies: []reply{bare503, wait503}, slow: true,
		make: func(l *lab) server {
			s := newLine(4, 1e6, l.reply)
			s.patience = time.Second
			return s
		},
		best: func(l *lab) time.Duration { return l.bestWorkers(4, 1e6) },
	}
}

// overloaded never refuses: two workers, and a line without end, in which the clients' patience ends.
func overloaded() *model {
	return &model{name: "overloaded-2", rows: 500, timeout: 3 * time.Second, slow: true,
		make: func(l *lab) server { return newLine(2, 1e6, l.reply) },
		best: func(l *lab) time.Duration { return l.bestWorkers(2, 1e6) },
	}
}

func warmUp() *model {
	rate := warming(10, 100, 20*time.Second)
	return &model{name: "warm-up", rows: 2500, replies: []reply{bare503, bare429, wait503},
		make: func(l *lab) server { return through(&tokens{rate: rate, burst: 5}, l) },
		best: func(l *lab) time.Duration { return l.bestRate(rate, 5) },
	}
}

const (
	stepDown = 20 * time.Second
	stepUp   = 60 * time.Second
)

func stepRate() *model {
	rate := stepped(40, stepDown, stepUp)
	return &model{name: "step-rate", rows: 3200, replies: []reply{bare503, bare429, wait503}, down: stepDown, up: stepUp,
		make:     func(l *lab) server { return through(&tokens{rate: rate, burst: 10}, l) },
		best:     func(l *lab) time.Duration { return l.bestRate(rate, 10) },
		capacity: func(*lab) func(time.Duration) float64 { return rate },
	}
}

func stepPlaces() *model {
	limit := stepped(8, stepDown, stepUp)
	capacity := func(l *lab) func(time.Duration) float64 {
		each := (l.set.rtt + (l.set.lo+l.set.hi)/2).Seconds()
		return func(t time.Duration) float64 { return limit(t) / each }
	}
	return &model{name: "step-places", rows: 3200, replies: []reply{bare503, bare429, wait503}, down: stepDown, up: stepUp, slow: true, overfill: true,
		make:     func(l *lab) server { return through(places(limit), l) },
		best:     func(l *lab) time.Duration { return l.bestRate(capacity(l), 0) },
		capacity: capacity,
	}
}

// dailyQuota lets 500 in, and nobody for the rest of the day. Without a word of how long, the host is given up in time.
func dailyQuota() *model {
	return &model{name: "daily-quota-500", rows: 600, replies: []reply{bare429, hour429},
		make:   func(l *lab) server { return through(&lasting{limit: 500}, l) },
		doomed: func(l *lab) int { return l.rows() - 500 },
		best: func(l *lab) time.Duration {
			best := l.work(nil) * 500 / time.Duration(l.rows())
			if l.reply.wait == 0 {
				best += 2 * time.Minute
			}
			return best
		},
	}
}

// shared is one strict limit for two clients.
func shared(limit, rows int) *model {
	return &model{name: fmt.Sprintf("shared-%d", limit), rows: rows, clients: 2, replies: []reply{bare503, bare429, wait503, wait429},
		make: func(l *lab) server { return through(&log{limit: limit, span: time.Second}, l) },
		best: func(l *lab) time.Duration { return l.bestLog(limit, time.Second) },
	}
}
