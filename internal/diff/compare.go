// Package diff says what is different between two runs: what failed and what was put right, answers that are not what
// they were, and latencies, with a verdict that takes into account how much latencies vary by themselves.
//
// Nothing in it is drawn at random: the same records give the same comparison.
package diff

import (
	"iter"

	"example.com/fetch/internal/record"
)

// Run is one of the two runs.
type Run struct {
	Name string // of its journal
	// Records are its records, a last one for each result. They are gone through twice, and not kept.
	Records iter.Seq2[*record.Record, error]
	Wall    record.Micros // how long it took; 0: not known
	Count   int64         // about how many records there are, so that memory is not asked for in bits; 0: not known
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
	names := newNames()
	loadedA, err := load(a, names, h)
	if err != nil {
		return nil, err
	}
	loadedB, err := load(b, names, h)
	if err != nil {
		return nil, err
	}
	c := &Comparison{V: Version, A: loadedA.about, B: loadedB.about, IgnoreHost: o.IgnoreHost, Thresholds: []Threshold{}}
	found := match(loadedA, loadedB)
	if err := c.Changes.tell(found, a, b); err != nil {
		return nil, err
	}
	samples := &samples{a: loadedA.entries, b: loadedB.entries, partners: found.partners}
	c.Latency = latencies(samples, names)
	c.overall = samples.values(samples.whole()[0])
	c.newFailures = c.Changes.NewFailures.N + found.failedOnlyB
	return c, nil
}
