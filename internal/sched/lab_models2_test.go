package sched_test

import (
	"fmt"
	"time"

	"example.com/fetch/internal/sched"
)

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

// overloaded never refuses: two workers, and a line without end, in which the clients' patience ends.
func overloaded() *model {
	return &model{name: "overloaded-2", rows: 500, timeout: 3 * time.Second, slow: true,
		make: func(l *lab) server { return newLine(2, 1e6, l.reply) },
		best: func(l *lab) time.Duration { return l.bestPlaces(2) },
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
		mean := (l.set.lo + l.set.hi).Seconds() / 2
		return func(t time.Duration) float64 { return limit(t) / mean }
	}
	return &model{name: "step-places", rows: 3200, replies: []reply{bare503, bare429, wait503}, down: stepDown, up: stepUp, slow: true,
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

// picked reports whether a request is one of so many in a hundred; which is different for each salt.
func (l *lab) picked(r *request, percent float64, salt int) bool {
	return chance(l.seed, r.seq, 1000+salt) < percent/100
}

// threeRetries is half of the back-offs of three retries.
func threeRetries(wait time.Duration) time.Duration {
	return max(250*ms, wait) + max(500*ms, wait) + max(time.Second, wait)
}

// failingAlways is a willing server with some URLs that always fail.
func failingAlways(percent float64, rows int) *model {
	bad := func(l *lab, r *request) bool {
		if percent == 1 {
			return r.seq == 30
		}
		return l.picked(r, percent, 0)
	}
	return &model{name: fmt.Sprintf("failing-%v%%-always", percent), rows: rows, replies: []reply{bare503, wait503},
		make: func(l *lab) server {
			return scripted(func(_ time.Duration, r *request) answer {
				if bad(l, r) {
					return l.reply.answer(0)
				}
				return answer{kind: sched.Served, after: r.latency}
			})
		},
		doomed: func(l *lab) int { return l.count(func(r *request) bool { return bad(l, r) }) },
		best: func(l *lab) time.Duration {
			return l.bestChains(nil, func(r *request) time.Duration {
				if bad(l, r) {
					return threeRetries(l.reply.wait)
				}
				return 0
			})
		},
	}
}

func (l *lab) count(match func(*request) bool) (n int) {
	for _, list := range l.lists {
		for i := range list {
			if match(&list[i]) {
				n++
			}
		}
	}
	return n
}

const patience = 3 * time.Second

// failing is a willing server with some URLs that are refused once, and some that hang twice.
func failing(name string, rows int, once, hang float64) *model {
	refusals := func(l *lab, r *request) int {
		if l.picked(r, once, 1) {
			return 1
		}
		return 0
	}
	hangs := func(l *lab, r *request) int {
		if l.picked(r, hang, 2) && refusals(l, r) == 0 {
			return 2
		}
		return 0
	}
	return &model{name: name, rows: rows, timeout: patience, replies: []reply{wait503},
		make: func(l *lab) server {
			return scripted(func(_ time.Duration, r *request) answer {
				switch {
				case r.arrivals < refusals(l, r):
					return l.reply.answer(0)
				case r.arrivals < hangs(l, r):
					return answer{hangs: true}
				}
				return answer{kind: sched.Served, after: r.latency}
			})
		},
		best: func(l *lab) time.Duration {
			slots := func(r *request) time.Duration {
				return time.Duration(refusals(l, r))*l.set.rtt + time.Duration(hangs(l, r))*patience
			}
			return l.bestChains(slots, func(r *request) time.Duration { return slots(r) + time.Duration(refusals(l, r))*l.reply.wait })
		},
	}
}

func failingOnce(percent float64) *model {
	return failing(fmt.Sprintf("failing-%v%%-once", percent), 1000, percent, 0)
}
func failingHang(percent float64) *model {
	return failing(fmt.Sprintf("failing-%v%%-hang", percent), 1000, 0, percent)
}
func failingMixed() *model { return failing("failing-mixed", 450, 5, 2) }

// dead never serves anything. What it could be is over in the time of three retries.
func dead(rows int) *model {
	return &model{name: fmt.Sprintf("dead-%d", rows), rows: rows, timeout: patience, replies: []reply{
		{name: "refused", kind: sched.Unreachable, word: wordRefused}, bare503, bare429, wait503,
		{name: "500", kind: sched.Failed, word: "500"}, reset, {name: "hangs", kind: sched.TimedOut}},
		make: func(l *lab) server {
			return scripted(func(_ time.Duration, r *request) answer {
				if l.reply.kind == sched.TimedOut {
					return answer{hangs: true}
				}
				return l.reply.answer(0)
			})
		},
		doomed: (*lab).rows,
		best: func(l *lab) time.Duration {
			if l.reply.kind == sched.TimedOut {
				return 4*patience + threeRetries(0)
			}
			return 4*l.set.rtt + threeRetries(l.reply.wait)
		},
	}
}

// restarting is a willing server that is down for a while in the middle: what is under way is reset, and connections are
// refused.
func restarting(down time.Duration) *model {
	return &model{name: fmt.Sprintf("restarting-%v", down), rows: 1000,
		make: func(l *lab) server {
			from := l.work(nil) / 2
			return scripted(func(now time.Duration, r *request) answer {
				switch {
				case now >= from && now < from+down:
					return answer{kind: sched.Unreachable, word: wordRefused}
				case now < from && now+r.latency > from:
					return answer{kind: sched.Failed, after: from - now, word: wordReset}
				}
				return answer{kind: sched.Served, after: r.latency}
			})
		},
		best: func(l *lab) time.Duration { return l.work(nil) + down },
	}
}

// dialects are the ways in which limits are stated; refused is with a bare 429.
var (
	allStated = func(limit, left int, span, reset time.Duration) sched.Quota {
		return sched.Quota{Limit: float64(limit), Remaining: float64(left), Window: span, Reset: reset}
	}
	dialects = []reply{
		{name: "all", kind: sched.OverQuota, word: "429", states: allStated},
		{name: "all+wait", kind: sched.OverQuota, word: "429", true: true, states: allStated},
		{name: "no-window", kind: sched.OverQuota, word: "429", states: func(limit, left int, _, reset time.Duration) sched.Quota {
			return sched.Quota{Limit: float64(limit), Remaining: float64(left), Window: sched.Unknown, Reset: reset}
		}},
		{name: "no-reset", kind: sched.OverQuota, word: "429", states: func(limit, left int, span, _ time.Duration) sched.Quota {
			return sched.Quota{Limit: float64(limit), Remaining: float64(left), Window: span, Reset: sched.Unknown}
		}},
		{name: "left-and-reset", kind: sched.OverQuota, word: "429", states: func(_, left int, _, reset time.Duration) sched.Quota {
			return sched.Quota{Limit: sched.Unknown, Remaining: float64(left), Window: sched.Unknown, Reset: reset}
		}},
		{name: "left", kind: sched.OverQuota, word: "429", states: func(limit, left int, _, _ time.Duration) sched.Quota {
			return sched.Quota{Limit: float64(limit), Remaining: float64(left), Window: sched.Unknown, Reset: sched.Unknown}
		}},
	}
)

// stated is a fixed window that every response tells of.
func stated(limit int, span time.Duration, rows int) *model {
	m := windowOf(limit, span, rows)
	m.name = fmt.Sprintf("stated-%d-in-%s", limit, spanName(span))
	m.replies = dialects
	return m
}

// statedTwice has two windows, and tells of both.
func statedTwice() *model {
	second := func() *window { return &window{limit: 5, span: time.Second} }
	minute := func() *window { return &window{limit: 100, span: time.Minute} }
	return &model{name: "stated-5-and-100-in-1m", rows: 300, replies: dialects[:2],
		make: func(l *lab) server { return through(every{minute(), second()}, l) },
		best: func(l *lab) time.Duration { return l.bestLogs(5, time.Second, 100, time.Minute) },
	}
}

// statedPlaces is a limit on what is under way that every response tells of.
func statedPlaces() *model {
	m := concurrent(4, 500)
	m.name = "stated-concurrent-4"
	m.replies = []reply{{name: "all", kind: sched.OverQuota, word: "429", states: func(limit, left int, _, _ time.Duration) sched.Quota {
		return sched.Quota{Unit: sched.Concurrent, Limit: float64(limit), Remaining: float64(left), Window: sched.Unknown, Reset: sched.Unknown}
	}}}
	return m
}
