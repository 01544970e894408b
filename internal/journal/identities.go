package journal

import (
	"cmp"
	"encoding/binary"
	"slices"

	"example.com/fetch/internal/record"
)

// Identities is a bag of the ids of requests (record.ID): what has been done, when the list has changed since. The zero
// value is empty. Fill it with add, then empty it with take; it is for one goroutine at a time.
//
// An id takes 16 bytes and no pointer, however many of them are the same once it is sorted, so that ten million of them
// are 160 MB that the garbage collector does not look into.
//
// Measured on one core (BenchmarkIdentities): a million are added and sorted in 0.15 s and 16.8 MB, and one is taken in
// 0.4 µs; ten million in 1.8 s and 161 MB, and 0.8 µs. While they are added they have a quarter more room, to grow.
type Identities struct {
	// groups are the ids by their first byte, which is as good as random. Each grows and is sorted for itself: no
	// moment needs the room for all of them twice.
	groups [256][]identity
	sorted bool
}

// identity is an id, and how many there are of it.
type identity struct {
	high       uint64
	low, count uint32
}

// parseIdentity gives the identity that counts one of an id; of what is none, that of none.
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

// add puts in one of an id.
func (s *Identities) add(one identity) {
	if one.count > 0 {
		group := &s.groups[one.high>>56]
		*group = append(*group, one)
		s.sorted = false
	}
}

// take takes out one of an id, and reports whether there was one.
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

// sort sorts each group, and makes one of those that are the same.
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
		s.groups[i] = append(make([]identity, 0, len(kept)), kept...) // without the room to grow
	}
	s.sorted = true
}
