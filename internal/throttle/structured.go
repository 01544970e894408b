package throttle

import (
	"time"

	"github.com/dunglas/httpsfv"

	"example.com/fetch/internal/sched"
)

// limits reads RateLimit: since draft-ietf-httpapi-ratelimit-headers-08 a list of policies with what remains of each,
//
//	"burst";r=50;t=30
//
// and before that one policy: limit=100, remaining=50, reset=5.
func (r *reader) limits(values []string) bool {
	list, err := httpsfv.UnmarshalList(values)
	if err != nil {
		return r.oneLimit(values)
	}
	all := true
	for _, member := range list {
		it := read(member)
		left, timed := it.integer("r"), it.integer("t")
		if !it.named || left.malformed || timed.malformed || !left.there && !timed.there { // Atlassian leaves out r while much remains
			all = false
			continue
		}
		q := r.quota(listed, it.name)
		if left.there && (q.Remaining < 0 || left.n < q.Remaining) { // the scarcer of two partitions
			q.Remaining, q.Reset = left.n, sched.Unknown
		}
		if timed.there && q.Reset < 0 {
			q.Reset = within(timed.n)
		}
	}
	return all
}

func (r *reader) oneLimit(values []string) bool {
	members, err := httpsfv.UnmarshalDictionary(values)
	if err != nil {
		return false
	}
	q, all := r.quota("", ""), true
	for _, key := range members.Names() {
		member, _ := members.Get(key)
		it := read(member)
		switch {
		case it.params == nil, key != "limit" && key != "remaining" && key != "reset":
		case !it.isNumber || it.number < 0:
			all = false
		case key == "limit":
			q.Limit = it.number
		case key == "remaining":
			q.Remaining = it.number
		default:
			q.Reset = r.after(it.number, time.Second)
		}
	}
	return all
}

// policies reads RateLimit-Policy, a list of policies,
//
//	"burst";q=100;w=60, "daily";q=1000;w=86400
//
// and before draft-08 of limits: 100;w=60, 1000;w=3600.
func (r *reader) policies(values []string) bool {
	list, err := httpsfv.UnmarshalList(values)
	all := err == nil
	for _, member := range list {
		it := read(member)
		if it.isNumber {
			all = r.oldPolicy(it) && all
			continue
		}
		limit, window := it.integer("q"), it.integer("w")
		if !it.named || !limit.there || limit.malformed || window.malformed || window.there && window.n == 0 {
			all = false
			continue
		}
		q := r.quota(listed, it.name)
		q.Limit = limit.n
		if window.there {
			q.Window = within(window.n)
		}
		switch unit, _ := it.params.Get("qu"); unit {
		case nil, "requests":
		case "content-bytes":
			q.Unit = sched.Bytes
		case "concurrent-requests":
			q.Unit = sched.Concurrent
		default:
			q.uncounted = true
		}
	}
	return all
}

// limitList reads a limit with more in it than a number: 60;w=60, and what drafts up to 06 had, the limit that is nearest
// and then all of them, 10, 10;w=1, 50;w=60.
func (r *reader) limitList(q *quota, values []string) bool {
	list, err := httpsfv.UnmarshalList(values)
	if err != nil || len(list) == 0 {
		return q.Limit > 0
	}
	all := true
	for i, member := range list {
		it := read(member)
		switch window, timed := it.window(); {
		case it.params == nil:
		case !it.isNumber:
			all = false
		case i == 0:
			q.Limit = it.number
			if timed {
				q.Window = window
			}
		case timed:
			all = r.oldPolicy(it) && all
		}
	}
	return all
}

// oldPolicy notes a limit from before policies had names.
func (r *reader) oldPolicy(it item) bool {
	window, ok := it.window()
	if !ok || it.number < 0 {
		return false
	}
	name, _ := it.params.Get("name") // Envoy's
	text, _ := name.(string)
	r.state(clip(text), it.number, window)
	return true
}

// item is a member of a list or of a dictionary: a policy by its name, or a number.
type item struct {
	name     string
	number   float64
	named    bool
	isNumber bool
	params   *httpsfv.Params // nil of what is no item
}

func read(member httpsfv.Member) (it item) {
	bare, ok := member.(httpsfv.Item)
	if !ok {
		return it
	}
	it.params = bare.Params
	switch value := bare.Value.(type) {
	case string:
		it.name, it.named = clip(value), true
	case httpsfv.Token: // not allowed, and not rare
		it.name, it.named = clip(string(value)), true
	case int64:
		it.number, it.isNumber = float64(value), true
	case float64:
		it.number, it.isNumber = value, true
	}
	return it
}

// parameter is one of an item's that should be an integer, and not negative.
type parameter struct {
	n                float64
	there, malformed bool
}

func (it *item) integer(key string) (p parameter) {
	if it.params == nil {
		return p
	}
	value, there := it.params.Get(key)
	i, ok := value.(int64)
	return parameter{float64(i), there, there && (!ok || i < 0)}
}

// window is that of a policy from before draft-08, and whether it has one.
func (it *item) window() (time.Duration, bool) {
	w := it.integer("w")
	if !w.there {
		w = it.integer("window") // before there was an IETF draft
	}
	return within(w.n), !w.malformed && w.n > 0
}
