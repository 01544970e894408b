// Package diff says what is different between two runs: what failed and what was put right, answers that are not what
// they were, and latencies, with a verdict that takes into account how much latencies vary by themselves.
//
// Nothing in it is drawn at random: the same records give the same comparison.
package diff

import (
	"iter"
	"slices"

	"example.com/fetch/internal/record"
)

// Run is one of the two runs.
type Run struct {
	Name string // of its journal
	// Records are its records, a last one for each result. They are gone through twice, and not kept.
	Records iter.Seq2[*record.Record, error]
	Wall    record.Micros // how long it took; 0: not known
	Timeout record.Micros // what a failure by time-out counts for at the least; 0: the time that it took
	Cut     bool          // it was broken off: there may be requests that it would have sent
	// Response compares response times, which count from when a request was due: for a load test. Both runs have the same.
	Response bool
	Count    int64 // about how many records there are, so that memory is not asked for in bits; 0: not known
}

// Options say how two runs are compared. The zero value is as usual.
type Options struct {
	// IgnoreHost pairs requests by all but scheme, host and port: the runs asked different servers for the same. The
	// records are then gone through once more, and latencies are not told by host.
	IgnoreHost bool
}

// Compare compares the run b with the run a, which came before it. Results are paired by their requests' ids; of results
// with one id each finds the most alike. An error is that of a sequence. Memory: some 100 bytes a record, and 20 MB.
func Compare(a, b Run, o Options) (*Comparison, error) {
	var h *hostless
	if o.IgnoreHost {
		var err error
		if h, err = newHostless(a, b); err != nil {
			return nil, err
		}
	}
	names := &names{newNumbered(maxURLs), newNumbered(maxHosts), newNumbered(maxClasses)}
	names.classes.number("")
	loadedA, err := load(a, names, h)
	if err != nil {
		return nil, err
	}
	loadedB, err := load(b, names, h)
	if err != nil {
		return nil, err
	}
	c := &Comparison{V: Version, A: loadedA.about, B: loadedB.about, IgnoreHost: o.IgnoreHost, Changes: &Changes{}, Thresholds: []Threshold{}}
	found := match(loadedA, loadedB)
	if err := c.Changes.tell(found, a, b); err != nil {
		return nil, err
	}
	samples := &samples{a: loadedA.entries, b: loadedB.entries, partners: found.partners}
	c.Latency = latencies(samples, names)
	if a.Response {
		c.Latency.Of = ofResponse
	}
	c.overall = samples.values(samples.whole(false))
	if c.everything = c.overall; c.A.Failed+c.B.Failed > 0 {
		c.everything = samples.values(samples.whole(true))
	}
	c.cut = b.Cut
	c.newFailures = c.Changes.NewFailures.N + found.failedOnlyB
	return c, nil
}

// Version is the version of the JSON form.
const Version = 1

// Comparison is what two runs come to. Its JSON form has every field always, but for those that say "omitempty".
type Comparison struct {
	V          int         `json:"v"`
	A          About       `json:"a"`
	B          About       `json:"b"`
	IgnoreHost bool        `json:"ignore_host,omitempty"` // Options.IgnoreHost
	Histograms bool        `json:"histograms,omitempty"`  // of load tests without records: nothing is known of single requests
	Changes    *Changes    `json:"changes"`               // null with Histograms
	Latency    Latency     `json:"latency"`
	Thresholds []Threshold `json:"thresholds"` // in the order in which they were asked for (Check)

	// What Check goes by.
	newFailures         int64   // with those of requests that only B has
	overall, everything *values // the latencies of successes, and of failures, too
	cut                 bool    // B was broken off
}

// About is one run in numbers.
type About struct {
	Journal    string        `json:"journal"`
	Results    int64         `json:"results"` // OK + Failed + Unfinished
	OK         int64         `json:"ok"`
	Failed     int64         `json:"failed"`
	Unfinished int64         `json:"unfinished"`     // cut off by the end of the run: they are not compared
	Wall       record.Micros `json:"wall_ms"`        // 0: not known
	Load       string        `json:"load,omitempty"` // of a load test: its rate, users or stages
}

