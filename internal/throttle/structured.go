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
func (r *reader) limits(field string, values []string) {
	list, err := httpsfv.UnmarshalList(values)
	if err != nil {
		r.oneLimit(field, values)
		return
	}
	for _, member := range list {
		name, params, ok := item(member)
		if !ok {
			r.malformed(field)
			continue
		}
		left, isInteger, there := integer(params, "r")
		t, isTime, timed := integer(params, "t")
		if there && !isInteger || timed && !isTime || !there && !timed { // Atlassian leaves out r while much remains
			r.malformed(field)
			continue
		}
		q := r.named(name)
		if there && (q.Remaining < 0 || left < q.Remaining) { // the scarcer of two partitions
			q.Remaining = left
			q.Reset = sched.Unknown
		}
		if timed && q.Reset < 0 {
			q.Reset = within(t)
		}
	}
}

func (r *reader) oneLimit(field string, values []string) {
	members, err := httpsfv.UnmarshalDictionary(values)
	if err != nil {
		r.malformed(field)
		return
	}
	q := r.quota("", "")
	for _, key := range members.Names() {
		member, _ := members.Get(key)
		item, ok := member.(httpsfv.Item)
		if !ok {
			continue
		}
		n, ok := numeric(item.Value)
		switch {
		case key != "limit" && key != "remaining" && key != "reset":
		case !ok || n < 0:
			r.malformed(field)
		case key == "limit":
			q.Limit = n
		case key == "remaining":
			q.Remaining = n
		default:
			q.Reset = r.after(n, time.Second)
		}
	}
}

// policies reads RateLimit-Policy, a list of policies,
//
//	"burst";q=100;w=60, "daily";q=1000;w=86400
//
// and before draft-08 of limits: 100;w=60, 1000;w=3600.
func (r *reader) policies(field string, values []string) {
	list, err := httpsfv.UnmarshalList(values)
	if err != nil {
		r.malformed(field)
		return
	}
	for _, member := range list {
		if old, ok := member.(httpsfv.Item); ok {
			if n, ok := numeric(old.Value); ok {
				r.oldPolicy(field, n, old.Params)
				continue
			}
		}
		name, params, ok := item(member)
		if !ok {
			r.malformed(field)
			continue
		}
		n, isInteger, _ := integer(params, "q")
		w, isTime, timed := integer(params, "w")
		if !isInteger || timed && (!isTime || w == 0) {
			r.malformed(field)
			continue
		}
		q := r.named(name)
		q.Limit = n
		if timed {
			q.Window = within(w)
		}
		switch unit, _ := params.Get("qu"); unit {
		case nil, "requests":
		case "content-bytes":
			q.Unit = sched.Bytes
		case "concurrent-requests":
			q.Unit = sched.Concurrent
		default:
			q.uncounted = true
		}
	}
}

// limitList reads a limit with more in it than a number: 60;w=60, and what drafts up to 06 had, the limit that is nearest
// and then all of them, 10, 10;w=1, 50;w=60.
func (r *reader) limitList(q *quota, field string, values []string) {
	list, err := httpsfv.UnmarshalList(values)
	if err != nil || len(list) == 0 {
		if q.Limit <= 0 {
			r.malformed(field)
		}
		return
	}
	for i, member := range list {
		it, ok := member.(httpsfv.Item)
		if !ok {
			continue
		}
		n, ok := numeric(it.Value)
		switch w, isTime := seconds(it.Params); {
		case !ok:
			r.malformed(field)
		case i > 0:
			if isTime {
				r.oldPolicy(field, n, it.Params)
			}
		default:
			q.Limit = n
			if isTime {
				q.Window = within(w)
			}
		}
	}
}

// oldPolicy notes a limit from before policies had names.
func (r *reader) oldPolicy(field string, n float64, params *httpsfv.Params) {
	w, ok := seconds(params)
	if !ok || n < 0 {
		r.malformed(field)
		return
	}
	q := sched.Quota{Limit: n, Remaining: sched.Unknown, Window: within(w), Reset: sched.Unknown}
	if text, _ := params.Get("name"); text != nil { // Envoy's
		q.Name, _ = text.(string)
		q.Name = clip(q.Name)
	}
	r.add(q)
}

// seconds is the window of a policy from before draft-08.
func seconds(params *httpsfv.Params) (float64, bool) {
	w, ok, there := integer(params, "w")
	if !there {
		w, ok, _ = integer(params, "window") // before there was an IETF draft
	}
	return w, ok && w > 0
}

// item returns the name of a policy, and what is said of it.
func item(member httpsfv.Member) (name string, params *httpsfv.Params, ok bool) {
	it, ok := member.(httpsfv.Item)
	if !ok {
		return "", nil, false
	}
	switch value := it.Value.(type) {
	case string:
		return clip(value), it.Params, true
	case httpsfv.Token: // not allowed, and not rare
		return clip(string(value)), it.Params, true
	}
	return "", nil, false
}

// integer returns a parameter, whether it is an integer that is not negative, and whether it is there at all.
func integer(params *httpsfv.Params, key string) (n float64, ok, there bool) {
	value, there := params.Get(key)
	i, ok := value.(int64)
	return float64(i), ok && i >= 0, there
}

func numeric(value any) (float64, bool) {
	switch n := value.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
