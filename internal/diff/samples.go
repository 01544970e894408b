package diff

import (
	"slices"
)

// minPerURL is how many successes a URL needs on each side to be looked at by itself.
const minPerURL = 10

// samples has the latencies of two runs, and gives them group by group.
type samples struct {
	a, b     []entry
	partners []uint32 // as in found
}

// grouped is a group, and the numbers of its successes among the entries.
type grouped struct {
	Group
	ofA, ofB []uint32
}

// values are the latencies of a group: logarithms of milliseconds.
type values struct {
	a, b  []float64    // in order
	pairs [2][]float64 // the same, of the same requests; nil if each side is taken by itself
}

// whole is all in one group.
func (s *samples) whole() []*grouped {
	return []*grouped{{ofA: successes(s.a), ofB: successes(s.b), Group: newGroup("")}}
}

func newGroup(name string) Group { return Group{Name: name, Quantiles: []Quantile{}} }

func successes(entries []entry) []uint32 {
	n := 0
	for i := range entries {
		if entries[i].ok {
			n++
		}
	}
	all := make([]uint32, 0, n)
	for i := range entries {
		if entries[i].ok {
			all = append(all, uint32(i))
		}
	}
	return all
}

// split makes a group of each name with at least least successes on each side, in the order of names; key is the number
// of the name. A group that is all there is would be the same once more, and is left out.
func (s *samples) split(least int, names []string, key func(*entry) uint16) []*grouped {
	ofA, ofB := bucket(s.a, len(names), key), bucket(s.b, len(names), key)
	var groups []*grouped
	for i, name := range names {
		a, b := ofA[i], ofB[i]
		if len(a) >= least && len(b) >= least && !(onlyOne(ofA) && onlyOne(ofB)) {
			groups = append(groups, &grouped{ofA: a, ofB: b, Group: newGroup(name)})
		}
	}
	return groups
}

// bucket sorts the successes by their keys; those with a key of n or more, which have no name, come last.
func bucket(entries []entry, n int, key func(*entry) uint16) [][]uint32 {
	all := successes(entries)
	counts := make([]int, n+1)
	for _, i := range all {
		counts[min(int(key(&entries[i])), n)]++
	}
	space := make([]uint32, len(all))
	buckets := make([][]uint32, n+1)
	start := 0
	for k, count := range counts {
		buckets[k] = space[start : start : start+count]
		start += count
	}
	for _, i := range all {
		k := min(int(key(&entries[i])), n)
		buckets[k] = append(buckets[k], i)
	}
	return buckets
}

// onlyOne reports whether all is in one bucket, or there is nothing.
func onlyOne(buckets [][]uint32) bool {
	filled := 0
	for _, b := range buckets {
		if len(b) > 0 {
			filled++
		}
	}
	return filled <= 1
}

// values gives the latencies of a group: of the pairs, if at least half of each side's are in one, so that like is compared
// with like; else of each side by itself.
func (s *samples) values(g *grouped) *values {
	v := &values{}
	n := 0
	for _, i := range g.ofA {
		if s.partners[i] != none {
			n++
		}
	}
	a, b := make([]float64, 0, n), make([]float64, 0, n)
	for _, i := range g.ofA {
		if j := s.partners[i]; j != none {
			a = append(a, s.a[i].logarithm())
			b = append(b, s.b[j].logarithm())
		}
	}
	if len(a) > 0 && 2*len(a) >= max(len(g.ofA), len(g.ofB)) {
		v.pairs = [2][]float64{a, b}
		v.a, v.b = slices.Clone(a), slices.Clone(b)
	} else {
		v.a, v.b = logarithms(s.a, g.ofA), logarithms(s.b, g.ofB)
	}
	slices.Sort(v.a)
	slices.Sort(v.b)
	return v
}

func logarithms(entries []entry, which []uint32) []float64 {
	all := make([]float64, len(which))
	for n, i := range which {
		all[n] = entries[i].logarithm()
	}
	return all
}

// ratio compares a percentile.
func (v *values) ratio(percent int, known knownRanks) *ratio {
	r := newRatio(v.a, v.b, percent, 0, known)
	if v.pairs[0] != nil {
		r.correlation = pairCorrelation(v.pairs[0], v.pairs[1], r)
	}
	return r
}
