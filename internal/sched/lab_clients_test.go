package sched_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"example.com/fetch/internal/sched"
)

var (
	theLaw = kind{"law", newLaw}
	aLoop  = kind{"loop", func(l *lab, list []request) client { return newRules(l, list, false) }}
	anAIMD = kind{"AIMD", func(l *lab, list []request) client { return newRules(l, list, true) }}
)

// law is a client as the engine is one: the scheduler decides.
type law struct {
	lab        *lab
	sched      *sched.Scheduler
	random     *rand.Rand
	list       []request // not yet read
	ok, failed int
}

// job is a request as a client has it: a hop, and what its request has used up.
type job struct {
	request *request
	hop     *sched.Hop
	tries   sched.Tries
}

const labHost = "a.test:80"

func newLaw(l *lab, list []request) client {
	c := &law{lab: l, random: rand.New(rand.NewPCG(l.seed, uint64(10+len(l.clients))))}
	c.sched = sched.New(sched.Config{
		Slots: l.set.slots, MaxAway: sched.MaxAway(l.set.slots), Adapt: true,
		Retries: 3, MinWait: 500 * ms, MaxWait: time.Minute, GiveUp: 2 * time.Minute, Budget: 0.2,
		Event: func(e sched.Event) {
			l.result.notes = append(l.result.notes, fmt.Sprintf("%.3f s: %s from %.2f to %.2f: %s", e.At.Seconds(), e.What, e.From, e.To, e.Why))
		},
	})
	c.list = list
	c.read(0)
	return c
}

// arrival is when the first request of what is left of a list is read.
func (l *lab) arrival(left []request) (at time.Duration, ok bool) {
	if len(left) > 0 && l.model.arrives != nil {
		at = l.model.arrives(int(left[0].seq - 1))
	}
	return at, len(left) > 0
}

// read adds what has been read of the list.
func (c *law) read(now time.Duration) {
	for at, ok := c.lab.arrival(c.list); ok && at <= now; at, ok = c.lab.arrival(c.list) {
		c.add(now, &job{request: &c.list[0]}, sched.First, 0)
		c.list = c.list[1:]
	}
}

func (c *law) add(now time.Duration, j *job, class sched.Class, due time.Duration) {
	j.hop = &sched.Hop{Seq: j.request.seq, Class: class, Host: labHost, Due: due, Payload: j, Refusals: j.tries.Refusals}
	c.sched.Add(now, j.hop)
}

func (c *law) next(now time.Duration) *request {
	c.read(now)
	for h := c.sched.Rejected(now); h != nil; h = c.sched.Rejected(now) {
		c.failed++
		c.lab.result.wall = now
	}
	h := c.sched.Next(now)
	if h == nil {
		return nil
	}
	j := h.Payload.(*job)
	j.request.job = j
	return j.request
}

func (c *law) wake(now time.Duration) (time.Duration, bool) {
	at, ok := c.sched.Wake(now)
	if read, more := c.lab.arrival(c.list); more && (!ok || read < at) {
		return read, true
	}
	return at, ok
}

func (c *law) ended(now time.Duration, r *request, sig sched.Signal) {
	j := r.job
	if sig.Kind != sched.TimedOut && sig.Kind != sched.Unreachable && sig.Word != wordReset {
		c.sched.Observe(now, j.hop, sig)
	}
	c.sched.Done(now, j.hop, sig)
	if sig.Kind == sched.Served {
		c.ok++
		return
	}
	v := c.sched.Judge(now, labHost, sig, &j.tries)
	if !v.Again {
		c.failed++
		return
	}
	wait := v.Wait
	if v.Jitter > 0 {
		wait += time.Duration(c.random.Int64N(int64(v.Jitter)))
	}
	c.sched.Away(now, labHost)
	c.add(now, j, sched.Retry, now+wait)
}

func (c *law) outcome() (ok, failed int) { return c.ok, c.failed }

func (c *law) state() (text string) {
	for h := range c.sched.Hosts {
		text = fmt.Sprintf("pace %.2f/s slots %d, %d in flight, %d waiting, %d away", h.Pace, h.Learned, h.InFlight, h.Waiting, h.Away)
		if h.PausedUntil > c.lab.now {
			text += fmt.Sprintf(", paused until %.2f s", h.PausedUntil.Seconds())
		}
		if h.GivenUp {
			text += ", given up"
		}
		if h.Why != "" {
			text += ", " + h.Why
		}
	}
	return text
}

// rules is a client without the scheduler. As a loop it is what people write: a semaphore, and in it ten tries with
// full-jitter back-off, Retry-After obeyed for the request it came with. As aimd it has a window like TCP, sleeps outside
// of it, and never gives up before a hundred tries.
type rules struct {
	lab        *lab
	aimd       bool
	random     *rand.Rand
	fresh      []request // not yet sent
	asleep     []sleeper // by when they wake
	window     float64
	lowered    time.Duration // when the window last was
	inFlight   int           // of the loop: with the sleepers
	ok, failed int
}

type sleeper struct {
	at      time.Duration
	request *request
}

func newRules(l *lab, list []request, aimd bool) client {
	return &rules{lab: l, aimd: aimd, random: rand.New(rand.NewPCG(l.seed, uint64(10+len(l.clients)))),
		fresh: list, window: float64(l.set.slots), lowered: -1}
}

func (c *rules) next(now time.Duration) *request {
	room := c.inFlight < int(c.window)
	if len(c.asleep) > 0 && c.asleep[0].at <= now && (room || !c.aimd) {
		r := c.asleep[0].request
		c.asleep = c.asleep[1:]
		if c.aimd {
			c.inFlight++
		}
		r.left = now
		return r
	}
	if at, ok := c.lab.arrival(c.fresh); !room || !ok || at > now {
		return nil
	}
	r := &c.fresh[0]
	c.fresh = c.fresh[1:]
	c.inFlight++
	r.left = now
	return r
}

func (c *rules) wake(now time.Duration) (time.Duration, bool) {
	room := c.inFlight < int(c.window)
	at, ok := c.lab.arrival(c.fresh)
	ok = ok && room
	if len(c.asleep) > 0 && (room || !c.aimd) && (!ok || c.asleep[0].at < at) {
		return max(now, c.asleep[0].at), true
	}
	return max(now, at), ok
}

func (c *rules) ended(now time.Duration, r *request, sig sched.Signal) {
	tries := 10
	if c.aimd {
		tries = 100
		switch {
		case sig.Kind == sched.Served:
			c.window = min(c.window+1/c.window, float64(c.lab.set.slots))
		case r.left > c.lowered:
			c.window = max(1, c.window/2)
			c.lowered = now
		}
	}
	if r.used++; sig.Kind == sched.Served || r.used >= tries {
		c.inFlight--
		if sig.Kind == sched.Served {
			c.ok++
		} else {
			c.failed++
		}
		return
	}
	if c.aimd {
		c.inFlight--
	}
	most := min(time.Minute, 500*ms<<min(r.used-1, 10))
	wait := max(sig.Wait, time.Duration(c.random.Int64N(int64(most))))
	i, _ := slices.BinarySearchFunc(c.asleep, now+wait, func(s sleeper, at time.Duration) int { return int(s.at - at) })
	c.asleep = slices.Insert(c.asleep, i, sleeper{now + wait, r})
}

func (c *rules) outcome() (ok, failed int) { return c.ok, c.failed }

func (c *rules) state() string {
	return fmt.Sprintf("window %.2f, %d in flight, %d asleep", c.window, c.inFlight, len(c.asleep))
}
