package sched_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"example.com/fetch/internal/heap"
	"example.com/fetch/internal/sched"
)

type labEvent struct {
	at    time.Duration
	order int64
	do    func()
}

// before orders events by the instant and then the order.
func (e labEvent) before(other labEvent) bool {
	return e.at < other.at || e.at == other.at && e.order < other.order
}

func (l *lab) at(t time.Duration, do func()) {
	l.order++
	l.events.Put(labEvent{t, l.order, do})
}

// run does the lists with clients of one kind.
func (l *lab) run(kind kind) *result {
	l.now, l.events, l.busy, l.clients = 0, heap.Heap[labEvent]{Less: labEvent.before}, 0, nil
	l.random = rand.New(rand.NewPCG(l.seed, 2))
	l.result = &result{setting: l.set.name, reply: l.reply.name, best: l.model.best(l), rows: l.rows(), over: make([]time.Duration, len(l.lists))}
	if l.model.doomed != nil {
		l.result.doomed = l.model.doomed(l)
	}
	for _, list := range l.lists {
		for i := range list {
			list[i].arrivals, list[i].used = 0, 0
		}
		l.clients = append(l.clients, kind.make(l, list))
	}
	srv := l.model.make(l)
	trace := labEnv("LAB_TRACE", 0) > 0
	limit := 10*l.result.best + 10*time.Minute
	for spins := 0; ; {
		sent := l.result.sent
		for _, c := range l.clients {
			for r := c.next(l.now); r != nil; r = c.next(l.now) {
				l.send(srv, c, r)
			}
		}
		at, ok := time.Duration(0), l.events.Len() > 0
		if ok {
			at = l.events.Top().at
		}
		for _, c := range l.clients {
			if t, wakes := c.wake(l.now); wakes {
				if t = max(t, l.now) + l.oneOf(lateness); !ok || t < at {
					at, ok = t, true
				}
			}
		}
		switch {
		case at > limit:
			l.result.stuck = fmt.Sprintf("not over at %v", l.now)
		case spins > 1000:
			l.result.stuck = fmt.Sprintf("Wake says now again and again, and nothing leaves, at %v", l.now)
		}
		if !ok || l.result.stuck != "" {
			l.finish()
			if trace {
				l.printTrace(kind)
			}
			return l.result
		}
		if spins++; l.events.Len() > 0 || l.result.sent > sent {
			spins = 0
		}
		if trace {
			for s := int(l.now / time.Second); s < int(at/time.Second); s++ {
				l.result.states = append(l.result.states, l.states())
			}
		}
		l.now = max(l.now, at)
		for l.events.Len() > 0 && l.events.Top().at <= l.now {
			l.events.Pop().do()
		}
	}
}

func (l *lab) states() string {
	var states []string
	for _, c := range l.clients {
		states = append(states, c.state())
	}
	return strings.Join(states, " | ")
}

// lateness is by how much a timer is late at most.
const lateness = 200 * time.Microsecond

func (l *lab) oneOf(span time.Duration) time.Duration {
	return time.Duration(l.random.Int64N(int64(span)))
}

// oneWay is how long half a round trip takes: a tenth more or less.
func (l *lab) oneWay() time.Duration {
	half := float64(l.set.rtt) / 2
	return time.Duration(half * (0.9 + 0.2*l.random.Float64()))
}

// send has a request arrive at the server, and its answer come back, or the client's patience end.
func (l *lab) send(srv server, c client, r *request) {
	res, start, over := l.result, l.now, false
	res.sent++
	res.sentAt = append(res.sentAt, l.now)
	end := func(a answer) {
		if over {
			return
		}
		over = true
		switch {
		case a.kind == sched.Served:
			res.servedAt = append(res.servedAt, l.now)
		case a.kind.Refused():
			res.refusedAt = append(res.refusedAt, l.now)
			res.refused++
			if res.known == 0 {
				res.known = l.now
			}
			if start <= res.known {
				res.burst++
			}
		}
		c.ended(l.now, r, sched.Signal{Kind: a.kind, Latency: l.now - start, Wait: a.wait, Quotas: a.quotas, Word: a.word})
		res.wall = l.now
		res.over[r.client] = l.now
	}
	if l.model.timeout > 0 {
		l.at(start+l.model.timeout, func() { end(answer{kind: sched.TimedOut, word: "time-out"}) })
	}
	l.at(start+l.oneWay(), func() {
		a := srv.take(l.now, r, l.busy)
		r.arrivals++
		if a.hangs {
			l.busy++
			l.at(max(l.now, start+l.model.timeout+l.set.rtt/2), func() { l.busy-- })
			return
		}
		if a.kind == sched.Served || a.after > 0 {
			l.busy++
			l.at(l.now+a.after, func() { l.busy-- })
		}
		l.at(l.now+a.after+l.oneWay(), func() { end(a) })
	})
}
