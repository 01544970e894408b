package main

import (
	"context"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scene is one server that says slow down, or fails, and a list to fetch from it.
type scene struct {
	name  string
	about string
	set   []string      // limiters of the server: "NAME?settings"
	n     int           // requests
	url   string        // of each, with {i} for its number, and {name} for one of five letters in turn
	args  []string      // of fetch
	floor time.Duration // the least wall that the server allows; 0: not known

	bad          string // takes the place of the url at a place, and again after so many; empty: none does
	first, every int

	loop    string        // the time-out of an attempt in the aiohttp loop, in seconds; empty: not run
	down    time.Duration // the server is killed in the middle, and away for so long
	look    look          // what else is to be seen, after a run
	dialect bool          // belongs into the table of dialects
}

// entry is line i of the list. direct is the server's true address, for tools that know nothing of --testserver; empty: it is
// not needed. Nobody listens at the port dead.
func (s *scene) entry(direct string, dead, i int) string {
	url := s.url
	if s.bad != "" && i%s.every == s.first {
		url = s.bad
	}
	url = strings.NewReplacer("{i}", strconv.Itoa(i), "{name}", string(rune('a'+i%5)), "{dead}", strconv.Itoa(dead)).Replace(url)
	if direct != "" {
		url = strings.NewReplacer("http://a.limit.test/", direct+"/limit/a/", "http://a.test/", direct+"/").Replace(url)
	}
	return url
}

// URLs of scenes.
const (
	limited = "http://a.limit.test/{i}"
	dead    = "http://127.0.0.1:{dead}/{i}"
	good    = "http://good.test/0.05?i={i}"
	bad503  = "http://good.test/status/503"
	hanging = "http://bad.test/3600?i={i}"
	pubChem = "http://pubchem.test/rest/pug/compound/name/ethanol/property/MolecularWeight/JSON?i={i}"
)

// scenes are what a semaphore loop does well, PubChem's limits, limits that are told, those that change, and what never does anything.
func scenes() []scene {
	all := []scene{
		{
			name: "noise", about: "5 % of the URLs are refused once (503, Retry-After: 1), 2 % hang twice",
			set: []string{"a?refuse=0.05&hang=0.02&retry_after=1&latency=100ms-200ms"}, n: 450, url: limited, args: []string{"-c", "10", "-t", "3s"}, loop: "3",
		},
		strict("strict-503", "a bare 503", "status=503"),
		strict("strict-429", "a bare 429", "status=429"),
		strict("strict-503-wait", "503 with Retry-After: 1", "status=503&retry_after=1"),
		strict("strict-429-wait", "429 with Retry-After: 1", "status=429&retry_after=1"),
		restart(300 * time.Millisecond),
		restart(time.Second),
		restart(3 * time.Second),

		// PubChem takes 5 requests a second, the refused ones included, and who is refused more than 20 times in a minute is blocked.
		{name: "pubchem", about: "the bundled PubChem, `--no-presets`", n: 300, url: pubChem, args: []string{"--no-presets"}, floor: 59 * time.Second, look: blockLook},
		{name: "pubchem-50", about: "the bundled PubChem, `-c 50 --no-presets`", n: 1000, url: pubChem, args: []string{"-c", "50", "--no-presets"}, floor: 199 * time.Second, look: blockLook},
	}
	for name := range strings.FieldsSeq("ietf ietf-7 ietf-old x x-epoch x-epoch-ms x-duration x-rfc3339 akamai anthropic openai github gitlab kong pubchem epo") {
		all = append(all, quota(name))
	}
	return append(all,
		scene{
			name: "quota-slots", about: "ietf, `qu=\"concurrent-requests\"`: 4 at once, `-c 20`", dialect: true,
			set: []string{"a?slots=4&status=429&headers=ietf&latency=200ms"}, n: 200, url: limited, args: []string{"-c", "20"}, floor: 10 * time.Second,
		},
		scene{
			name: "halving", about: "40 requests a second, 20 from second 20 to 60; a bare 503 beyond; `-c 20`",
			set: []string{"a?rate=40&halve=20s-60s&latency=50ms-150ms"}, n: 3200, url: limited, args: []string{"-c", "20"}, floor: 100 * time.Second, look: halvingLook,
		},
		scene{
			name: "halving-slots", about: "8 at once, 4 from second 20 to 60, 200 ms each; a bare 503 beyond; `-c 20`",
			set: []string{"a?slots=8&halve=20s-60s&latency=200ms"}, n: 3200, url: limited, args: []string{"-c", "20"}, floor: 100 * time.Second, look: halvingLook,
		},
		scene{
			name: "isolation", about: "one host of five answers 429 with Retry-After: 30 in its first second", n: 2000, url: "http://{name}.limit.test/{i}",
			set:   []string{"a?closed=500ms-1s&status=429&retry_after=30&latency=50ms", "b?latency=50ms", "c?latency=50ms", "d?latency=50ms", "e?latency=50ms"},
			floor: 30 * time.Second, look: isolationLook,
		},

		scene{name: "one-refused", about: "one URL, at a port where nobody listens", n: 1, url: dead},
		scene{name: "one-503", about: "one URL, which always answers 503", n: 1, url: "http://bad.test/status/503?i={i}"},
		scene{name: "one-of-100", about: "100 good URLs, and in their middle one of the same host that always answers 503", n: 101, url: good, bad: bad503, first: 50, every: 101},
		scene{name: "one-at-last", about: "the same, and it is the last", n: 101, url: good, bad: bad503, first: 100, every: 101},
		scene{name: "dead", about: "500 URLs at a port where nobody listens", n: 500, url: dead},
		scene{name: "always-500", about: "500 URLs of a host that always answers 500", n: 500, url: "http://bad.test/status/500?i={i}"},
		scene{name: "always-503", about: "500 URLs of a host that always answers 503", n: 500, url: "http://bad.test/status/503?i={i}"},
		scene{name: "always-429", about: "500 URLs of a host that always answers 429", n: 500, url: "http://bad.test/status/429?i={i}"},
		scene{name: "hanging", about: "500 URLs of a host that never answers, `-t 3s`", n: 500, url: hanging, args: []string{"-t", "3s"}},
		scene{name: "dead-among", about: "1,000 good URLs, and 500 at a port where nobody listens", n: 1500, url: good, bad: dead, first: 1, every: 3, floor: 5 * time.Second, look: goodLook},
		scene{
			name: "hanging-among", about: "1,000 good URLs, and 500 of a host that never answers, `-t 3s`", n: 1500, url: good, bad: hanging, first: 1, every: 3,
			args: []string{"-t", "3s"}, floor: 5 * time.Second, look: goodLook,
		},
	)
}

func strict(name, about, set string) scene {
	return scene{
		name: name, about: "5 requests a second; beyond, " + about, set: []string{"a?rate=5&latency=50ms-150ms&" + set},
		n: 300, url: limited, floor: 59 * time.Second, loop: "30",
	}
}

func restart(down time.Duration) scene {
	return scene{
		name: "restart-" + down.String(), about: fmt.Sprintf("the server is killed in the middle, and away for %v", down),
		n: 1000, url: "http://a.test/0.05?i={i}", floor: 5*time.Second + down, down: down, loop: "30",
	}
}

// quota is a server that tells its limit in a dialect, in windows of 10 s, or of a minute where the dialect can say nothing
// else.
func quota(dialect string) scene {
	window, limit, n := 10*time.Second, 50, 300
	if slices.Contains([]string{"kong", "pubchem", "epo"}, dialect) {
		window, limit, n = time.Minute, 60, 240
	}
	refusal := map[string]string{"github": "&status=403", "pubchem": "&status=503", "epo": "&retry_after=reset"}[dialect]
	return scene{
		name: "quota-" + dialect, about: dialect, dialect: true,
		set: []string{fmt.Sprintf("a?status=429&window=%d/%v&headers=%s&latency=50ms%s", limit, window, dialect, refusal)},
		n:   n, url: limited, floor: time.Duration(n/limit-1) * window, look: windowLook(limit, int(window.Seconds())),
	}
}

// politeness: servers that say slow down, or fail, and what that costs: wall, and the server's own count of refusals.
func (b *bench) politeness(ctx context.Context) (string, error) {
	var chosen []scene
	for _, s := range scenes() {
		if slices.ContainsFunc(strings.Split(b.scenes, ","), func(p string) bool { ok, _ := path.Match(p, s.name); return ok }) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return "", fmt.Errorf("no scene is called %q", b.scenes)
	}
	all, err := b.play(ctx, chosen)
	return politeTables(all), err
}

// remark is what else is to be seen of a run: a text with a value for each # in it, of which NaN means never.
type remark struct {
	text   string
	values []float64
}

// look says what else is to be seen, after a run.
type look func(*outcome) remark

// blockLook says how many the bundled PubChem refused after the first ten seconds, and whether it blocked the client.
func blockLook(o *outcome) remark {
	late, lateRefused, most := 0, 0, 0
	var refused []float64 // when, in the last minute
	for _, h := range o.hops {
		isLate := h.ArrivalMS-o.hops[0].ArrivalMS > 10_000
		if isLate {
			late++
		}
		if h.Status != 503 {
			continue
		}
		if isLate {
			lateRefused++
		}
		refused = append(slices.DeleteFunc(refused, func(at float64) bool { return h.ArrivalMS-at >= 60_000 }), h.ArrivalMS)
		most = max(most, len(refused))
	}
	r := remark{"# % refused after 10 s", []float64{100 * float64(lateRefused) / float64(max(late, 1))}}
	if most > 20 {
		r.text += ", **blocked**"
	}
	return r
}

// windowLook says how many were refused in a window at the most, and how much of the quota was used in all windows but the
// last.
func windowLook(limit, seconds int) look {
	return func(o *outcome) remark {
		most, used, full := 0, 0, 0
		refused := slices.Collect(slices.Chunk(o.each.EachRefused, seconds))
		for i, requests := range slices.Collect(slices.Chunk(o.each.EachRequests, seconds)) {
			most = max(most, sum(refused[i]))
			if i < len(refused)-1 {
				full += limit
				used += sum(requests) - sum(refused[i])
			}
		}
		if full == 0 {
			return remark{"# refused in a window", []float64{float64(most)}}
		}
		return remark{"# refused in a window, # % of the quota", []float64{float64(most), math.Round(100 * float64(used) / float64(full))}}
	}
}

func sum[T int | int32](values []T) (total int) {
	for _, v := range values {
		total += int(v)
	}
	return total
}

// halvingLook says how soon the client followed a server whose limit of 40 halves after 20 s and is whole again after 60 s:
// until it sent at most 1.2 times the half, and until at least 0.9 of the whole was admitted, each for two seconds.
func halvingLook(o *outcome) remark {
	sent := o.each.EachRequests
	down := followed(sent, 20, 60, func(second int) bool { return sent[second] <= 24 })
	up := followed(sent, 60, len(sent), func(second int) bool { return sent[second]-o.each.EachRefused[second] >= 36 })
	return remark{"down after # s, up after # s", []float64{down, up}}
}

// followed is how many seconds after from something is so for two seconds.
func followed(sent []int32, from, to int, does func(second int) bool) float64 {
	for second := from; second+1 < min(to, len(sent)); second++ {
		if does(second) && does(second+1) {
			return float64(second - from)
		}
	}
	return math.NaN()
}

// isolationLook says for how long host a had nothing after its first refusal, and when the others had had their last.
func isolationLook(o *outcome) remark {
	refusedAt, early, others := -1.0, 0, 0.0
	for _, h := range o.hops {
		switch {
		case !strings.HasSuffix(h.Host, ".limit.test"): // our own questions
		case h.Host != "a.limit.test":
			others = h.ArrivalMS - o.hops[0].ArrivalMS
		case refusedAt < 0 && h.Status == 429:
			refusedAt = h.ArrivalMS
		case refusedAt >= 0 && h.ArrivalMS-refusedAt < 30_000 && h.ArrivalMS-refusedAt > 100: // not those that were under way
			early++
		}
	}
	return remark{"# sent within the 30 s; the others were done after # s", []float64{float64(early), others / 1000}}
}

// goodLook says when the last request of the good host arrived.
func goodLook(o *outcome) remark {
	last := 0.0
	for _, h := range o.hops {
		if strings.HasPrefix(h.Host, "good.test") {
			last = h.ArrivalMS - o.hops[0].ArrivalMS
		}
	}
	return remark{"the good ones were done after # s", []float64{last / 1000}}
}
