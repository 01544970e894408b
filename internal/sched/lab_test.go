package sched_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/sched"
)

// The laboratory runs lists against model servers in virtual time, with the client side as the engine has it, and tells
// how near each run came to the best possible one and what it cost the server in refusals.
//
//	go test ./internal/sched -run TestLab -v                    the table, the worst case of each model
//	go test ./internal/sched -run 'TestLab/strict-5$/^429' -v   of some
//	LAB_ALL=1 …                                                 each case in a line of its own
//	LAB_TRACE=1 …                                               what each second of each run was like, and the events
//	LAB_SEEDS=5 …                                               each case five times, with other figures drawn
//	LAB_ONLY_LAW=1 …                                            without the two simple rules
func TestLab(t *testing.T) {
	var rows []tableRow
	for _, m := range models {
		t.Run(m.name, func(t *testing.T) {
			for _, reply := range m.repliesOrBare() {
				t.Run(reply.name, func(t *testing.T) {
					row := tableRow{model: m.name, reply: reply.name}
					for seed := range labEnv("LAB_SEEDS", 1) {
						for _, set := range settings {
							if m.slow && set.lo < 100*ms {
								continue
							}
							t.Run(set.name, func(t *testing.T) {
								l := newLab(m, reply, set, seed)
								r := l.run(theLaw)
								row.law = append(row.law, r)
								m.hold(t, r)
								if testing.Verbose() && labEnv("LAB_ONLY_LAW", 0) == 0 {
									row.loop = append(row.loop, l.run(aLoop))
									row.aimd = append(row.aimd, l.run(anAIMD))
								}
							})
						}
					}
					rows = append(rows, row)
				})
			}
		})
	}
	if testing.Verbose() {
		printTable(rows)
	}
}

// labEnv is a number in the environment.
func labEnv(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

const ms = time.Millisecond

// setting is how a client is placed and set. The four have each pair of a number of slots, a round trip and a latency.
type setting struct {
	name   string
	slots  int
	rtt    time.Duration
	lo, hi time.Duration // latency of what is served, evenly between
}

var settings = []setting{
	{"c10-near-slow", 10, 1 * ms, 100 * ms, 300 * ms},
	{"c10-far-fast", 10, 50 * ms, 5 * ms, 15 * ms},
	{"c50-far-slow", 50, 50 * ms, 100 * ms, 300 * ms},
	{"c50-near-fast", 50, 1 * ms, 5 * ms, 15 * ms},
}

// request is one row of a list.
type request struct {
	client   int
	seq      int64
	latency  time.Duration // once it is served
	arrivals int           // at the server, before the present one

	// The client's own.
	job  *job
	left time.Duration // when it was sent
	used int           // how often
}

// answer is what a server does with a request.
type answer struct {
	kind   sched.Kind
	hangs  bool          // nothing ever comes
	after  time.Duration // how long it takes the server
	wait   time.Duration // Retry-After
	quotas []sched.Quota
	word   string
}

// server decides at the instant at which a request arrives; busy is how many it is at work on.
type server interface {
	take(now time.Duration, r *request, busy int) answer
}

// client is one that has a list to do.
type client interface {
	next(now time.Duration) *request // the next to be sent at this instant; nil: none
	wake(now time.Duration) (time.Duration, bool)
	ended(now time.Duration, r *request, sig sched.Signal)
	outcome() (ok, failed int)
	state() string // for people
}

// kind is a kind of client.
type kind struct {
	name string
	make func(l *lab, list []request) client
}

// lab is one case: a model, a way to refuse, a setting, and what was drawn for the requests.
type lab struct {
	model *model
	reply reply
	set   setting
	seed  uint64
	lists [][]request

	// Of one run.
	now     time.Duration
	random  *rand.Rand
	events  labEvents
	order   int64
	busy    int // requests that the server is at work on
	clients []client
	result  *result
}

func newLab(m *model, reply reply, set setting, seed int) *lab {
	l := &lab{model: m, reply: reply, set: set, seed: uint64(seed)}
	random := rand.New(rand.NewPCG(l.seed, 1))
	for c := range max(1, m.clients) {
		list := make([]request, m.rows)
		for i := range list {
			list[i] = request{client: c, seq: int64(i + 1), latency: set.lo + time.Duration(random.Int64N(int64(set.hi-set.lo)))}
		}
		l.lists = append(l.lists, list)
	}
	return l
}

// result is what one run was like.
type result struct {
	setting    string
	reply      string
	best, wall time.Duration
	rows       int
	ok, failed int
	doomed     int // requests that nobody could get served
	sent       int
	refused    int
	burst      int // of the refused: those that had left before the first refusal was known
	stuck      string
	down, up   time.Duration // until it had followed a step; 0: there was none

	known                       time.Duration // when the first refusal was; 0: not yet
	sentAt, servedAt, refusedAt []time.Duration
	notes                       []string
	states                      []string // at the end of each second
}

// share is the best wall over the wall; requests that failed and need not have are as many less.
func (r *result) share() float64 {
	return min(1, r.best.Seconds()/max(r.wall, 1).Seconds()) * float64(r.ok+r.doomed) / float64(max(r.rows, r.ok+r.doomed))
}

// later is the refusals in 100 requests after the first burst, inAll with it.
func (r *result) later() float64 { return 100 * float64(r.refused-r.burst) / float64(r.rows) }
func (r *result) inAll() float64 { return 100 * float64(r.refused) / float64(r.rows) }

type labEvent struct {
	at    time.Duration
	order int64
	do    func()
}

// labEvents is a heap, by the instant and then the order.
type labEvents []labEvent

func (e labEvents) less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}

