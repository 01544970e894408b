package diff

import (
	"fmt"
	"math"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/threshold"
	"example.com/fetch/internal/units"
)

// Load is one of two load tests, of which the figures of each second are known, and of no request.
type Load struct {
	Name    string // of its journal
	Summary *measure.LoadSummary
	Seconds []measure.Distribution // the response times of successes
}

// CompareLoads compares the load test b with the load test a, which came before it, by the response times of successes as a
// whole. Nothing is paired, and there is nothing by host or URL.
func CompareLoads(a, b Load) *Comparison {
	c := &Comparison{V: Version, A: aboutLoad(&a), B: aboutLoad(&b), Histograms: true, Thresholds: []Threshold{}}
	ofA, ofB := whole(a.Seconds), whole(b.Seconds)
	c.overall = &values{a: thinned(&ofA, 1), b: thinned(&ofB, 1), at: map[int]quantileOf{}}
	for _, percent := range percents() {
		atA, known := ofA.Percentile(float64(percent))
		atB, too := ofB.Percentile(float64(percent))
		if known && too {
			c.overall.at[percent] = quantileOf{
				[2][]float64{thinned(&ofA, inflation(a.Seconds, atA)), thinned(&ofB, inflation(b.Seconds, atB))},
				[2]float64{float64(atA) / 1000, float64(atB) / 1000},
			}
		}
	}
	compare := &comparer{samples: &samples{all: c.overall}, ranks: knownRanks{}}
	g := newGroup("", nil, nil)
	compare.ask(g)
	share(compare.questions, 1)
	compare.answer()
	g.A, g.B = int(ofA.N()), int(ofB.N())
	c.Latency = Latency{Of: ofResponse, Overall: g.Group, PerHost: []Group{}, PerURL: []Group{}}
	c.Latency.judge()
	return c
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
	// mostValues bounds what is compared.
	mostValues = 200_000
	// leastSeconds are enough to see how much seconds differ.
	leastSeconds = 10
)

// thinned are logarithms of milliseconds, in order, each of which stands for so many times, or for more where there would be
// more than mostValues.
func thinned(all *measure.Distribution, each float64) []float64 {
	each = max(each, float64(all.N())/mostValues)
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

// inflation is by how much the number of times up to a quantile varies more from second to second than if all were independent,
// as answers of one second are slow together: so many of them tell as much as one that is. It is at least 1, and 1 where the
// seconds are too few to tell.
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

// checkMoreFailures holds a limit on new failures against how many there are in each test: which they were is not known.
func (c *Comparison) checkMoreFailures(l threshold.Rise) Threshold {
	words := fmt.Sprintf("%s failed of %s, and in A %s of %s; which of them had not failed in A is not known without --records",
		units.Count(c.B.Failed), units.Count(c.B.Results), units.Count(c.A.Failed), units.Count(c.A.Results))
	more := float64(c.B.Failed - c.A.Failed)
	if l.Unit == "%" {
		more = float64(c.B.Failed)/float64(max(1, c.B.Results)) - float64(c.A.Failed)/float64(max(1, c.A.Results))
	}
	return Threshold{Crossed: more > l.Bound, Words: words}
}
