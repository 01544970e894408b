// Package diff compares two runs: new and fixed failures, changed responses, and latencies, with a verdict that
// takes into account how much latencies vary by themselves.
//
// There is no randomness in it: the same records give the same comparison.
package diff

import (
	"iter"
	"slices"

	"example.com/fetch/internal/record"
)

// Run is one of the two runs.
type Run struct {
	Name string // of its journal
	// Records are its records, the final one for each result. They are read twice, and not kept.
	Records iter.Seq2[*record.Record, error]
	Wall    record.Micros // how long it took; 0: not known
	Timeout record.Micros // minimum time that a time-out counts for; 0: the time that it took
	Cut     bool          // it was interrupted, so requests may be missing
	// Response compares response times, which count from when a request was due, for load tests. Both runs must
	// have the same value.
	Response bool
	Count    int64 // approximate number of records, for allocation; 0: unknown
}

// Options say how two runs are compared. The zero value is the default.
type Options struct {
	// IgnoreHost matches requests without scheme, host and port, for runs that sent the same requests to different
	// servers. The records are then read once more, and latencies are not split by host.
	IgnoreHost bool
}

// Compare compares run b with the earlier run a. Results are matched by the ids of their requests; among results
// with the same id, the most similar ones are matched. An error is that of a sequence. It takes some 100 bytes of
// memory per record, and 20 MB.
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
	if err := c.Changes.fill(found, a, b); err != nil {
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

// Comparison is the comparison of two runs. Its JSON form always has every field, except those marked
// "omitempty".
type Comparison struct {
	V          int         `json:"v"`
	A          About       `json:"a"`
	B          About       `json:"b"`
	IgnoreHost bool        `json:"ignore_host,omitempty"` // Options.IgnoreHost
	Histograms bool        `json:"histograms,omitempty"`  // of load tests without records: nothing is known of single requests
	Changes    *Changes    `json:"changes"`               // null with Histograms
	Latency    Latency     `json:"latency"`
	Thresholds []Threshold `json:"thresholds"` // in the order in which they were asked for (Check)

	// Inputs of Check.
	newFailures         int64   // including those of requests that only B has
	overall, everything *values // the latencies of successes, and those including failures
	cut                 bool    // B was interrupted
}

// About summarizes one run.
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
	// VerdictNone: no difference was detected; Compared.Visible is the smallest detectable one.
	VerdictNone = "no_difference_seen"
	// VerdictTooFew: with so few values no difference could have been detected, whatever the latencies.
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
	// PerHost is empty if there is only one host; otherwise it has the hosts with successes in both runs.
	PerHost []Group `json:"per_host"`
	// PerURL has the URLs with 10 successes or more in both runs, except a URL that all successes belong to.
	PerURL []Group `json:"per_url"`
	// BeyondHosts counts the results of B for hosts beyond the first 1,000, and BeyondURLs those for URLs beyond
	// the first 10,000.
	BeyondHosts int64 `json:"beyond_hosts"`
	BeyondURLs  int64 `json:"beyond_urls"`
}

// Group is a part of the latencies.
type Group struct {
	Name string `json:"name"` // the host, or the URL after its method if that is not GET; empty for all
	// Paired: each request has a value in both runs, and N of A and B are equal. Otherwise the runs are
	// independent samples.
	Paired bool `json:"paired"`
	A      int  `json:"n_a"`
	B      int  `json:"n_b"`
	// Each is the median of the ratios of the pairs; nil if there are fewer than 2.
	Each      *Compared  `json:"each"`
	Quantiles []Quantile `json:"quantiles"` // those of 50, 90, 95 and 99 % for which both sides have enough values
}

// Quantile compares one quantile.
type Quantile struct {
	Percent int           `json:"percent"`
	A       record.Micros `json:"a_ms"` // nearest rank
	B       record.Micros `json:"b_ms"`
	Compared
}

// Compared is a ratio of latencies with its statistics.
type Compared struct {
	Ratio float64 `json:"ratio"` // B's to A's
	// Interval is the 95 % confidence interval of the ratio, taken by itself.
	Interval Interval `json:"interval_95"`
	// Corrected is the interval after correction for multiple comparisons, at Level. The verdict uses this one:
	// the ratio is significant if the interval excludes 1.
	Corrected Interval `json:"interval_corrected"`
	// Level is the significance level that Holm's correction assigns to this ratio; 0 with VerdictTooFew.
	Level   float64 `json:"level"`
	Chance  float64 `json:"chance"` // two-sided p-value, uncorrected
	Verdict string  `json:"verdict"`
	// Visible is the slowdown that would have been detected with a power of at least 80 %; nil: none would, or the
	// ratio is different.
	Visible *float64 `json:"visible"`
}

// all returns all ratios of the group.
func (g *Group) all() (all []*Compared) {
	if g.Each != nil {
		all = append(all, g.Each)
	}
	for i := range g.Quantiles {
		all = append(all, &g.Quantiles[i].Compared)
	}
	return all
}

// different reports whether any ratio of the group is different.
func (g *Group) different() bool {
	return slices.ContainsFunc(g.all(), func(c *Compared) bool { return c.Verdict == VerdictDifferent })
}

// Interval is a range of ratios, from the first to the second; nil: unbounded on that side.
type Interval [2]*float64

// AppendJSON appends the comparison as one line, with its end.
func (c *Comparison) AppendJSON(dst []byte) []byte {
	return record.AppendAnyLine(dst, c)
}
