package throttle

import (
	"math"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/sched"
)

// throttling reads X-Throttling-Control, which two servers send in forms that have nothing in common.
func (r *reader) throttling(value string) {
	switch {
	case strings.Contains(value, "status:"):
		r.pubchem(value)
	case strings.Contains(value, "="):
		r.epo(value)
	default:
		r.malformed(throttling)
	}
}

// What PubChem allows (https://pubchem.ncbi.nlm.nih.gov/docs/dynamic-request-throttling).
const (
	pubchemPerSecond = 5
	pubchemPerMinute = 400
	pubchemAtOnce    = 5                // 300 s of running time a minute are as much as five requests that run all the time
	pubchemBlock     = 30 * time.Second // what its Retry-After says when it blocks a client

	// From so much of a minute's requests and of its running time on a client eases off, the more the nearer it comes to all.
	// One that is alone at its address uses 75 % of the requests with 5 a second, and all of the time with five requests at
	// once that take long, so that easing off earlier would cost pace for nothing.
	muchCount, muchTime = 0.8, 0.9
)

// pubchem reads
//
//	Request Count status: Green (0%), Request Time status: Green (0%), Service status: Green (20%)
//
// and the two elements that can follow when it blocks the client, with all of the colours green.
func (r *reader) pubchem(value string) {
	r.add(sched.Quota{Name: "per second", Limit: pubchemPerSecond, Remaining: sched.Unknown, Window: time.Second, Reset: sched.Unknown})
	r.add(sched.Quota{Name: "at once", Unit: sched.Concurrent, Limit: pubchemAtOnce, Remaining: sched.Unknown, Window: sched.Unknown, Reset: sched.Unknown})
	worst := green
	for element := range strings.SplitSeq(value, ",") {
		element = strings.TrimSpace(element)
		of, status, ok := strings.Cut(element, " status:")
		if !ok {
			r.pubchemBlocks(element)
			continue
		}
		c, percent, ok := colourOf(status)
		if !ok {
			r.malformed(throttling)
			continue
		}
		worst = max(worst, c)
		if c == black {
			percent = max(percent, 100)
		}
		switch of {
		case "Request Count":
			q := sched.Quota{Name: of, Limit: pubchemPerMinute, Window: time.Minute, Reset: sched.Unknown}
			if q.Remaining = pubchemPerMinute * max(0, 100-percent) / 100; q.Remaining == 0 {
				q.Reset = slides(percent)
			}
			r.add(q)
			r.said.Use = min(percent/100, 1)
		case "Request Time":
			r.named("at once").Limit = max(1, math.Round(pubchemAtOnce*spare(percent/100, muchTime)))
			if percent >= 100 {
				r.add(sched.Quota{Name: of, Limit: sched.Unknown, Window: time.Minute, Reset: slides(percent)})
			}
		case "Service", "WebConverter":
			r.said.Load = min(max(percent/100, c.least()), c.most())
		}
	}
	if worst > green && r.said.Word == "" {
		r.said.Word = worst.String()
	}
}

// pubchemBlocks reads how PubChem says that it blocks the client.
func (r *reader) pubchemBlocks(element string) {
	if _, clock, ok := strings.Cut(element, "Remaining blocking time:"); ok {
		var total float64
		for part := range strings.SplitSeq(clock, ":") {
			n, ok := count(part)
			if !ok || n < 0 {
				r.malformed(throttling)
				return
			}
			total = total*60 + n
		}
		r.wait(within(total))
	} else if strings.Contains(element, "blacklisted") || strings.Contains(element, "too many requests") {
		r.wait(pubchemBlock)
	} else {
		return
	}
	r.said.Exhausted, r.said.Word = true, "blacklisted"
}

// spare is which part of what lies beyond much is left, from all at much to nothing at 1.
func spare(use, much float64) float64 { return max(0, min((1-use)/(1-much), 1)) }

// slides is how long it takes until some of a minute that slides is free again, after use was even and came to so much of
// what is allowed.
func slides(percent float64) time.Duration { return within(60 * (1 - 99/percent)) }

// epo reads, of the European Patent Office,
//
//	idle (retrieval=green:200, search=yellow:20, inpadoc=red:30, images=green:200, other=green:1000)
//
// with the requests a minute that each of its services allows now. A service that is black serves nothing for as long as
// Retry-After says, in milliseconds (OPS Reference Guide 1.3.20, section 2.3.3).
func (r *reader) epo(value string) {
	_, list, _ := strings.Cut(value, "(")
	list, _, ok := strings.Cut(list, ")")
	if !ok {
		r.malformed(throttling)
		return
	}
	service := epoService(r.path)
	for element := range strings.SplitSeq(list, ",") {
		of, status, _ := strings.Cut(strings.TrimSpace(element), "=")
		if of != service {
			continue
		}
		text, allowed, _ := strings.Cut(status, ":")
		c, known := colours[text]
		n, ok := count(allowed)
		if !known || !ok {
			r.malformed(throttling)
			return
		}
		q := sched.Quota{Name: of, Limit: n, Remaining: sched.Unknown, Window: time.Minute, Reset: sched.Unknown}
		if c == black || n == 0 {
			q.Limit, q.Remaining, q.Reset = sched.Unknown, 0, time.Minute
			if r.bare {
				r.said.Wait /= 1000
				q.Reset = r.said.Wait
			}
		}
		if c > green && r.said.Word == "" {
			r.said.Word = c.String()
		}
		r.add(q)
	}
}

// epoService is the service that a path belongs to, by table 16 of the same section.
func epoService(path string) string {
	switch {
	case strings.Contains(path, "/published-data/search"):
		return "search"
	case strings.Contains(path, "/published-data/images/"), strings.Contains(path, "/classification/cpc/media/"):
		return "images"
	case strings.Contains(path, "/published-data/"):
		return "retrieval"
	case strings.Contains(path, "/family/"), strings.Contains(path, "/legal/"):
		return "inpadoc"
	}
	return "other"
}

// colour is how much of something is in use: under a half, under three quarters, up to all, and more.
type colour uint8

const (
	green colour = iota
	yellow
	red
	black
)

var colours = map[string]colour{
	"Green": green, "Yellow": yellow, "Red": red, "Black": black,
	"green": green, "yellow": yellow, "red": red, "black": black,
}

func (c colour) String() string { return [...]string{"Green", "Yellow", "Red", "Black"}[c] }

func (c colour) least() float64 { return [...]float64{0, 0.5, 0.75, 1.01}[c] }

func (c colour) most() float64 { return [...]float64{0.49, 0.74, 1, 1000}[c] }

// colourOf reads Green (20%), and Green alone.
func colourOf(s string) (c colour, percent float64, ok bool) {
	s = strings.TrimSpace(s)
	name, rest, bracket := strings.Cut(s, " (")
	c, ok = colours[name]
	if !bracket {
		return c, 100 * c.least(), ok
	}
	digits, _, closed := strings.Cut(rest, "%)")
	n, err := strconv.ParseUint(digits, 10, 32)
	return c, float64(n), ok && closed && err == nil
}