// The verdicts on a latency.
const (
	VerdictDifferent = "different"
	// VerdictNone: no difference was seen; Compared.Visible says how large one would have been.
	VerdictNone = "no_difference_seen"
	// VerdictTooFew: whatever the latencies were, so few could not have shown a difference.
	VerdictTooFew = "too_few"
)

// What a Latency is of.
const (
	ofService  = "service"
	ofResponse = "response"
)

// Latency compares the times of successes: of all, of those of each host, and of each URL with 10 or more in both.
type Latency struct {
	Of      string `json:"of"`      // service, or response for load tests
	Verdict string `json:"verdict"` // VerdictDifferent if anything below is
	Overall Group  `json:"overall"`
	// PerHost is empty if all is of one host, and the others have successes in both runs.
	PerHost []Group `json:"per_host"`
	// PerURL has those with 10 successes or more in both runs, but not a URL that all successes are of.
	PerURL []Group `json:"per_url"`
	// Beyond counts the results of B that are of hosts beyond the first 1,000, or of URLs beyond the first 10,000.
	BeyondHosts int64 `json:"beyond_hosts"`
	BeyondURLs  int64 `json:"beyond_urls"`
}

// Group is a part of the latencies.
type Group struct {
	Name string `json:"name"` // the host, or the URL after its method if that is not GET; empty for all
	// Paired: each request has a value in both runs, and N of A and B is the same. Otherwise each run is taken by itself.
	Paired bool `json:"paired"`
	A      int  `json:"n_a"`
	B      int  `json:"n_b"`
	// Each compares each request with itself: the median of the ratios of the pairs; nil if there are fewer than 2.
	Each      *Compared  `json:"each"`
	Quantiles []Quantile `json:"quantiles"` // those of 50, 90, 95 and 99 % that both sides have values enough to show
}

// Quantile compares one quantile.
type Quantile struct {
	Percent int           `json:"percent"`
	A       record.Micros `json:"a_ms"` // nearest rank
	B       record.Micros `json:"b_ms"`
	Compared
}

// Compared is a ratio of latencies, and what is to be made of it.
type Compared struct {
	Ratio float64 `json:"ratio"` // B's to A's
	// Interval is where the ratio lies with a confidence of 95 %, taken by itself.
	Interval Interval `json:"interval_95"`
	// Corrected is the interval for all ratios of the comparison together: it goes by Level. The verdict is by this one.
	Corrected Interval `json:"interval_corrected"`
	// Level is the risk that Holm's correction leaves to this ratio; 0 with VerdictTooFew.
	Level   float64 `json:"level"`
	Chance  float64 `json:"chance"` // of a ratio like this or further from 1, if there is no difference; uncorrected
	Verdict string  `json:"verdict"`
	// Visible is the ratio from which on a slowdown would most likely (at least 4 times in 5) have been seen; nil: none would, or it
	// is different.
	Visible *float64 `json:"visible"`
}

// all is all that is compared in the group.
func (g *Group) all() (all []*Compared) {
	if g.Each != nil {
		all = append(all, g.Each)
	}
	for i := range g.Quantiles {
		all = append(all, &g.Quantiles[i].Compared)
	}
	return all
}

// different reports whether anything in the group is.
func (g *Group) different() bool {
	return slices.ContainsFunc(g.all(), func(c *Compared) bool { return c.Verdict == VerdictDifferent })
}

// Interval is a range of ratios, from the first to the second; nil: the values do not bound it on that side.
type Interval [2]*float64

// AppendJSON appends the comparison as one line, with its end.
func (c *Comparison) AppendJSON(dst []byte) []byte {
	return record.AppendAnyLine(dst, c)
}
