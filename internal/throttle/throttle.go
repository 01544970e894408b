// Package throttle reads what the head of a response says about limits: Retry-After, the RateLimit fields of the IETF's
// draft and the forms they had before, the many dialects of X-RateLimit, and X-Throttling-Control. What it cannot read it
// names and passes over. It knows no clock, and nothing of what is made of its findings.
package throttle

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/sched"
)

// Longest is the longest time that is ever read from a field, some 68 years: whatever is longer, up to a date in the
// year 9999 or 9223372037 seconds, becomes this, so that no sum of times overflows.
const Longest = math.MaxInt32 * time.Second

// Fields that do not have limits of requests in a time as their one subject.
const (
	throttling  = "X-Throttling-Control"
	rejection   = "X-Rejection-Reason"
	concurrency = "X-Concurrency-Limit"
	shopify     = "X-Shopify-Shop-Api-Call-Limit"
)

// maxQuotas bounds what one response can say.
const maxQuotas = 16

// Said is what the head of a response says about limits. The zero Said says nothing.
type Said struct {
	// Wait is how long the server asks to be left alone, if HasWait: the longest time of Retry-After, or for as long as it
	// says that it blocks this client. 0 means now. It is read of any status, and what it means is for the caller to say: a
	// 202 means the job that was begun, and a 200 does not mean the host.
	Wait    time.Duration
	HasWait bool

	// Quotas are the limits that are stated, each once, however many fields state it. What tells two of one server apart
	// is Name, Unit and Window. A Limit is Unknown or at least a millionth, and no number is above 1e15.
	//
	// A bucket that refills steadily has as its Window the time in which it fills from empty to full, so that Limit in
	// Window is its rate, and once it is empty, as its Reset, the time until it has room for one request. Of what does not
	// count requests, such as the tokens of language models, nothing is said until nothing remains: then it is a Quota of
	// Requests without a Limit, that holds everything until its Reset.
	//
	// PubChem and the EPO respond from many machines that count each for itself, and want the worst of the last minute to
	// be believed.
	Quotas []sched.Quota

	// Exhausted reports whether a quota of requests has nothing remaining, or the server says that it blocks this client.
	// It makes a refusal of a 403, and of a 503 one that is about this client and not about this request.
	Exhausted bool

	Blocked bool // the server says that it blocks this client, for having asked too much

	// Load is the share of its full service that the server is asked for by all of its clients; it may be above 1. 0 means
	// that it does not say. See Share.
	Load float64

	// Use is the share of the requests allowed to this client in a minute that it has used up, at most 1, where a server counts
	// them for all who share an address. 0 means that it does not say. See Share.
	Use float64

	// Word is for people, a few characters: "Yellow", "blacklisted", "limit 60/m", "nothing left"; it may be empty. It is made
	// of these words and of numbers, never of a text that the server chose, which may be a secret that it was sent.
	Word string

	Malformed []string // the names of the fields that could not be read
}

// Share is which share of the pace that suits the server when it is idle suits it at its Load: all up to half of full
// service, half from there and a quarter from three quarters, as PubChem's colours have it, and what is left when all
// clients ease off alike beyond full service: 1/12 at 303 %. Use lowers it to a quarter at the least, as it comes near all.
func (s *Said) Share() float64 {
	share := max(0.25, spare(s.Use, muchCount))
	switch {
	case s.Load < 0.5:
		return share
	case s.Load < 0.75:
		return min(share, 0.5)
	default:
		return min(share, 0.25/max(1, s.Load))
	}
}

// Read returns what a response says. header has canonical names, as net/http makes them; path is that of the request,
// since a server may have a limit for each of its services. Times are from now, which is when the response came, and
// where they are absolute by the response's own Date, if it has one.
//
// A response that says nothing costs a look at the names of its fields.
func Read(status int, header http.Header, path string, now time.Time) Said {
	names := make([]string, 0, 12)
	for name := range header {
		if speaks(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return Said{}
	}
	slices.Sort(names) // so that the same response says the same each time
	r := reader{status: status, header: header, path: path, now: now}
	for _, name := range names {
		if values := header[name]; len(values) > 0 {
			if !r.field(name, values) && !slices.Contains(r.said.Malformed, name) {
				r.said.Malformed = append(r.said.Malformed, name)
			}
		}
	}
	r.settle()
	return r.said
}

// speaks reports whether a field may be about limits. It is asked for each of the fields of every response.
func speaks(name string) bool {
	if len(name) < len("Ratelimit") {
		return false
	}
	switch name[0] {
	case 'R':
		return strings.HasPrefix(name, "Ratelimit") || strings.HasPrefix(name, "Retry-After")
	case 'A':
		return name[1] != 'c' && (strings.HasPrefix(name, "Anthropic-Ratelimit") || strings.HasPrefix(name, "Akamai-"))
	case 'X':
		switch name {
		case concurrency, shopify, throttling, rejection:
			return true
		}
		return strings.HasPrefix(name, "X-Rate") || strings.HasPrefix(name, "X-Hubspot-Ratelimit") ||
			strings.HasPrefix(name, "X-Amzn-Ratelimit")
	}
	return false
}

// reader reads one response. Its methods for a field report whether that could be read, all of it.
type reader struct {
	status int
	header http.Header
	path   string
	now    time.Time
	dated  bool // now is by the clock of the server

	said   Said
	bare   bool // Retry-After was a number
	quotas []quota
}

func (r *reader) field(name string, values []string) bool {
	switch name {
	case "Retry-After":
		return r.retryAfter(values, time.Second)
	case "Retry-After-Ms": // Azure, OpenAI
		return r.retryAfter(values, time.Millisecond)
	case "Ratelimit":
		return r.limits(values)
	case "Ratelimit-Policy":
		return r.policies(values)
	case concurrency: // Crossref
		n, ok := count(values[0])
		if n > 0 {
			r.state("concurrency", n, sched.Unknown).Unit = sched.Concurrent
		}
		return ok
	case shopify:
		return r.shopify(values[0])
	case throttling:
		return r.throttling(strings.Join(values, ", "))
	case rejection: // the EPO, with a 403 that has no other sign
		if strings.Contains(values[0], "Quota") {
			r.said.Exhausted, r.said.Word = true, "quota"
		}
		return true
	}
	return r.dialect(name, values)
}

// shopify reads calls made of calls allowed. The bucket leaks 2 a second of 40, or 20 of 400 for those who pay more, so
// that it is empty in 20 seconds whatever its size (https://shopify.dev/docs/api/admin-rest/usage/rate-limits).
func (r *reader) shopify(value string) bool {
	made, allowed, _ := strings.Cut(value, "/")
	used, ok := count(made)
	limit, _ := count(allowed)
	if !ok || used < 0 || limit <= 0 {
		return false
	}
	q := r.state("", limit, 20*time.Second)
	if q.Remaining = max(0, limit-used); q.Remaining == 0 {
		q.Reset = within(q.Window.Seconds() / limit)
	}
	return true
}

// word is what people are shown of a limit that is used up. Its name is not: some servers call a bucket by the key of the
// client whose it is.
func word(q *sched.Quota) string {
	if q.Limit <= 0 {
		return "nothing left"
	}
	text := "limit " + strconv.FormatFloat(q.Limit, 'f', -1, 64)
	if short, ok := windows[q.Window]; ok {
		return text + short
	}
	return fmt.Sprintf("%s in %v", text, q.Window)
}

// windows are those with a short form.
var windows = map[time.Duration]string{
	sched.Unknown: "", time.Second: "/s", time.Minute: "/m", time.Hour: "/h", 24 * time.Hour: "/d",
}
