package sched_test

import (
	"fmt"
	"time"

	"example.com/fetch/internal/sched"
)

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

// stated is a fixed window that every response tells of. The best is to use all of it, and to spread what remains over the
// rest of the window.
func stated(limit int, span time.Duration, rows int) *model {
	m := windowOf(limit, span, rows)
	m.name = fmt.Sprintf("stated-%d-in-%s", limit, spanName(span))
	m.replies, m.overfill, m.plan = dialects, true, nil
	m.best = func(l *lab) time.Duration {
		return max(l.work(nil), span*time.Duration(rows)/time.Duration(limit)-span*37/100)
	}
	return m
}

// statedTwice has two windows, and tells of both.
func statedTwice() *model {
	second := func() *window { return &window{limit: 5, span: time.Second} }
	minute := func() *window { return &window{limit: 100, span: time.Minute} }
	return &model{name: "stated-5-and-100-in-1m", rows: 300, replies: dialects[:2], overfill: true,
		make: func(l *lab) server { return through(every{minute(), second()}, l) },
		best: func(l *lab) time.Duration { return 3 * time.Minute },
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
