package sched_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"example.com/fetch/internal/heap"
	"example.com/fetch/internal/sched"
)

// The laboratory runs lists against model servers in virtual time, with the client side as the engine has it, and tells
// how near each run came to the best possible one and what it cost the server in refusals.
//
//	go test ./internal/sched -run TestLab -v | grep "^|"        the table, the worst case of each model
//	go test ./internal/sched -run 'TestLab/strict-5$/^429' -v   of some
//	LAB_ALL=1 …                                                 each case in a line of its own
//	LAB_SHORT=1 …                                               one line for each model
//	LAB_TRACE=1 …                                               what each second of each run was like, and the events
//	LAB_SEEDS=5 …                                               each case five times, with other figures drawn
//	LAB_ONLY_LAW=1 …                                            without the two simple rules
func TestLab(t *testing.T) {
	var rows []tableRow
	for _, m := range models {
		t.Run(m.name, func(t *testing.T) {
			for _, reply := range m.repliesOrBare() {
				t.Run(reply.name, func(t *testing.T) {
					row := tableRow{model: m, reply: reply.name}
					for seed := range labEnv("LAB_SEEDS", 1) {
						for _, set := range settings {
							if m.slow && set.lo < 100*ms {
								continue
							}
							t.Run(set.name, func(t *testing.T) {
								l := newLab(m, reply, set, seed)
								r := l.run(theLaw)
								row.law = append(row.law, r)
								m.hold(t, l, r)
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
	events  heap.Heap[labEvent]
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
