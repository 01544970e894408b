package throttle

import (
	"cmp"
	"math"
	"strings"
	"time"

	"example.com/fetch/internal/sched"
)

// quota is a sched.Quota while the fields that state it are read.
type quota struct {
	sched.Quota
	vendor, suffix string  // what the fields that state it have in common
	uncounted      bool    // what it counts is none of the units of sched
	used           float64 // Unknown
	fill           float64 // how many come into it in its window, or in a second; Unknown
	cost           float64 // how many of what it counts this request took; Unknown
}

// What a number in a quota can be, so that others can reckon with it.
const least, most = 1e-6, 1e15

// listed is the vendor of what is stated in one field, with others; its suffix is its name.
const listed = "list"

// state notes a quota of which only these are known yet.
func (r *reader) state(name string, limit float64, window time.Duration) *quota {
	if len(r.quotas) == maxQuotas {
		return &quota{} // nobody has so many
	}
	q := sched.Quota{Name: name, Limit: limit, Remaining: sched.Unknown, Window: window, Reset: sched.Unknown}
	r.quotas = append(r.quotas, quota{q, listed, name, false, sched.Unknown, sched.Unknown, sched.Unknown})
	return &r.quotas[len(r.quotas)-1]
}

// quota returns the one that several fields, or several members of lists, state together.
func (r *reader) quota(vendor, suffix string) *quota {
	for i := range r.quotas {
		if q := &r.quotas[i]; q.vendor == vendor && q.suffix == suffix {
			return q
		}
	}
	q := r.state(suffix, sched.Unknown, sched.Unknown)
	q.vendor = vendor
	return q
}

// settle makes what was read into what is said.
func (r *reader) settle() {
	for i := range r.quotas {
		r.quotas[i].complete()
	}
	for i := range r.quotas {
		if q := &r.quotas[i]; q.Reset < 0 && q.Window > 0 && q.Remaining == 0 {
			q.Reset = r.sharedReset(q)
		}
	}
	for i := range r.quotas {
		if q := &r.quotas[i]; q.says(r.status) {
			r.say(&q.Quota)
		}
	}
	for i := range r.said.Quotas {
		if q := &r.said.Quotas[i]; q.Unit == sched.Requests && q.Remaining == 0 {
			r.said.Exhausted = true
			if r.said.Word == "" {
				r.said.Word = word(q)
			}
		}
	}
}

// complete works out what follows from what was said.
func (q *quota) complete() {
	if q.used >= 0 {
		if q.Limit < 0 && q.Remaining >= 0 {
			q.Limit = q.used + q.Remaining // Reddit
		} else if q.Remaining < 0 && q.Limit >= 0 {
			q.Remaining = max(0, q.Limit-q.used)
		}
	}
	if q.fill > 0 { // a bucket
		every := time.Second.Seconds()
		if q.Window > 0 {
			every = q.Window.Seconds()
		}
		if q.Limit < 0 {
			q.Limit = q.fill
		}
		q.Window = within(q.Limit / q.fill * every)
		if q.Remaining == 0 && q.Reset < 0 {
			q.Reset = within(max(q.cost, 1) / q.fill * every)
		}
		if q.Window == 0 {
			q.Window = sched.Unknown
		}
	}
	if q.cost > 1 {
		if q.Limit > 0 {
			q.Limit /= q.cost
		}
		if q.Remaining > 0 {
			q.Remaining = math.Floor(q.Remaining / q.cost)
		}
	}
}

// sharedReset is when a quota with a window begins anew by the Reset that its vendor has for all of them: Kong's
// X-RateLimit-Remaining-Minute can come with X-RateLimit-Reset.
func (r *reader) sharedReset(q *quota) time.Duration {
	for i := range r.quotas {
		if other := &r.quotas[i]; other.suffix == "" && other.vendor == strings.TrimPrefix(q.vendor, listed) && other.Limit < 0 && other.Remaining < 0 {
			return other.Reset
		}
	}
	return sched.Unknown
}

// says reports whether there is anything in a quota to go by.
func (q *quota) says(status int) bool {
	if q.Limit == 0 {
		if status < 400 {
			return false // it served: some say 0 where they have no limit
		}
		q.Limit, q.Remaining = sched.Unknown, 0
	}
	if q.cost == 0 {
		return false // requests such as this are free
	}
	if q.uncounted {
		if q.Remaining != 0 || q.Reset <= 0 {
			return false
		}
		q.Unit, q.Limit, q.Window = sched.Requests, sched.Unknown, sched.Unknown
	}
	if q.Limit > 0 {
		q.Limit = min(max(q.Limit, least), most)
	}
	q.Remaining = min(q.Remaining, most)
	return q.Limit > 0 || q.Remaining >= 0
}

// say adds a quota to what is said, or to the one that it is in other words: many state theirs in the fields of the draft
// and in those with X-, or as a policy and as a limit. If they count differently, the scarcer is right.
func (r *reader) say(q *sched.Quota) {
	for i := range r.said.Quotas {
		other := &r.said.Quotas[i]
		if !same(other, q) {
			continue
		}
		other.Name = cmp.Or(other.Name, q.Name)
		if other.Window < 0 {
			other.Window = q.Window
		}
		switch {
		case q.Remaining >= 0 && (other.Remaining < 0 || q.Remaining < other.Remaining):
			other.Remaining = q.Remaining
			if q.Reset >= 0 {
				other.Reset = q.Reset
			}
		case other.Reset < 0:
			other.Reset = q.Reset
		}
		return
	}
	if r.said.Quotas == nil {
		r.said.Quotas = make([]sched.Quota, 0, len(r.quotas))
	}
	r.said.Quotas = append(r.said.Quotas, *q)
}

func same(a, b *sched.Quota) bool {
	return a.Unit == b.Unit && a.Limit == b.Limit && a.Limit > 0 &&
		(a.Window == b.Window || a.Window < 0 || b.Window < 0) &&
		(a.Name == b.Name || a.Name == "" || b.Name == "")
}
