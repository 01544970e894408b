package testserver

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// limitHosts is the suffix of hosts whose first label is the name of a limiter.
const limitHosts = ".limit.test"

const limitUsage = `/limit/{name}/…?rate=5&status=429 or http://{name}.limit.test/…?rate=5&status=429

The first request says what the name is to be, and the others may leave it out. PUT /limit/{name}?… makes it anew, GET
/limit/{name}/count tells what came, DELETE /limit/{name} forgets it. All clients of a name share it.

rate=5, rate=60/10s   so many are admitted in any second, in any 10 s
bucket=5,20           a bucket of 20 that 5 a second flow into
window=60/60s         so many in each minute, which begin with the first request
spaced=200ms          so long between two
slots=4, queue=4+8    so many at once, and so many that wait for their turn
                      (all that is given holds)
status=503            of a refusal
retry_after=1         as it stands here, or reset: the seconds until there is room
dates=rfc1123         writes such seconds as a date: rfc1123, rfc850 or asctime
problem=TYPE          has a problem document: quota-exceeded, temporary-reduced-capacity or abnormal-usage-detected
headers=ietf,…        what responses say of the limits: `

const limitUsageTail = `
latency=50ms-200ms    how long a response takes; the same for the same path
refuse=0.05           the share of paths that are refused at their first visit, for no reason
hang=0.02             the share of paths that do not respond at their first two visits
halve=20s-60s         half of all limits from then to then, counted from the first request
closed=20s-60s        all are refused from then to then
`

// limits are the limiters, by name. The zero value is ready to use and safe for concurrent use.
type limits struct{ bounded[*limiter] } // nil: forgotten

// limiter is the state of one name. It is guarded by a common lock.
type limiter struct {
	*limitSpec
	text  string // the settings as received
	line  waitingLine
	first time.Time // when the first request came
	count LimitCount
}

// set creates the limiter of a name from the settings, if it is new or force is true, and returns it.
func (l *limits) set(name string, settings url.Values, force bool) (*limiter, *refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := limitText(settings)
	var this *limiter
	if known := l.values[name]; known != nil && !force {
		this = *known
	}
	switch {
	case this != nil && (text == "" || text == this.text):
		return this, nil
	case this != nil:
		return nil, refuse(http.StatusConflict, "this name has other settings: "+this.text+"; choose another name, or PUT it anew")
	case text == "" && !force:
		return nil, refuse(http.StatusNotFound, "nothing is set for this name; GET /limit/ lists what can be")
	}
	spec, no := readLimit(settings)
	if no != nil {
		return nil, no
	}
	this = &limiter{limitSpec: spec, text: text, count: LimitCount{Name: name, EachRequests: []int32{}, EachRefused: []int32{}}}
	if spec.slots > 0 {
		spec.gates = append(spec.gates, &slotGate{&this.line, spec.slots, spec.queue})
	}
	*l.get(name) = this // requests in flight keep the old one
	return this, nil
}

// limit serves /limit/, and the hosts that are limiters, as name/path.
func (h *Handler) limit(w http.ResponseWriter, r *http.Request, rest string) *refusal {
	name, path, _ := strings.Cut(rest, "/")
	put := path == "" && r.Method == http.MethodPut
	settings := r.URL.Query()
	switch {
	case name == "":
		return answer(w, http.StatusOK, textType, limitUsage+strings.Join(slices.Sorted(maps.Keys(dialects)), ", ")+limitUsageTail)
	case path == "" && r.Method == http.MethodDelete:
		h.limits.change(name, func(l **limiter) { *l = nil })
		w.WriteHeader(http.StatusNoContent)
		return nil
	case path == "count":
		settings = nil
	}
	this, no := h.limits.set(name, settings, put)
	switch {
	case no != nil:
		return no
	case put:
		w.WriteHeader(http.StatusNoContent)
	case path == "count":
		h.limits.mu.Lock()
		count := this.count.clone()
		h.limits.mu.Unlock()
		answerJSON(w, http.StatusOK, count)
	default:
		return h.limited(w, r, this, name+"/"+path)
	}
	return nil
}

