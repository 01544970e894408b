package measure

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"example.com/fetch/internal/record"
)

// Distribution is a distribution of times in bounded memory: N, Sum, Min and Max are exact; percentiles have 3
// significant digits (HdrHistogram, in microseconds; times above 2.4 hours count as that, or as Max), or are exact
// while there are few times and none was merged. The zero value is empty and ready to use. It is not safe for
// concurrent use. A copy shares its counts with the original: see Clone.
type Distribution struct {
	n, sum   int64 // sum in microseconds
	min, max record.Micros

	values []record.Micros // all times, while there are at most exact of them; nil afterwards
	exact  int64

	// Beyond exact times there are counts in one of the two; in neither if there are no times. A packed histogram has a
	// few KB, a dense one 200 KB, but adding to it takes a tenth of the time.
	packed *hdrhistogram.PackedHistogram
	dense  *hdrhistogram.Histogram
	coarse bool // 2 significant digits, which take a fifth of the memory
	sparse bool // never becomes dense
}

const (
	lowest  = 1
	highest = 1<<33 - 1 // microseconds, 2.4 hours

	digits       = 3
	coarseDigits = 2

	// denseFrom is the number of times after which a packed histogram becomes dense.
	denseFrom = 1000
)

// Add adds one time. A negative one, which only a broken record can contain, counts as 0.
func (d *Distribution) Add(m record.Micros) {
	m = max(m, 0)
	if d.n == 0 || m < d.min {
		d.min = m
	}
	d.max = max(d.max, m)
	d.n++
	d.sum += int64(m)
	if d.n <= d.exact {
		d.values = append(d.values, m)
		return
	}
	if d.dense == nil && (d.n > denseFrom || d.values != nil) && !d.sparse {
		d.dense, d.packed, d.values = d.Histogram(), nil, nil
	}
	at := countedAt(m)
	if d.dense != nil {
		_ = d.dense.RecordValue(at)
		return
	}
	_ = d.room().RecordValue(at)
}

// countedAt returns the value that a histogram counts a time as: recording fails only outside 0 to highest.
func countedAt(m record.Micros) int64 { return min(int64(m), highest) }

// room returns the packed histogram, which is created when first used.
func (d *Distribution) room() *hdrhistogram.PackedHistogram {
	if d.packed == nil {
		d.packed = hdrhistogram.NewPacked(lowest, highest, d.digits())
	}
	return d.packed
}

func (d *Distribution) digits() int {
	if d.coarse {
		return coarseDigits
	}
	return digits
}

// pack frees the memory of a dense histogram. From here on all times are counted.
func (d *Distribution) pack() { d.packed, d.dense, d.values, d.exact = d.counts(), nil, nil, 0 }

// shrink frees spare capacity.
func (d *Distribution) shrink() {
	d.pack()
	if d.packed != nil {
		d.packed.Compact()
	}
}

// counts returns the counts, packed; nil if there are none. They are d's own if these are packed.
func (d *Distribution) counts() *hdrhistogram.PackedHistogram {
	if d.dense == nil && d.values == nil {
		return d.packed
	}
	packed := (&Distribution{coarse: d.coarse}).room()
	if d.dense != nil {
		packed.MergeFrom(d.dense)
	}
	for _, m := range d.values {
		_ = packed.RecordValue(countedAt(m))
	}
	return packed
}

// Merge adds all times of other, which is not changed and must not be d. An empty distribution becomes as coarse as
// other.
func (d *Distribution) Merge(other *Distribution) {
	if other.n == 0 {
		return
	}
	if d.n == 0 {
		d.coarse = d.coarse || other.coarse
	}
	if d.n == 0 || other.min < d.min {
		d.min = other.min
	}
	d.max = max(d.max, other.max)
	d.n += other.n
	d.sum += other.sum
	d.pack()
	d.room().Merge(other.counts())
}

// Clone returns a copy that shares nothing with d.
func (d *Distribution) Clone() Distribution {
	c := *d
	c.pack()
	if c.packed != nil && c.packed == d.packed {
		c.packed = c.packed.Clone()
	}
	return c
}

// Equal reports whether two distributions have equal counts, sums and bounds. Nil equals nil.
func (d *Distribution) Equal(other *Distribution) bool {
	if d == nil || other == nil {
		return d == other
	}
	return d.n == other.n && d.sum == other.sum && d.min == other.min && d.max == other.max
}

// N returns the number of times.
func (d *Distribution) N() int64 { return d.n }

// Sum returns the sum of all times.
func (d *Distribution) Sum() record.Micros { return record.Micros(d.sum) }

// Min returns the shortest time; 0 if there is none.
func (d *Distribution) Min() record.Micros { return d.min }

// Max returns the longest time; 0 if there is none.
func (d *Distribution) Max() record.Micros { return d.max }

