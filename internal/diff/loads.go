package diff

import (
	"fmt"
	"math"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// Load is one of two load tests, with figures for each second but none for single requests.
type Load struct {
	Name    string // of its journal
	Summary *measure.LoadSummary
	Seconds []measure.Times
	Cut     bool // it was broken off
}

// CompareLoads compares load test b with the earlier load test a by their response times as a whole. Nothing is
// matched, and there are no figures per host or URL.
func CompareLoads(a, b Load) *Comparison {
	c := &Comparison{V: Version, A: aboutLoad(&a), B: aboutLoad(&b), Histograms: true, Thresholds: []Threshold{}}
	c.overall = loadValues(a.successes(), b.successes())
	if c.everything = c.overall; c.A.Failed+c.B.Failed > 0 {
		c.everything = loadValues(a.all(), b.all())
	}
	c.cut = b.Cut
	compare := &comparer{samples: &samples{all: c.overall}, ranks: knownRanks{}}
	g := newGroup("", nil, nil)
	compare.ask(g)
	share(compare.questions, 1)
	compare.decide()
	c.Latency = Latency{Of: ofResponse, Overall: g.Group, PerHost: []Group{}, PerURL: []Group{}}
	c.Latency.judge()
	return c
}

// successes returns the response times of successes in each second.
func (l *Load) successes() (seconds []measure.Distribution) {
	for i := range l.Seconds {
		seconds = append(seconds, l.Seconds[i].Response)
	}
	return seconds
}

// all returns the response times of all requests in each second, as they count.
func (l *Load) all() []measure.Distribution {
	seconds := l.successes()
	for i := range seconds {
		seconds[i] = seconds[i].Clone()
		seconds[i].Merge(&l.Seconds[i].CountedResponse)
	}
	return seconds
}

func loadValues(a, b []measure.Distribution) *values {
	ofA, ofB := whole(a), whole(b)
	at := func(percent float64) (q quantileOf, known bool) {
		atA, okA := ofA.Percentile(percent)
		atB, okB := ofB.Percentile(percent)
		if !okA || !okB {
			return q, false
		}
		most := max(mostValues, 2*enough(percent))
		return quantileOf{
			[2][]float64{thinned(&ofA, inflation(a, atA), most), thinned(&ofB, inflation(b, atB), most)},
			[2]float64{float64(atA) / 1000, float64(atB) / 1000},
		}, true
	}
	return &values{a: thinned(&ofA, 1, mostValues), b: thinned(&ofB, 1, mostValues), at: at, of: [2]int{int(ofA.N()), int(ofB.N())}}
}

func aboutLoad(l *Load) About {
	s := l.Summary
	return About{Journal: l.Name, Results: s.Sent, OK: s.OK, Failed: s.Failed, Unfinished: s.Cut, Wall: s.Wall, Load: s.Asked.Course()}
}

func whole(seconds []measure.Distribution) (all measure.Distribution) {
	for i := range seconds {
		all.Merge(&seconds[i])
	}
	return all
}

const (
	// mostValues limits the number of values that are compared, unless the percentile needs more.
	mostValues = 200_000
	// leastSeconds is the minimum number of seconds for estimating how much they differ.
	leastSeconds = 10
)

// thinned returns sorted logarithms of milliseconds, each of which stands for a number of times, such that there
// are at most most of them.
func thinned(all *measure.Distribution, each float64, most int) []float64 {
	each = max(each, float64(all.N())/float64(most))
	n := int(math.Round(float64(all.N()) / each))
	logs := make([]float64, 0, n)
	below := int64(0)
	for at, count := range all.All {
		below += count
		for len(logs) < n && int64((float64(len(logs))+0.5)*each) < below { // its rank, from 0
			logs = append(logs, math.Log(float64(max(at, 1))/1000))
		}
	}
	return logs
}

// inflation returns by which factor the variance of the number of times up to a quantile between seconds exceeds
// that of independent ones, because the responses of one second are correlated: so many of them carry as much
// information as one independent time. It is at least 1, and 1 if there are too few seconds.
func inflation(seconds []measure.Distribution, quantile record.Micros) float64 {
	if len(seconds) < leastSeconds {
		return 1
	}
	upTo := make([]float64, len(seconds))
	sum, n := 0.0, 0.0
	for i := range seconds {
		for at, count := range seconds[i].All {
			if at > quantile {
				break
			}
			upTo[i] += float64(count)
		}
		sum += upTo[i]
		n += float64(seconds[i].N())
	}
	share, varied := sum/n, 0.0
	for i := range seconds {
		off := upTo[i] - share*float64(seconds[i].N())
		varied += off * off
	}
	return max(1, varied/max(n*share*(1-share), 1))
}

// moreFailures returns how many more requests of B failed, as a number or a share: which ones is unknown.
func (c *Comparison) moreFailures(share bool) (more float64, words string) {
	words = fmt.Sprintf("%s failed of %s, and in A %s of %s; which of them had not failed in A is not known without --records",
		units.Count(c.B.Failed), units.Count(c.B.Results), units.Count(c.A.Failed), units.Count(c.A.Results))
	if share {
		return float64(c.B.Failed)/float64(max(1, c.B.Results)) - float64(c.A.Failed)/float64(max(1, c.A.Results)), words
	}
	return float64(c.B.Failed - c.A.Failed), words
}