func (e *labEvents) put(x labEvent) {
	h := append(*e, x)
	*e = h
	for i := len(h) - 1; i > 0 && h.less(i, (i-1)/2); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

func (e *labEvents) take() labEvent {
	h := *e
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], labEvent{}
	h = h[:last]
	*e = h
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return first
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

func (l *lab) at(t time.Duration, do func()) {
	l.order++
	l.events.put(labEvent{t, l.order, do})
}

// run does the lists with clients of one kind.
func (l *lab) run(kind kind) *result {
	l.now, l.events, l.busy, l.clients = 0, nil, 0, nil
	l.random = rand.New(rand.NewPCG(l.seed, 2))
	l.result = &result{setting: l.set.name, reply: l.reply.name, best: l.model.best(l), rows: l.rows()}
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
		at, ok := time.Duration(0), len(l.events) > 0
		if ok {
			at = l.events[0].at
		}
		for _, c := range l.clients {
			if t, wakes := c.wake(l.now); wakes && (!ok || t < at) {
				at, ok = t, true
			}
		}
		switch {
		case !ok:
			l.finish()
			if trace {
				l.printTrace(kind)
			}
			return l.result
		case at > limit || spins > 1000:
			l.result.stuck = fmt.Sprintf("not over at %v", l.now)
			if spins > 1000 {
				l.result.stuck = fmt.Sprintf("Wake says now again and again, and nothing leaves, at %v", l.now)
			}
			l.finish()
			if trace {
				l.printTrace(kind)
			}
			return l.result
		}
		if spins++; at > l.now || l.result.sent > sent {
			spins = 0
		}
		if trace {
			for s := int(l.now / time.Second); s < int(at/time.Second); s++ {
				l.result.states = append(l.result.states, l.states())
			}
		}
		l.now = max(l.now, at)
		for len(l.events) > 0 && l.events[0].at <= l.now {
			l.events.take().do()
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

func (l *lab) finish() {
	r := l.result
	for _, c := range l.clients {
		ok, failed := c.outcome()
		r.ok += ok
		r.failed += failed
	}
	if r.ok+r.failed < r.rows && r.stuck == "" {
		r.stuck = fmt.Sprintf("%d requests never ended", r.rows-r.ok-r.failed)
	}
	if m := l.model; m.down > 0 {
		rate := func(t time.Duration) float64 { return min(m.capacity(l)(t), l.clientRate()) }
		r.down = r.follow(m.down, m.up, 0.8*rate(m.down), true)
		r.up = r.follow(m.up, max(r.wall, m.up+time.Minute), 0.8*rate(m.up), false)
	}
}

// follow is how long after a step it takes until in a span of two seconds so many a second were served, and, if calm,
// no more than a tenth of that was refused.
func (r *result) follow(from, to time.Duration, rate float64, calm bool) time.Duration {
	const span = 2 * time.Second
	for t := from + span; t <= to; t += 100 * ms {
		served := count(r.servedAt, t-span, t)
		if float64(served) >= rate*span.Seconds() && (!calm || 10*count(r.refusedAt, t-span, t) <= served) {
			return t - from
		}
	}
	return to - from
}

// count is how many of some instants in order are after from and not after to.
func count(times []time.Duration, from, to time.Duration) int {
	a, _ := slices.BinarySearch(times, from+1)
	b, _ := slices.BinarySearch(times, to+1)
	return b - a
}

func (l *lab) printTrace(kind kind) {
	r := l.result
	fmt.Printf("\n%s of %s/%s/%s: best %.2f s, wall %.2f s, %d ok, %d failed, %d refused %s\n", kind.name, l.model.name, l.reply.name, l.set.name,
		r.best.Seconds(), r.wall.Seconds(), r.ok, r.failed, r.refused, r.stuck)
	fmt.Printf("%8s %6s %6s %7s  %s\n", "until", "sent", "served", "refused", "state")
	notes := r.notes
	for s := time.Duration(0); s <= r.wall; s += time.Second {
		end, state := s+time.Second, ""
		if i := int(s / time.Second); i < len(r.states) {
			state = r.states[i]
		}
		fmt.Printf("%6d s %6d %6d %7d  %s\n", int(end/time.Second), count(r.sentAt, s-1, end-1), count(r.servedAt, s-1, end-1),
			count(r.refusedAt, s-1, end-1), state)
		for len(notes) > 0 {
			var at float64
			fmt.Sscanf(notes[0], "%f", &at)
			if at >= end.Seconds() {
				break
			}
			fmt.Println("        ", notes[0])
			notes = notes[1:]
		}
	}
}