// Percentile returns the smallest time that p percent of the times do not exceed (nearest rank), and whether there are
// enough times for it: at least 100/(100-p). P is between 0 and 100, exclusive, with at most 4 decimals.
func (d *Distribution) Percentile(p float64) (record.Micros, bool) {
	if d.n == 0 || d.n*(whole-parts(p)) < whole {
		return 0, false
	}
	return d.rank(p), true
}

// whole is 100 percent in units that make percentiles of 4 decimals whole numbers.
const whole = 1_000_000

func parts(percent float64) int64 { return int64(math.Round(percent * (whole / 100))) }

// rank is Percentile for any number of times; there must be one.
func (d *Distribution) rank(p float64) record.Micros {
	rank := (d.n*parts(p) + whole - 1) / whole
	if d.values != nil {
		slices.Sort(d.values)
		return d.values[rank-1]
	}
	// The histogram rounds percent·n to the nearest rank, which finds this one exactly.
	percent := 100 * float64(rank) / float64(d.n)
	var at int64
	if d.dense != nil {
		at = d.dense.ValueAtPercentile(percent)
	} else {
		at = d.packed.ValueAtPercentile(percent)
	}
	if at >= highest && d.max > highest {
		return d.max // nothing more is known above highest
	}
	return min(max(record.Micros(at), d.min), d.max)
}

// Latency returns the summary of the distribution.
func (d *Distribution) Latency() Latency {
	l := Latency{N: d.n}
	if d.n == 0 {
		return l
	}
	l.Min, l.Max, l.Mean = new(d.min), new(d.max), new(record.Micros(d.sum/d.n))
	for _, f := range Figures {
		if f.Percent == 0 {
			continue
		}
		if at, ok := d.Percentile(f.Percent); ok {
			*f.in(&l) = new(at)
		}
	}
	return l
}

// Histogram returns a copy of the distribution as a histogram, in microseconds. It is never nil.
func (d *Distribution) Histogram() *hdrhistogram.Histogram {
	h := hdrhistogram.New(lowest, highest, d.digits())
	if counts := d.counts(); counts != nil {
		counts.MergeInto(h)
	}
	return h
}

// All yields the recorded times in ascending order, each with its count.
func (d *Distribution) All(yield func(at record.Micros, count int64) bool) {
	if d.n == 0 {
		return
	}
	d.counts().ForEachBucket(func(at, count int64) bool {
		return yield(min(max(record.Micros(at), d.min), d.max), count)
	})
}

// distributionJSON is the JSON form of Distribution. The sum is in whole microseconds, because milliseconds with
// decimals would not be exact for so large a number.
type distributionJSON struct {
	N   int64         `json:"n"`
	Sum int64         `json:"sum_us"`
	Min record.Micros `json:"min_ms"`
	Max record.Micros `json:"max_ms"`
	HDR string        `json:"hdr"` // HdrHistogram, V2, compressed, in base64; in microseconds
}

// MarshalJSON returns {"n":0} if there are no times.
func (d Distribution) MarshalJSON() ([]byte, error) {
	if d.n == 0 {
		return []byte(`{"n":0}`), nil
	}
	hdr, err := d.counts().Encode()
	if err != nil {
		return nil, err
	}
	return json.Marshal(distributionJSON{N: d.n, Sum: d.sum, Min: d.min, Max: d.max, HDR: string(hdr)})
}

// maxTimes is the largest plausible number of times.
const maxTimes = 1 << 40

// UnmarshalJSON reads the output of MarshalJSON, and rejects inconsistent values.
func (d *Distribution) UnmarshalJSON(data []byte) error {
	var j distributionJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*d = Distribution{}
	if j.N == 0 {
		return nil
	}
	packed, err := hdrhistogram.DecodePacked([]byte(j.HDR))
	if err != nil {
		return fmt.Errorf("the histogram cannot be decoded: %w", err)
	}
	significant := packed.SignificantFigures()
	switch {
	case packed.LowestTrackableValue() != lowest || packed.HighestTrackableValue() != highest ||
		significant != digits && significant != coarseDigits:
		return errors.New("the histogram does not hold times in microseconds with 2 or 3 digits, up to 2.4 hours")
	case j.N < 0 || j.N > maxTimes || j.N != packed.TotalCount():
		return errors.New("the histogram does not hold n times")
	case j.Min < 0 || j.Min > j.Max || !holds(packed, j.Min) || !holds(packed, j.Max):
		return errors.New("min_ms or max_ms is not in the histogram")
	case j.Sum < 0 || j.Sum/j.N < int64(j.Min) || j.Sum/j.N > int64(j.Max):
		return errors.New("sum_us is not the sum of times from min_ms to max_ms")
	}
	*d = Distribution{n: j.N, sum: j.Sum, min: j.Min, max: j.Max, packed: packed, coarse: significant == coarseDigits}
	return nil
}

func holds(h *hdrhistogram.PackedHistogram, m record.Micros) bool {
	return h.CountAtValue(min(int64(m), highest)) > 0
}
