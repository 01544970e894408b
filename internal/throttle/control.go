package throttle

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/sched"
)

// throttling reads X-Throttling-Control, which two servers send in forms that have nothing in common.
func (r *reader) throttling(value string) bool {
	if strings.Contains(value, "status:") {
		return r.pubchem(value)
	}
	return strings.Contains(value, "=") && r.epo(value)
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
func (r *reader) pubchem(value string) bool {
	r.state("per second", pubchemPerSecond, time.Second)
	r.state("at once", pubchemAtOnce, sched.Unknown).Unit = sched.Concurrent
	worst, all := 0, true
	for element := range strings.SplitSeq(value, ",") {
		element = strings.TrimSpace(element)
		of, status, ok := strings.Cut(element, " status:")
		if !ok {
			all = r.pubchemBlocks(element) && all
			continue
		}
		colour, percent, ok := colourOf(status)
		if !ok {
			all = false
			continue
		}
		worst = max(worst, colour)
		if colour == black {
			percent = max(percent, 100)
		}
		switch of {
		case "Request Count":
			q := r.state(of, pubchemPerMinute, time.Minute)
			if q.Remaining = pubchemPerMinute * max(0, 100-percent) / 100; q.Remaining == 0 {
				q.Reset = slides(percent)
			}
			r.said.Use = min(percent/100, 1)
		case "Request Time":
			r.quota(listed, "at once").Limit = max(1, math.Round(pubchemAtOnce*spare(percent/100, muchTime)))
			if percent >= 100 {
				q := r.state(of, sched.Unknown, time.Minute)
				q.Remaining, q.Reset = 0, slides(percent)
			}
		case "Service", "WebConverter":
			r.said.Load = min(max(percent/100, colours[colour].least), colours[colour].most)
		}
	}
	r.coloured(worst)
	return all
}

// pubchemBlocks reads how PubChem says that it blocks the client.
func (r *reader) pubchemBlocks(element string) bool {
	if _, clock, ok := strings.Cut(element, "Remaining blocking time:"); ok {
		var total float64
		for part := range strings.SplitSeq(clock, ":") {
			n, ok := count(part)
			if !ok || n < 0 {
				return false
			}
			total = total*60 + n
		}
		r.wait(within(total))
	} else if strings.Contains(element, "blacklisted") || strings.Contains(element, "too many requests") {
		r.wait(pubchemBlock)
	} else {
		return true
	}
	r.said.Exhausted, r.said.Blocked, r.said.Word = true, true, "blacklisted"
	return true
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
func (r *reader) epo(value string) bool {
	_, list, _ := strings.Cut(value, "(")
	list, _, ok := strings.Cut(list, ")")
	service := epoService(r.path)
	for element := range strings.SplitSeq(list, ",") {
		of, status, _ := strings.Cut(strings.TrimSpace(element), "=")
		if of != service || !ok {
			continue
		}
		name, allowed, _ := strings.Cut(status, ":")
		colour, n := colourNamed(name), 0.
		if n, ok = count(allowed); !ok || colour < 0 {
			return false
		}
		q := r.state(of, n, time.Minute)
		if colour == black || n == 0 {
			q.Limit, q.Remaining, q.Reset = sched.Unknown, 0, time.Minute
			if r.bare {
				r.said.Wait /= 1000
				q.Reset = r.said.Wait
			}
		}
		r.coloured(colour)
	}
	return ok
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

// colours say how much of something is in use: under a half, under three quarters, up to all, and more.
var colours = [...]struct {
	name        string
	least, most float64
}{{"Green", 0, 0.49}, {"Yellow", 0.5, 0.74}, {"Red", 0.75, 1}, {"Black", 1.01, 1000}}

const black = len(colours) - 1

// colourNamed is a colour's place; -1: there is none of that name.
func colourNamed(name string) int {
	for i, c := range colours {
		if strings.EqualFold(c.name, name) {
			return i
		}
	}
	return -1
}

// coloured has people see a colour that is not green.
func (r *reader) coloured(colour int) {
	if colour > 0 {
		r.said.Word = cmp.Or(r.said.Word, colours[colour].name)
	}
}

// colourOf reads Green (20%), and Green alone.
func colourOf(s string) (colour int, percent float64, ok bool) {
	name, rest, bracket := strings.Cut(strings.TrimSpace(s), " (")
	colour = colourNamed(name)
	if !bracket {
		return colour, 100 * colours[max(colour, 0)].least, colour >= 0
	}
	digits, _, closed := strings.Cut(rest, "%)")
	n, err := strconv.ParseUint(digits, 10, 32)
	return colour, float64(n), colour >= 0 && closed && err == nil
}