// limited serves one request for a name with settings.
func (h *Handler) limited(w http.ResponseWriter, r *http.Request, l *limiter, path string) *refusal {
	h.limits.mu.Lock()
	refused, hung := h.chance(l, path)
	now := time.Now()
	if l.first.IsZero() {
		l.first = now
	}
	meters, turn := l.admit(now, refused)
	l.count.arrive(now.Sub(h.truth.began), l.first.Sub(h.truth.began), turn != nil)
	h.limits.mu.Unlock()
	if turn == nil {
		return l.refuse(w, meters)
	}
	latency := l.latency.draw(h.opt.Seed, path)
	if hung {
		latency = maxWait
	}
	there := turn.wait(r.Context()) && wait(r, latency)
	h.limits.mu.Lock()
	l.count.InFlight--
	if there {
		l.count.Served++
	}
	served := l.count.Served
	l.line.leave(turn, l.atOnce(time.Now()))
	h.limits.mu.Unlock()
	if there {
		l.writeMeters(w, meters)
		answer(w, http.StatusOK, jsonType, fmt.Sprintf(`{"served": %d}`, served))
	}
	return nil
}

// chance draws random failures of this visit of a path, regardless of the limits.
func (h *Handler) chance(l *limiter, path string) (refused, hung bool) {
	key := "limit " + path
	drawn := random(h.opt.Seed, key, 0).Float64()
	switch {
	case drawn < l.hung:
		return false, h.visits.add(key) <= 2
	case drawn < l.hung+l.refused:
		return h.visits.add(key) == 1, false
	}
	return false, false
}

// admit checks all limits for a request. It returns a place in the line, nil if the request is refused, and the
// remainder of each limit after it.
func (l *limiter) admit(now time.Time, refused bool) ([]meter, *turn) {
	share := l.share(now)
	if refused || share == 0 {
		return nil, nil
	}
	meters := make([]meter, len(l.gates))
	room := true
	for i, g := range l.gates {
		meters[i] = g.meter(now, share)
		room = room && meters[i].remaining > 0
	}
	if !room {
		for i := range meters {
			meters[i].exceeded = meters[i].remaining == 0
		}
		return meters, nil
	}
	turn := l.line.enter(l.atOnce(now))
	for i, g := range l.gates {
		g.take(now)
		meters[i] = g.meter(now, share)
	}
	return meters, turn
}

// share returns the factor by which the limits are scaled at present, by the time since the first request: 0 when
// nothing is admitted.
func (l *limiter) share(now time.Time) float64 {
	since := now.Sub(l.first)
	switch {
	case l.closed.has(since):
		return 0
	case l.halve.has(since):
		return 0.5
	}
	return 1
}

// atOnce returns how many requests are served at once at present; 0 means any number.
func (l *limiter) atOnce(now time.Time) int {
	if l.slots == 0 {
		return 0
	}
	return part(l.slots, l.share(now))
}

// maxSeconds is how many seconds of a limiter are counted individually.
const maxSeconds = 1_000

// LimitCount is what arrived at one limiter, as returned by GET /limit/{name}/count. Times are as in Truth.
type LimitCount struct {
	Name     string  `json:"name"`
	Requests int64   `json:"requests"`
	Served   int64   `json:"served"`    // 200
	Refused  int64   `json:"refused"`   // the others were abandoned by the client, or are in flight
	InFlight int64   `json:"in_flight"` // admitted, and not ended
	Peak     int64   `json:"peak_in_flight"`
	FirstMS  float64 `json:"first_ms"` // arrival of the first request, and of the last one
	LastMS   float64 `json:"last_ms"`
	// EachRequests and EachRefused count what arrived in each second since the first request, for at most 1,000
	// seconds.
	EachRequests []int32 `json:"each_second_requests"`
	EachRefused  []int32 `json:"each_second_refused"`
}

// arrive counts a request that arrived at at, if the first one arrived at first, since the Handler was created.
func (c *LimitCount) arrive(at, first time.Duration, admitted bool) {
	c.FirstMS, c.LastMS = ms(first), ms(at)
	c.Requests++
	if admitted {
		c.InFlight++
		c.Peak = max(c.Peak, c.InFlight)
	} else {
		c.Refused++
	}
	second := int((at - first) / time.Second)
	if second >= maxSeconds {
		return
	}
	for len(c.EachRequests) <= second {
		c.EachRequests, c.EachRefused = append(c.EachRequests, 0), append(c.EachRefused, 0)
	}
	c.EachRequests[second]++
	if !admitted {
		c.EachRefused[second]++
	}
}

func (c *LimitCount) clone() LimitCount {
	v := *c
	v.EachRequests, v.EachRefused = slices.Clone(c.EachRequests), slices.Clone(c.EachRefused)
	return v
}
