package sched

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// slack is what the rounding of the buckets to nanoseconds may come to over one test.
const slack = 2 * time.Microsecond

// refBucket is a token bucket written down as plainly as can be, to check the real one against.
type refBucket struct {
	burst, tokens, perNano float64
	at                     time.Duration
	interval, ready        time.Duration
	fresh                  bool
	edge                   bool // a token was there or not by less than the rounding
}

func newRefBuckets(rates []Rate) []*refBucket {
	var bs []*refBucket
	for _, r := range rates {
		b := float64(r.Bucket())
		bs = append(bs, &refBucket{burst: b, tokens: b, perNano: r.Events / float64(r.Per),
			interval: time.Duration(float64(r.Per) / r.Events), fresh: true})
	}
	return bs
}

// take takes a token, as real just has.
func (b *refBucket) take(now time.Duration, real *bucket) {
	// A hop that leaves less than an interval after its token came counts as having left then. Where the two buckets,
	// some nanoseconds apart, may see that differently, both are right.
	late := now - b.ready
	onTime := !b.fresh && late >= 0 && late < b.interval
	if off := late - b.interval; !b.fresh && off > -slack && off < slack {
		onTime = (b.after(b.ready).ready - real.ready).Abs() < (b.after(now).ready - real.ready).Abs()
	}
	if onTime {
		now = b.ready
	}
	*b = b.after(now)
	b.edge = b.edge || math.Abs(1-b.tokens)/b.perNano < float64(slack)
}

// after is the bucket after a token was taken from it at that instant.
func (b *refBucket) after(stamp time.Duration) refBucket {
	next := *b
	next.fresh = false
	next.tokens = min(b.burst, b.tokens+float64(stamp-b.at)*b.perNano) - 1
	next.at, next.ready = stamp, stamp
	if next.tokens < 1-1e-9 {
		next.ready += time.Duration(math.Ceil((1 - next.tokens) / b.perNano))
	}
	return next
}

func readyAt(bs []*refBucket) (at time.Duration) {
	for _, b := range bs {
		at = max(at, b.ready)
	}
	return at
}

// script is one request of a test: hops that follow one another.
type script struct {
	seq  int64
	add  time.Duration // when its first hop is added
	hops []scripted
	next int
}

type scripted struct {
	host    string
	class   Class
	service time.Duration
	due     time.Duration // after the hop before it has ended (of the first one: after add)
	asleep  bool          // a retry that is added only when it is due, as the engine does
	remove  time.Duration // taken out so long after it was added, if it has not left by then; 0: never
}

// refHop is what the reference knows of a hop that waits or is in flight.
type refHop struct {
	hop     *Hop
	script  *script
	since   time.Duration // due or added, whichever is later
	limiter time.Duration
	could   time.Duration // since when it could have left without a break; never: it cannot now
	ends    time.Duration // when it is done, or taken out of the queue
	granted bool
}

// reference drives a Scheduler in virtual time and looks at each grant, with loops over everything instead of heaps.
type reference struct {
	t      *rapid.T
	config Config
	s      *Scheduler
	late   func() time.Duration // how much later than the scheduler asked the driver comes
	onTime bool

	now     time.Duration
	hops    []*refHop
	sleep   []*refHop // requests that sleep: to be added when since comes
	total   []*refBucket
	perHost map[string][]*refBucket
	away    map[string]int
	starts  map[string][]time.Duration // of each host; "" is the total
	granted int
	removed int
	added   int
}

func newReference(t *rapid.T, config Config, late func() time.Duration) *reference {
	return &reference{t: t, config: config, s: New(config), late: late, total: newRefBuckets(config.Total.Rates),
		perHost: make(map[string][]*refBucket), away: make(map[string]int), starts: make(map[string][]time.Duration)}
}

func (r *reference) limit(host string) (l Limit) {
	if r.config.PerHost != nil {
		l = r.config.PerHost(host)
	}
	return l
}

func (r *reference) buckets(host string) []*refBucket {
	bs, ok := r.perHost[host]
	if !ok {
		bs = newRefBuckets(r.limit(host).Rates)
		r.perHost[host] = bs
	}
	return bs
}

func (r *reference) inFlight(host string) (n int) {
	for _, h := range r.hops {
		if h.granted && (host == "" || h.hop.Host == host) {
			n++
		}
	}
	return n
}

// free reports whether both slots are there.
func (r *reference) free(host string) bool {
	slots := r.limit(host).InFlight
	return (r.config.Slots == 0 || r.inFlight("") < r.config.Slots) && (slots == 0 || r.inFlight(host) < slots)
}

// mayLeaveAt is when a hop may leave if nothing else happens; false if something else must happen first.
func (r *reference) mayLeaveAt(h *refHop) (time.Duration, bool) {
	if h.granted || !r.free(h.hop.Host) {
		return 0, false
	}
	if h.hop.Class == First && r.config.MaxAway > 0 && r.away[h.hop.Host] >= r.config.MaxAway {
		return 0, false
	}
	return max(h.since, readyAt(r.total), readyAt(r.buckets(h.hop.Host))), true
}

