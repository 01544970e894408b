package diff

import (
	"encoding/json"
	"iter"

	"example.com/fetch/internal/record"
)

// Version is the version of the JSON form.
const Version = 1

// Comparison is what two runs come to. Its JSON form has every field always, but for those that say "omitempty".
type Comparison struct {
	V          int         `json:"v"`
	A          About       `json:"a"`
	B          About       `json:"b"`
	IgnoreHost bool        `json:"ignore_host,omitempty"` // Options.IgnoreHost
	Changes    Changes     `json:"changes"`
	Latency    Latency     `json:"latency"`
	Thresholds []Threshold `json:"thresholds"` // in the order in which they were asked for (Check)

	newFailures int64   // with those of requests that only B has
	overall     *values // the latencies of all, for Check
}

// About is one run in numbers.
type About struct {
	Journal    string        `json:"journal"`
	Results    int64         `json:"results"` // OK + Failed + Unfinished
	OK         int64         `json:"ok"`
	Failed     int64         `json:"failed"`
	Unfinished int64         `json:"unfinished"` // cut off by the end of the run: they are not compared
	Wall       record.Micros `json:"wall_ms"`    // 0: not known
}

// The verdicts on a latency.
const (
	VerdictDifferent = "different"
	// VerdictNone: no difference was seen; Compared.Visible says how large one would have been.
	VerdictNone = "no_difference_seen"
	// VerdictTooFew: whatever the latencies were, so few could not have shown a difference.
	VerdictTooFew = "too_few"
)

// Latency compares the service times of successes: of all, of those of each host, and of each URL with 10 or more in both.
type Latency struct {
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

// all goes through all that is compared in the group.
func (g *Group) all() iter.Seq[*Compared] {
	return func(yield func(*Compared) bool) {
		if g.Each != nil && !yield(g.Each) {
			return
		}
		for i := range g.Quantiles {
			if !yield(&g.Quantiles[i].Compared) {
				return
			}
		}
	}
}

// Interval is a range of ratios; nil: the values do not bound it on that side. In JSON it is [low, high].
type Interval struct{ Low, High *float64 }

// MarshalJSON gives [low, high], null for what is not known.
func (i Interval) MarshalJSON() ([]byte, error) { return json.Marshal([2]*float64{i.Low, i.High}) }

// UnmarshalJSON reads what MarshalJSON gives.
func (i *Interval) UnmarshalJSON(data []byte) error {
	var ends [2]*float64
	err := json.Unmarshal(data, &ends)
	i.Low, i.High = ends[0], ends[1]
	return err
}

// AppendJSON appends the comparison as one line, with its end.
func (c *Comparison) AppendJSON(dst []byte) []byte {
	text, _ := record.Marshal(c) // numbers and strings always have a JSON form, and no number here is infinite
	return append(append(dst, text...), '\n')
}
