package measure

import (
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"example.com/fetch/internal/record"
)

// Distribution gathers times in bounded memory: the values themselves as long as they are few, then a histogram of 3
// significant digits (HdrHistogram, 200 KB). N, minimum, mean and maximum are always exact. The zero value is empty and
// ready for use. It is not safe for concurrent use.
type Distribution struct {
	exact  int // how many values are kept as they are; 0 means defaultExact
	digits int // of the histogram; 0 means defaultDigits

	n, sum   int64 // sum in microseconds
	min, max record.Micros
	values   []record.Micros // all of them; nil once there is a histogram
	hist     *hdrhistogram.Histogram
}

const (
	defaultExact  = 1000
	defaultDigits = 3

	// highest is the longest time that histograms tell apart, 2.4 hours in microseconds; longer ones are as long as the
	// maximum, or this.
	highest = 1<<33 - 1
)

// Add takes one time. A negative one, which only a broken record can hold, counts as 0.
func (d *Distribution) Add(t record.Micros) {
	t = max(t, 0)
	if d.n == 0 || t < d.min {
		d.min = t
	}
	d.max = max(d.max, t)
	d.n++
	d.sum += int64(t)
	if d.hist == nil && len(d.values) < d.room() {
		d.values = append(d.values, t)
		return
	}
	d.condense()
	d.put(t)
}

// Merge adds all that other holds, as if it had been added here. Other is not changed.
func (d *Distribution) Merge(other *Distribution) {
	if other.n == 0 {
		return
	}
	if d.n == 0 || other.min < d.min {
		d.min = other.min
	}
	d.max = max(d.max, other.max)
	d.n += other.n
	d.sum += other.sum
	if d.hist == nil && other.hist == nil && len(d.values)+len(other.values) <= d.room() {
		d.values = append(d.values, other.values...)
		return
	}
	d.condense()
	for _, t := range other.values {
		d.put(t)
	}
	if other.hist != nil {
		d.hist.Merge(other.hist)
	}
}

// Percentile is the least value that p percent of the values do not exceed (the nearest rank), and whether there are
// enough values to tell: 100/(100-p) at the least. P is from 1 to 99.
func (d *Distribution) Percentile(p int64) (record.Micros, bool) {
	if d.hist != nil {
		return d.rank(nil, p)
	}
	return d.rank(slices.Sorted(slices.Values(d.values)), p)
}

// Latency is what summaries tell of the distribution.
func (d *Distribution) Latency() Brief {
	l := Brief{N: d.n}
	if d.n == 0 {
		return l
	}
	l.Min, l.Max, l.Mean = new(d.min), new(d.max), new(record.Micros(d.sum/d.n))
	sorted := slices.Sorted(slices.Values(d.values))
	for _, p := range []struct {
		percent int64
		to      **record.Micros
	}{{50, &l.P50}, {90, &l.P90}, {95, &l.P95}, {99, &l.P99}} {
		if t, ok := d.rank(sorted, p.percent); ok {
			*p.to = new(t)
		}
	}
	return l
}

// rank is Percentile, with the values in order if they are all there.
func (d *Distribution) rank(sorted []record.Micros, p int64) (record.Micros, bool) {
	if d.n == 0 || d.n*(100-p) < 100 {
		return 0, false
	}
	rank := (d.n*p + 99) / 100
	if d.hist == nil {
		return sorted[rank-1], true
	}
	// The histogram rounds percent·n to the nearest rank of its own kind, which finds this one exactly.
	t := d.hist.ValueAtPercentile(100 * float64(rank) / float64(d.n))
	return min(max(record.Micros(t), d.min), d.max), true
}

func (d *Distribution) room() int {
	if d.exact == 0 {
		return defaultExact
	}
	return d.exact
}

// condense goes over from values to a histogram.
func (d *Distribution) condense() {
	if d.hist != nil {
		return
	}
	digits := d.digits
	if digits == 0 {
		digits = defaultDigits
	}
	d.hist = hdrhistogram.New(1, highest, digits)
	for _, t := range d.values {
		d.put(t)
	}
	d.values = nil
}

func (d *Distribution) put(t record.Micros) {
	_ = d.hist.RecordValue(min(int64(t), highest)) // fails only outside 0 to highest
}
