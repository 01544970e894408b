package sched_test

import (
	"fmt"
	"time"

	"example.com/fetch/internal/sched"
)

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
	m := failing(fmt.Sprintf("failing-%v%%-once", percent), 1000, percent, 0)
	m.replies = []reply{bare503, wait503}
	return m
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

// starting is a willing server that fails everything at first, for less than the back-offs of three retries.
func starting(down time.Duration) *model {
	return &model{name: fmt.Sprintf("starting-%v", down), rows: 500, replies: []reply{
		{name: "refused", kind: sched.Unreachable, word: wordRefused}, bare503, {name: "500", kind: sched.Failed, word: "500"}, reset},
		make: func(l *lab) server {
			return scripted(func(now time.Duration, r *request) answer {
				if now < down {
					return l.reply.answer(0)
				}
				return answer{kind: sched.Served, after: r.latency}
			})
		},
		best: func(l *lab) time.Duration { return l.work(nil) + down },
	}
}

// restarting is a willing server that is down for a while in the middle: what is under way is reset, and connections are
// refused, or reset by what stands before it.
func restarting(down time.Duration) *model {
	return &model{name: fmt.Sprintf("restarting-%v", down), rows: 1000, replies: []reply{
		{name: "refused", kind: sched.Unreachable, word: wordRefused}, reset, {name: "502", kind: sched.Failed, word: "502"}, bare503},
		make: func(l *lab) server {
			from := l.work(nil) / 2
			return scripted(func(now time.Duration, r *request) answer {
				switch {
				case now >= from && now < from+down:
					return l.reply.answer(0)
				case now < from && now+r.latency > from:
					return answer{kind: sched.Failed, after: from - now, word: wordReset}
				}
				return answer{kind: sched.Served, after: r.latency}
			})
		},
		best: func(l *lab) time.Duration { return l.work(nil) + down },
	}
}
