package diff

import "slices"

// minPerURL is how many successes a URL needs on each side to be compared separately.
const minPerURL = 10

// samples has the latencies of two runs, and splits them into groups.
type samples struct {
	a, b     []entry
	partners []uint32 // as in found
	all      *values  // of load tests, which have no entries; nil: there are
}

// grouped is a group, and the numbers of its successes among the entries, or with all set of its failures, too.
type grouped struct {
	Group
	ofA, ofB []uint32
	all      bool
}

// values returns the latencies of a group: of the pairs, if at least half of each side's are in one, so that like
// is compared with like; otherwise of each side by itself.
type values struct {
	a, b  []float64    // in order
	pairs [2][]float64 // the same, of the same requests; nil if each side is taken by itself
	// at returns for load tests the values that represent all, for a percentile; nil: a and b do.
	at func(percent float64) (quantileOf, bool)
	of [2]int // with at: how many times a and b represent
}

// counts returns the number of latencies on each side.
func (v *values) counts() (a, b int) {
	if v.at != nil {
		return v.of[0], v.of[1]
	}
	return len(v.a), len(v.b)
}

// quantileOf is a percentile on both sides: values that carry as much information as all, and its position in
// milliseconds.
type quantileOf struct {
	logs   [2][]float64
	points [2]float64
}

// whole returns all successes in one group, or with failures everything that ended.
func (s *samples) whole(failures bool) *grouped {
	one := func(*entry) uint16 { return 0 }
	if !failures {
		return newGroup("", bucket(s.a, 0, one)[0], bucket(s.b, 0, one)[0])
	}
	g := newGroup("", numbers(s.a), numbers(s.b))
	g.all = true
	return g
}

func numbers(entries []entry) []uint32 {
	all := make([]uint32, len(entries))
	for i := range all {
		all[i] = uint32(i)
	}
	return all
}

func newGroup(name string, ofA, ofB []uint32) *grouped {
	return &grouped{Group: Group{Name: name, Quantiles: []Quantile{}}, ofA: ofA, ofB: ofB}
}

// split makes a group of each name with at least least successes on each side, in the order of names; key is the
// number of the name. A group that contains everything is left out, because it would repeat the total.
func (s *samples) split(least int, names []string, key func(*entry) uint16) []*grouped {
	ofA, ofB := bucket(s.a, len(names), key), bucket(s.b, len(names), key)
	if onlyOne(ofA) && onlyOne(ofB) {
		return nil
	}
	var groups []*grouped
	for i, name := range names {
		if len(ofA[i]) >= least && len(ofB[i]) >= least {
			groups = append(groups, newGroup(name, ofA[i], ofB[i]))
		}
	}
	return groups
}

// bucket sorts the successes by their keys; those with a key of n or more, which have no name, come last.
func bucket(entries []entry, n int, key func(*entry) uint16) [][]uint32 {
	buckets := make([][]uint32, n+1)
	for i := range entries {
		if entries[i].ok {
			k := min(int(key(&entries[i])), n)
			buckets[k] = append(buckets[k], uint32(i))
		}
	}
	return buckets
}

// onlyOne reports whether everything is in one bucket, or there is nothing.
func onlyOne(buckets [][]uint32) bool {
	filled := slices.DeleteFunc(slices.Clone(buckets), func(b []uint32) bool { return len(b) == 0 })
	return len(filled) <= 1
}

// values returns the latencies of a group: of the pairs, if at least half of each side's are in one, so that like is
// compared with like; else of each side by itself.
func (s *samples) values(g *grouped) *values {
	if s.all != nil {
		return s.all
	}
	v := &values{}
	a, b := make([]float64, 0, len(g.ofA)), make([]float64, 0, len(g.ofA))
	for _, i := range g.ofA {
		if j := s.partners[i]; j != none && (g.all || s.b[j].ok) {
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
func (v *values) ratio(percent float64, known knownRanks) *ratio {
	if v.at != nil {
		if q, ok := v.at(percent); ok {
			r := newRatio(q.logs[0], q.logs[1], percent, 0, known)
			r.points = q.points
			return r
		}
	}
	r := newRatio(v.a, v.b, percent, 0, known)
	if v.pairs[0] != nil {
		r.correlation = pairCorrelation(v.pairs[0], v.pairs[1], r)
	}
	return r
}