// mayLeaveNow is whether a hop may leave at this instant, beyond the doubt of some nanoseconds of the buckets.
func (r *reference) mayLeaveNow(h *refHop) bool {
	at, ok := r.mayLeaveAt(h)
	ready := max(readyAt(r.total), readyAt(r.buckets(h.hop.Host)))
	return ok && at <= r.now && (ready == 0 || ready <= r.now-slack)
}

// moveTo lets time pass: hops that wait although both slots are free wait for a token as long as one is missing.
func (r *reference) moveTo(now time.Duration) {
	for _, h := range r.hops {
		if at, ok := r.mayLeaveAt(h); ok && r.onTime && at < now-slack {
			r.t.Fatalf("at %v %s could have left, and the driver was not woken before %v", at, describe(h.hop), now)
		}
		r.noteCould(h)
		if !h.granted && r.free(h.hop.Host) {
			missing := max(readyAt(r.total), readyAt(r.buckets(h.hop.Host)))
			h.limiter += max(0, min(now, missing)-max(r.now, h.since))
		}
	}
	r.now = now
}

// noteCould keeps since when a hop could have left, from how things stood since the last move.
func (r *reference) noteCould(h *refHop) {
	at, ok := r.mayLeaveAt(h)
	switch {
	case !ok:
		h.could = math.MaxInt64
	case h.could == math.MaxInt64 || at > r.now:
		h.could = max(at, r.now)
	}
}

// pump lets everything leave that may, and checks each.
func (r *reference) pump() {
	for {
		hop := r.s.Next(r.now)
		if hop == nil {
			break
		}
		r.check(hop)
	}
	for _, h := range r.hops {
		if r.mayLeaveNow(h) {
			r.t.Fatalf("at %v nothing leaves although %s may", r.now, describe(h.hop))
		}
	}
	if at, ok := r.s.Wake(r.now); ok && at <= r.now {
		r.t.Fatalf("at %v nothing leaves, and yet the driver is to come back at %v", r.now, at)
	}
}

func (r *reference) check(hop *Hop) {
	var h *refHop
	for _, x := range r.hops {
		if x.hop == hop {
			h = x
		}
	}
	switch {
	case h == nil:
		r.t.Fatalf("%s left and does not wait", describe(hop))
	case h.granted:
		r.t.Fatalf("%s left twice", describe(hop))
	}
	if at, ok := r.mayLeaveAt(h); !ok || at > r.now+slack {
		r.t.Fatalf("at %v %s left and may not (%v, %v)", r.now, describe(hop), at, ok)
	}
	for _, x := range r.hops {
		if r.mayLeaveNow(x) && x != h && before(x.hop, hop) {
			r.t.Fatalf("at %v %s left before %s", r.now, describe(hop), describe(x.hop))
		}
	}
	r.checkWaits(h)
	r.checkLate(h)
	if hop.Start != r.now {
		r.t.Fatalf("%s left at %v, and its Start is %v", describe(hop), r.now, hop.Start)
	}
	for i, b := range r.total {
		b.take(r.now, &r.s.total[i])
	}
	for i, b := range r.buckets(hop.Host) {
		b.take(r.now, &hop.host.limiter[i])
	}
	h.granted = true
	h.ends = r.now + h.script.hops[h.script.next].service
	r.granted++
	r.starts[""] = append(r.starts[""], r.now)
	r.starts[hop.Host] = append(r.starts[hop.Host], r.now)
	if hop.Class == Retry {
		r.away[hop.Host]--
	}
	if n := r.s.count.InFlight; n != r.inFlight("") {
		r.t.Fatalf("InFlight is %d, want %d", n, r.inFlight(""))
	}
}

// checkWaits compares what the scheduler says a hop waited with what it did.
func (r *reference) checkWaits(h *refHop) {
	hop, waited := h.hop, r.now-h.since
	if hop.Queue+hop.Limiter != waited {
		r.t.Fatalf("%s waited %v in the queue and %v for a token, together not %v", describe(hop), hop.Queue, hop.Limiter, waited)
	}
	if hop.Queue < 0 || hop.Limiter < 0 {
		r.t.Fatalf("%s waited %v and %v", describe(hop), hop.Queue, hop.Limiter)
	}
	if off := hop.Limiter - h.limiter; off > slack || off < -slack {
		r.t.Fatalf("%s waited %v for a token, want %v", describe(hop), hop.Limiter, h.limiter)
	}
	if len(r.config.Total.Rates)+len(r.limit(hop.Host).Rates) == 0 && hop.Limiter != 0 {
		r.t.Fatalf("%s waited %v for a token and there is no rate", describe(hop), hop.Limiter)
	}
}

