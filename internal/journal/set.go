package journal

import "math/bits"

// Set is a set of places in the list (Record.Seq), of any value. The zero value is empty. It is for one
// goroutine at a time, even Has.
//
// It is a bitmap in pieces, so that the dense places of a list take about a bit each, and a corrupt journal
// cannot make it larger than some 600 bytes for each of its records.
type Set struct {
	pieces map[int64]*piece
	last   *piece // the piece used last, if any: neighbours come together
	at     int64  // its key in pieces
}

// A piece is 4,096 adjacent places, one bit each.
const (
	pieceBits = 12
	pieceSize = 1 << pieceBits
)

type piece [pieceSize / 64]uint64

// Add adds seq and reports whether it is new in the set.
func (s *Set) Add(seq int64) bool {
	p := s.find(seq >> pieceBits)
	if p == nil {
		if s.pieces == nil {
			s.pieces = map[int64]*piece{}
		}
		p, s.at = new(piece), seq>>pieceBits
		s.pieces[s.at], s.last = p, p
	}
	word, bit := &p[seq&(pieceSize-1)/64], uint64(1)<<(seq&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// Has reports whether seq is in the set.
func (s *Set) Has(seq int64) bool {
	p := s.find(seq >> pieceBits)
	return p != nil && p[seq&(pieceSize-1)/64]&(1<<(seq&63)) != 0
}

// Len returns the number of elements.
func (s *Set) Len() (n int64) {
	for _, p := range s.pieces {
		for _, word := range p {
			n += int64(bits.OnesCount64(word))
		}
	}
	return n
}

// find returns the piece with a key; nil if there is none.
func (s *Set) find(at int64) *piece {
	if s.last != nil && s.at == at {
		return s.last
	}
	p := s.pieces[at]
	if p != nil {
		s.last, s.at = p, at
	}
	return p
}

// addAll moves all elements of another set to s. The other must not be used afterwards.
func (s *Set) addAll(other *Set) {
	if s.pieces == nil {
		*s = *other
		return
	}
	for at, p := range other.pieces {
		mine := s.pieces[at]
		if mine == nil {
			s.pieces[at] = p
			continue
		}
		for i, word := range p {
			mine[i] |= word
		}
	}
}
