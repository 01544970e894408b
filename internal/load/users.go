package load

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/heap"
)

// ahead is how long before it is due a request is yielded at most: early enough to be at the gate in time, and
// late enough that requests which are due sooner have been yielded before.
const ahead = time.Second

// users are those of the closed model, numbered from 1. User k is present while the line of the number of users
// is at k-½ or above, so that the rounded number is present at any instant. A user who becomes free while absent
// returns when the line reaches k-½ again; a user in the middle of a request finishes it.
//
// The source's goroutine calls begin, next and end; ended and due are safe for concurrent use.
type users struct {
	plan  *Plan
	line  []segment
	endAt time.Duration

	// Used by the source's goroutine.
	start   time.Time     // of the run
	seen    time.Duration // lower bound of the current time, from start; it saves reading the clock
	alarm   *time.Timer
	alarmAt time.Duration

	wake     chan struct{} // capacity 1: a user has become free
	mu       sync.Mutex
	asleep   bool            // the source waits for wake
	ready    heap.Heap[turn] // turns of users who are not waiting for a response
	busy     map[int64]turn  // by the number of the yielded request
	measured int64           // yielded requests that were due after the warm-up
}

// turn is a user's turn to send.
type turn struct {
	due  time.Duration
	user int32
	past int32 // number of previous turns of the user
}

func newUsers(p *Plan) *users {
	u := &users{plan: p, line: p.segments(), endAt: p.end(), wake: make(chan struct{}, 1), busy: make(map[int64]turn)}
	u.ready.Less = func(a, b turn) bool { return a.due < b.due || a.due == b.due && a.user < b.user }
	for k := range p.MostUsers() {
		u.comeFree(turn{user: int32(k + 1)})
	}
	return u
}

// comeFree schedules the next turn of a user who is free at t.due, if there is one. The caller holds the lock.
func (u *users) comeFree(t turn) {
	due, ok := reaching(u.line, float64(t.user)-0.5, t.due)
	if ok && (t.past == 0 || due > t.due) {
		due, ok = reaching(u.line, float64(t.user)-0.5, due+u.stagger(t.user, due))
	}
	if t.due = due; ok && due < u.endAt {
		u.ready.Put(t)
	}
}

// stagger returns how long after an instant a user begins who starts together with others, when the number of
// users jumps: they are spread evenly over the think time. Where the number rises they start one by one.
func (u *users) stagger(user int32, at time.Duration) time.Duration {
	i := slices.IndexFunc(u.line, func(s segment) bool { return s.start == at })
	if i < 0 || u.plan.Think.Most == 0 {
		return 0
	}
	before := 0.0
	if i > 0 {
		before = u.line[i-1].to
	}
	first, last := math.Floor(before+0.5), math.Floor(u.line[i].from+0.5) // the users before and after
	if float64(user) <= first || float64(user) > last {
		return 0
	}
	return time.Duration(float64(u.plan.Think.mean()) * (float64(user) - first - 1) / (last - first))
}

func (u *users) begin() {
	u.start = time.Now()
	u.alarm, u.alarmAt = time.NewTimer(forever), forever
}

func (u *users) end() { u.alarm.Stop() }

// next waits until a turn is due within a second, and assigns the request with a number to the user whose turn is
// first. It returns false if there will be no further turn, or ctx ends before.
func (u *users) next(ctx context.Context, seq int64) (time.Duration, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for {
		if u.plan.Count > 0 && u.measured == u.plan.Count {
			return 0, false
		}
		until := u.endAt
		if u.ready.Len() > 0 {
			due := u.ready.Top().due
			if due > u.seen+ahead {
				u.seen = time.Since(u.start)
			}
			if due <= u.seen+ahead {
				u.give(seq)
				return due, true
			}
			until = min(until, due-ahead)
		}
		u.seen = time.Since(u.start)
		if u.ready.Len()+len(u.busy) == 0 || u.seen >= u.endAt || !u.sleep(ctx, until) {
			return 0, false
		}
	}
}

// give assigns the request with a number to the user whose turn is first. The caller holds the lock.
func (u *users) give(seq int64) {
	t := u.ready.Pop()
	u.busy[seq] = t
	if t.due >= u.plan.WarmUp {
		u.measured++
	}
}

// sleep waits until a user becomes free, but no longer than until an instant; it returns false if ctx ends
// before. The caller holds the lock, which is released meanwhile.
func (u *users) sleep(ctx context.Context, until time.Duration) bool {
	if until != u.alarmAt {
		u.alarmAt = until
		u.alarm.Reset(until - u.seen)
	}
	u.asleep = true
	u.mu.Unlock()
	woken := true
	select {
	case <-u.wake:
	case <-u.alarm.C:
		u.alarmAt = 0
	case <-ctx.Done():
		woken = false
	}
	u.mu.Lock()
	u.asleep = false
	return woken
}

// ended frees the user whose request has ended.
func (u *users) ended(r *fetcher.Result) {
	if r.More {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	t, ours := u.busy[r.Seq]
	if !ours {
		return
	}
	delete(u.busy, r.Seq)
	t.past++
	t.due = r.End() + u.plan.Think.after(u.plan.Seed, t.user, t.past)
	u.comeFree(t)
	if u.asleep {
		u.asleep = false
		select {
		case u.wake <- struct{}{}:
		default: // one was left from after the last sleep
		}
	}
}

// idle counts the users whose first request was due until now, and was not sent, or has not ended.
func (u *users) idle(now time.Duration) (n int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	count := func(t turn) {
		if t.past == 0 && t.due <= now {
			n++
		}
	}
	for _, t := range u.busy {
		count(t)
	}
	if u.plan.Count == 0 || u.measured < u.plan.Count { // otherwise no other user was to start
		for _, t := range u.ready.Items() {
			count(t)
		}
	}
	return n
}

// due counts the requests after the warm-up that have been yielded and were due until now.
func (u *users) due(now time.Duration) int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := u.measured
	for _, t := range u.busy {
		if t.due > now && t.due >= u.plan.WarmUp {
			n--
		}
	}
	return n
}
