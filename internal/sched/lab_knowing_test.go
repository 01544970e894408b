package sched_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/sched"
)

// plan is what a client that knows a model asks before it sends: a gate like that of the server, a little narrower since
// two ways through the network differ. It bounds what is under way, too; slots 0 means that it does not.
type plan struct {
	gate  gate
	slots int
}

// margin is by how much two ways through the network differ at most, and timers.
func (l *lab) margin() time.Duration { return l.set.rtt/10 + 2*lateness }

// knowing is a client that keeps to a plan.
type knowing struct {
	plan     plan
	list     []request
	until    time.Duration // it sends nothing before
	sent     int
	inFlight int
	ok       int
}

func newKnowing(l *lab, list []request) client {
	c := &knowing{plan: l.model.plan(l), list: list}
	if c.plan.slots == 0 || c.plan.slots > l.set.slots {
		c.plan.slots = l.set.slots
	}
	return c
}

func (c *knowing) next(now time.Duration) *request {
	if at, ok := c.wake(now); !ok || at > now {
		return nil
	}
	if c.plan.gate != nil {
		if ok, wait := c.plan.gate.take(now, 0); !ok {
			c.until = now + max(wait, 1)
			return nil
		}
	}
	c.inFlight++
	c.sent++
	return &c.list[c.sent-1]
}

func (c *knowing) wake(now time.Duration) (time.Duration, bool) {
	if c.inFlight == c.plan.slots || c.sent == len(c.list) {
		return 0, false
	}
	return max(now, c.until), true
}

func (c *knowing) ended(now time.Duration, r *request, sig sched.Signal) {
	c.inFlight--
	if sig.Kind == sched.Served {
		c.ok++
	}
}

func (c *knowing) outcome() (ok, failed int) { return c.ok, c.sent - c.ok }

func (c *knowing) state() string { return fmt.Sprintf("%d sent, %d in flight", c.sent, c.inFlight) }

// The best possible is possible: a client that knows the model comes near it, and hardly anything is refused. Where a
// burst is 1 each difference between two ways through the network costs it time.
func TestLabBest(t *testing.T) {
	for _, m := range models {
		if m.plan == nil {
			continue
		}
		for _, set := range settings {
			t.Run(m.name+"/"+set.name, func(t *testing.T) {
				l := newLab(m, m.repliesOrBare()[0], set, 0)
				r := l.run(kind{"knowing", newKnowing})
				near := r.best + r.best/20
				if strings.HasSuffix(m.name, "burst-1") {
					near += time.Duration(m.rows)*l.margin() + r.best/10
				}
				if r.wall > near || r.wall < r.best-10*ms || r.refused > m.rows/100 || r.stuck != "" {
					t.Errorf("%.3f s, best %.3f s, %d refused %s", r.wall.Seconds(), r.best.Seconds(), r.refused, r.stuck)
				}
			})
		}
	}
}
