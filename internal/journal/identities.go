package journal

import (
	"cmp"
	"encoding/binary"
	"slices"

	"example.com/fetch/internal/record"
)

// Identities is a multiset of request ids (record.ID): what has been done, for a list that has changed since.
// The zero value is empty. It is filled with add and then emptied with take, by one goroutine at a time.
//
// An id takes 16 bytes without pointers, and after sorting equal ids take no more than one, so ten million take
// 160 MB that the garbage collector need not scan.
//
// Measured on one core (BenchmarkIdentities): a million are added and sorted in 0.15 s and 16.8 MB, and taking
// one needs 0.4 µs; ten million take 1.8 s and 161 MB, and 0.8 µs. While they are added, there is a quarter of
// spare room for growing.
type Identities struct {
	// groups holds the ids by their first byte, which is evenly distributed. Each group grows and is sorted by
	// itself, so that there is never room for all of them twice.
	groups [256][]identity
	sorted bool
}

// identity is an id with a count.
type identity struct {
	high       uint64
	low, count uint32
}

// parseIdentity returns the identity of an id with a count of one; of an invalid id, one with a count of zero.
func parseIdentity(id string) (one identity) {
	if plain, ok := record.ParseID(id); ok {
		one = identity{binary.BigEndian.Uint64(plain[:]), binary.BigEndian.Uint32(plain[8:]), 1}
	}
	return one
}

func (a identity) compare(b identity) int {
	if c := cmp.Compare(a.high, b.high); c != 0 {
		return c
	}
	return cmp.Compare(a.low, b.low)
}

// add adds one id.
func (s *Identities) add(one identity) {
	if one.count > 0 {
		group := &s.groups[one.high>>56]
		*group = append(*group, one)
		s.sorted = false
	}
}

// take removes one id, and reports whether it was there.
func (s *Identities) take(one identity) bool {
	if !s.sorted {
		s.sort()
	}
	group := s.groups[one.high>>56]
	i, found := slices.BinarySearchFunc(group, one, identity.compare)
	if !found || one.count == 0 || group[i].count == 0 {
		return false
	}
	group[i].count--
	return true
}

// sort sorts each group, and merges equal ids.
func (s *Identities) sort() {
	for i, group := range s.groups {
		slices.SortFunc(group, identity.compare)
		kept := group[:0]
		for _, one := range group {
			if last := len(kept) - 1; last >= 0 && kept[last].compare(one) == 0 {
				kept[last].count += one.count
			} else {
				kept = append(kept, one)
			}
		}
		s.groups[i] = append(make([]identity, 0, len(kept)), kept...) // without spare capacity
	}
	s.sorted = true
}
