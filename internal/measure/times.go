package measure

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"

	"example.com/fetch/internal/record"
)

// Times is a distribution of times in bounded memory: N, Sum, Min and Max are exact, percentiles have 3 significant
// digits (HdrHistogram, in microseconds; times above 2.4 hours are as long as that, or as Max). The zero value is empty
// and ready for use. It is not safe for concurrent use. A copy shares its counts with the original: see Clone.
type Times struct {
	n, sum   int64 // sum in microseconds
	min, max record.Micros

	// The counts are in one of the two; in neither: there are none. A packed histogram has a few KB, a dense one 200 KB,
	// but adding to it takes a tenth of the time.
	packed *hdrhistogram.PackedHistogram
	dense  *hdrhistogram.Histogram
	coarse bool // 2 significant digits, which take a fifth of the memory
	sparse bool // never dense
}

const (
	lowest = 1

	digits       = 3
	coarseDigits = 2

	// denseFrom is how many times have been added to a packed histogram when it is made dense.
	denseFrom = 1000
)

// Add takes one time. A negative one counts as 0.
func (t *Times) Add(m record.Micros) {
	m = max(m, 0)
	if t.n == 0 || m < t.min {
		t.min = m
	}
	t.max = max(t.max, m)
	t.n++
	t.sum += int64(m)
	if t.dense == nil && t.n > denseFrom && !t.sparse {
		t.makeDense()
	}
	at := min(int64(m), highest) // recording fails only outside 0 to highest
	if t.dense != nil {
		_ = t.dense.RecordValue(at)
		return
	}
	_ = t.room().RecordValue(at)
}

// room is the packed histogram, made at the first use.
func (t *Times) room() *hdrhistogram.PackedHistogram {
	if t.packed == nil {
		t.packed = newPacked(t.coarse)
	}
	return t.packed
}

func newPacked(coarse bool) *hdrhistogram.PackedHistogram {
	return hdrhistogram.NewPacked(lowest, highest, digitsOf(coarse))
}

func digitsOf(coarse bool) int {
	if coarse {
		return coarseDigits
	}
	return digits
}

func (t *Times) makeDense() {
	t.dense = hdrhistogram.New(lowest, highest, digitsOf(t.coarse))
	if t.packed != nil {
		t.packed.MergeInto(t.dense)
		t.packed = nil
	}
}

// pack gives back the memory of a dense histogram.
func (t *Times) pack() {
	if t.dense != nil {
		t.packed, t.dense = t.counts(), nil
	}
}

// shrink gives back what memory t has in store for more.
func (t *Times) shrink() {
	t.pack()
	if t.packed != nil {
		t.packed.Compact()
	}
}

// counts are the counts, packed; nil if there are none. They are t's own where these are packed.
func (t *Times) counts() *hdrhistogram.PackedHistogram {
	if t.dense == nil {
		return t.packed
	}
	packed := newPacked(t.coarse)
	packed.MergeFrom(t.dense)
	return packed
}

// Merge adds all that other holds. Other is not changed, and must not be t. What is empty becomes as coarse as other.
func (t *Times) Merge(other *Times) {
	if other.n == 0 {
		return
	}
	if t.n == 0 {
		t.coarse = t.coarse || other.coarse
	}
	if t.n == 0 || other.min < t.min {
		t.min = other.min
	}
	t.max = max(t.max, other.max)
	t.n += other.n
	t.sum += other.sum
	t.pack()
	t.room().Merge(other.counts())
}

// Clone is a copy that shares nothing with t.
func (t *Times) Clone() Times {
	c := *t
	c.packed, c.dense = t.counts(), nil
	if c.packed != nil && c.packed == t.packed {
		c.packed = c.packed.Clone()
	}
	return c
}

// N is how many times were added.
func (t *Times) N() int64 { return t.n }

// Sum is the sum of all times.
func (t *Times) Sum() record.Micros { return record.Micros(t.sum) }

// Min is the shortest time; 0 if there is none.
func (t *Times) Min() record.Micros { return t.min }

// Max is the longest time; 0 if there is none.
func (t *Times) Max() record.Micros { return t.max }

// Percentile is the least time that p percent of the times do not exceed (the nearest rank), and whether there are
// enough times to tell: 100/(100-p) at the least. P is above 0 and below 100, with at most 4 decimals.
func (t *Times) Percentile(p float64) (record.Micros, bool) {
	if t.n == 0 || t.n*(whole-parts(p)) < whole {
		return 0, false
	}
	return t.rank(p), true
}

// whole is 100 percent, in parts that are whole numbers for percentiles of 4 decimals.
const whole = 1_000_000

func parts(percent float64) int64 { return int64(math.Round(percent * (whole / 100))) }

// rank is Percentile however few the times are; there must be one.
func (t *Times) rank(p float64) record.Micros {
	rank := (t.n*parts(p) + whole - 1) / whole
	// The histogram rounds percent·n to the nearest rank of its own kind, which finds this one exactly.
	percent := 100 * float64(rank) / float64(t.n)
	var at int64
	if t.dense != nil {
		at = t.dense.ValueAtPercentile(percent)
	} else {
		at = t.packed.ValueAtPercentile(percent)
	}
	if at >= highest && t.max > highest {
		return t.max // all that is known of it
	}
	return min(max(record.Micros(at), t.min), t.max)
}

// Latency is what summaries tell of the distribution.
func (t *Times) Latency() Latency {
	l := Latency{N: t.n}
	if t.n == 0 {
		return l
	}
	l.Min, l.Max, l.Mean = new(t.min), new(t.max), new(record.Micros(t.sum/t.n))
	for _, p := range []struct {
		percent float64
		to      **record.Micros
	}{
		{50, &l.P50}, {75, &l.P75}, {90, &l.P90}, {95, &l.P95}, {99, &l.P99}, {99.9, &l.P999}, {99.99, &l.P9999},
	} {
		if at, ok := t.Percentile(p.percent); ok {
			*p.to = new(at)
		}
	}
	return l
}

// Histogram is the distribution as a histogram of its own, in microseconds. It is never nil.
func (t *Times) Histogram() *hdrhistogram.Histogram {
	h := hdrhistogram.New(lowest, highest, digitsOf(t.coarse))
	if counts := t.counts(); counts != nil {
		counts.MergeInto(h)
	}
	return h
}

// All gives the times in ascending order, as they are known, each with how many there are: a sequence for range.
func (t *Times) All(yield func(at record.Micros, count int64) bool) {
	if t.n == 0 {
		return
	}
	t.counts().ForEachBucket(func(at, count int64) bool {
		return yield(min(max(record.Micros(at), t.min), t.max), count)
	})
}
