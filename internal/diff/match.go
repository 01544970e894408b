package diff

import (
	"bytes"
	"cmp"
	"slices"
)

// kinds are the kinds of changes.
const (
	kindNewFailure = iota
	kindFixed
	kindStatus
	kindValues
	kindBody
	kindETag
	kindOnlyA
	kindOnlyB
	kinds
)

// maxExamples is the number of examples of each kind.
const maxExamples = 20

// none is the place of a missing record.
const none = ^uint32(0)

// change is one change: the places of its records.
type change struct{ a, b uint32 }

// first returns the place of the change in the list, for the order of examples.
func (c change) first() uint32 {
	if c.b == none {
		return c.a
	}
	return c.b
}

// found are the results of matching two runs.
type found struct {
	paired      int64
	values      bool  // both runs have values, so that they can be compared
	failedOnlyB int64 // failures of requests that only B has
	counts      [kinds]int64
	examples    [kinds][]change // the first of each, by their places in B
	// partners holds for each entry of A the number of B's with the same id, if each run has it exactly once;
	// otherwise none.
	partners []uint32
}

func (f *found) add(kind int, a, b *entry) {
	f.counts[kind]++
	c := change{none, none}
	if a != nil {
		c.a = a.place
	}
	if b != nil {
		c.b = b.place
	}
	all := f.examples[kind]
	at, _ := slices.BinarySearchFunc(all, c, func(x, y change) int { return cmp.Compare(x.first(), y.first()) })
	if at < maxExamples {
		all = slices.Insert(all, at, c)
		f.examples[kind] = all[:min(len(all), maxExamples)]
	}
}

// match matches the results of two runs.
func match(a, b *loaded) *found {
	f := &found{partners: make([]uint32, len(a.entries)), values: a.hasValues && b.hasValues}
	for i := range f.partners {
		f.partners[i] = none
	}
	for i, j := 0, 0; i < len(a.entries) || j < len(b.entries); {
		var id [12]byte // the next
		if j == len(b.entries) || i < len(a.entries) && bytes.Compare(a.entries[i].id[:], b.entries[j].id[:]) < 0 {
			id = a.entries[i].id
		} else {
			id = b.entries[j].id
		}
		ofA, ofB := withID(a.entries[i:], id), withID(b.entries[j:], id)
		switch {
		case len(ofA) == 1 && len(ofB) == 1:
			f.pair(&ofA[0], &ofB[0])
			f.partners[i] = uint32(j)
		case len(ofA) > 0 && len(ofB) > 0:
			f.pairAlike(ofA, ofB)
		default:
			f.alone(pointers(ofA), pointers(ofB))
		}
		i, j = i+len(ofA), j+len(ofB)
	}
	return f
}

// withID returns the entries at the beginning that have an id.
func withID(entries []entry, id [12]byte) []entry {
	end := 0
	for end < len(entries) && entries[end].id == id {
		end++
	}
	return entries[:end]
}

// pair records the differences between two results of one request.
func (f *found) pair(a, b *entry) {
	f.paired++
	switch {
	case a.ok && !b.ok:
		f.add(kindNewFailure, a, b)
	case !a.ok && b.ok:
		f.add(kindFixed, a, b)
	case a.status != b.status || a.class != b.class:
		f.add(kindStatus, a, b)
	case !a.ok:
	case f.values && a.content.values != b.content.values:
		f.add(kindValues, a, b)
	case !a.content.sameBody(&b.content):
		f.add(kindBody, a, b)
	case a.content.etag != b.content.etag:
		f.add(kindETag, a, b)
	}
}

// pairAlike matches results of the same request, which are interchangeable, with as few differences as possible:
// first those that are equal in everything, then in less and less.
func (f *found) pairAlike(a, b []entry) {
	// Places decide last, so that in every round equal results are matched in order.
	order := map[bool]int{true: 0, false: 1}
	bySuccess := func(x, y *entry) int { return cmp.Compare(order[x.ok], order[y.ok]) }
	byOutcome := func(x, y *entry) int {
		return cmp.Or(bySuccess(x, y), cmp.Compare(x.status, y.status), cmp.Compare(x.class, y.class))
	}
	byAll := func(x, y *entry) int { return cmp.Or(byOutcome(x, y), x.content.compare(&y.content)) }
	byBody := func(x, y *entry) int { return cmp.Or(byOutcome(x, y), x.content.compareBody(&y.content)) }
	leftA, leftB := pointers(a), pointers(b)
	for _, compare := range []func(x, y *entry) int{byAll, byBody, byOutcome, bySuccess, func(_, _ *entry) int { return 0 }} {
		ordered := func(x, y *entry) int { return cmp.Or(compare(x, y), cmp.Compare(x.place, y.place)) }
		slices.SortFunc(leftA, ordered)
		slices.SortFunc(leftB, ordered)
		leftA, leftB = f.pairEqual(leftA, leftB, compare)
	}
	f.alone(leftA, leftB)
}

// alone records results without a counterpart.
func (f *found) alone(a, b []*entry) {
	for _, e := range a {
		f.add(kindOnlyA, e, nil)
	}
	for _, e := range b {
		f.add(kindOnlyB, nil, e)
		if !e.ok {
			f.failedOnlyB++
		}
	}
}

// pairEqual matches equal results, and returns the rest.
func (f *found) pairEqual(a, b []*entry, compare func(x, y *entry) int) (leftA, leftB []*entry) {
	for len(a) > 0 && len(b) > 0 {
		switch order := compare(a[0], b[0]); {
		case order < 0:
			leftA, a = append(leftA, a[0]), a[1:]
		case order > 0:
			leftB, b = append(leftB, b[0]), b[1:]
		default:
			f.pair(a[0], b[0])
			a, b = a[1:], b[1:]
		}
	}
	return append(leftA, a...), append(leftB, b...)
}

func pointers(entries []entry) []*entry {
	all := make([]*entry, len(entries))
	for i := range entries {
		all[i] = &entries[i]
	}
	return all
}