// checkLate compares how late the scheduler says that its caller was with how late it was.
func (r *reference) checkLate(h *refHop) {
	hop := h.hop
	late := max(0, r.now-max(h.could, h.since))
	if hop.Late < 0 || hop.Late > hop.Queue {
		r.t.Fatalf("%s was %v late, and waited %v in the queue", describe(hop), hop.Late, hop.Queue)
	}
	if r.onTime && hop.Late > 0 {
		r.t.Fatalf("%s was %v late, and the driver never is", describe(hop), hop.Late)
	}
	// Since when a token is there may be told by either of the two if it came at the edge.
	edge := slices.ContainsFunc(slices.Concat(r.buckets(hop.Host), r.total), func(b *refBucket) bool { return b.edge })
	// Sleepers hold a host up as a whole: a hop behind a retry is not thought to be held up by them until that has left,
	// and one that they hold up no more not to have been free before.
	if off := hop.Late - late; (off < -slack && !edge || off > slack) && r.config.MaxAway == 0 {
		r.t.Fatalf("%s was %v late, want %v", describe(hop), hop.Late, late)
	}
}

// begin adds the next hop of a request, or lets it sleep before.
func (r *reference) begin(s *script) {
	if s.next == len(s.hops) {
		return
	}
	next := &s.hops[s.next]
	hop := &Hop{Seq: s.seq, Page: 1, Class: next.class, Host: next.host, Payload: s}
	due := r.now + next.due
	h := &refHop{hop: hop, script: s, since: due, could: math.MaxInt64, ends: math.MaxInt64}
	if next.class == Retry {
		r.s.Away(r.now, next.host)
		r.away[next.host]++
		if next.asleep {
			r.sleep = append(r.sleep, h)
			return
		}
	}
	hop.Due = due
	r.add(h)
}

func (r *reference) add(h *refHop) {
	if out := h.script.hops[h.script.next].remove; out > 0 {
		h.ends = r.now + out
	}
	r.hops = append(r.hops, h)
	r.s.Add(r.now, h.hop)
	r.added++
}

// finish ends what ends at this instant: hops in flight, waiting ones that are taken out, and sleep.
func (r *reference) finish() {
	hops := r.hops
	r.hops = nil
	var ended []*refHop
	for _, h := range hops {
		if h.ends <= r.now {
			ended = append(ended, h)
		} else {
			r.hops = append(r.hops, h)
		}
	}
	for _, h := range ended {
		if h.granted {
			r.s.Done(r.now, h.hop, Signal{Kind: Served})
			h.script.next++
			r.begin(h.script)
			continue
		}
		if h.script.seq%2 == 0 {
			if n := len(r.s.RemoveFunc(r.now, func(x *Hop) bool { return x == h.hop })); n != 1 {
				r.t.Fatalf("%d hops taken out, want 1", n)
			}
		} else if !r.s.Remove(r.now, h.hop) {
			r.t.Fatalf("%s waits and cannot be taken out", describe(h.hop))
		}
		if r.s.Remove(r.now, h.hop) {
			r.t.Fatalf("%s was taken out twice", describe(h.hop))
		}
		r.removed++
		if h.hop.Class == Retry {
			r.away[h.hop.Host]--
		}
		if r.now >= h.since {
			r.checkWaits(h)
		}
	}
	sleep := r.sleep
	r.sleep = nil
	for _, h := range sleep {
		if h.since <= r.now {
			h.since = r.now
			r.add(h)
		} else {
			r.sleep = append(r.sleep, h)
		}
	}
}

// run drives the scheduler until nothing happens any more.
func (r *reference) run(scripts []*script) {
	for {
		at := time.Duration(math.MaxInt64)
		if wake, ok := r.s.Wake(r.now); ok {
			at = wake + r.late()
		}
		for _, h := range r.hops {
			at = min(at, h.ends)
		}
		for _, h := range r.sleep {
			at = min(at, h.since)
		}
		for _, s := range scripts {
			at = min(at, max(s.add, r.now))
		}
		if at == math.MaxInt64 {
			break
		}
		r.moveTo(at)
		r.finish()
		var later []*script
		for _, s := range scripts {
			if s.add <= r.now {
				r.begin(s)
			} else {
				later = append(later, s)
			}
		}
		scripts = later
		r.pump()
	}
	if len(r.hops) > 0 || r.s.Counts(0).Waiting > 0 || r.s.count.InFlight > 0 {
		r.t.Fatalf("at the end %d hops are left, %d waiting, %d in flight", len(r.hops), r.s.Counts(0).Waiting, r.s.count.InFlight)
	}
	if r.granted+r.removed != r.added {
		r.t.Fatalf("%d hops left and %d were taken out, of %d", r.granted, r.removed, r.added)
	}
}

func describe(h *Hop) string {
	return fmt.Sprintf("hop{seq %d, class %d, %s, due %v}", h.Seq, h.Class, h.Host, h.Due)
}
