package plan

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"
)

// repeats finds repeated things by their hash. With ten million things the chance of a false match is 1 in
// 300,000.
type repeats struct {
	Repeated
	// slots and seqs are an open-addressing table: the hash, and its first place, with the highest bit set if it
	// has come again.
	slots []uint64
	seqs  []uint32
	used  int
	shown map[uint64]int // index of the example, by hash
}

const (
	again     = 1 << 31
	firstSize = 1 << 10
)

// add counts a thing. The example is requested when one is kept.
func (r *repeats) add(hash uint64, seq int64, example func() Example) {
	hash = max(hash, 1) // 0 is an empty slot
	if r.used*8 >= len(r.slots)*7 {
		r.grow()
	}
	i := r.find(hash)
	if r.slots[i] == 0 {
		r.slots[i], r.seqs[i] = hash, uint32(min(seq, math.MaxInt32))
		r.used++
		return
	}
	r.N++
	if r.seqs[i]&again == 0 {
		r.Groups++
		if len(r.Examples) < maxExamples {
			e := example()
			e.N, e.Seqs = 1, []int64{int64(r.seqs[i])}
			r.shown[hash] = len(r.Examples)
			r.Examples = append(r.Examples, e)
		}
		r.seqs[i] |= again
	}
	if at, ok := r.shown[hash]; ok {
		e := &r.Examples[at]
		e.N++
		if len(e.Seqs) < maxSeqs {
			e.Seqs = append(e.Seqs, seq)
		}
	}
}

// find returns the slot of a hash, or the empty one where it belongs.
func (r *repeats) find(hash uint64) int {
	high, _ := bits.Mul64(hash, uint64(len(r.slots)))
	i := int(high)
	for r.slots[i] != 0 && r.slots[i] != hash {
		i = (i + 1) % len(r.slots)
	}
	return i
}

// grow makes the table half as large again, so that its load factor is never below 0.6 for long.
func (r *repeats) grow() {
	slots, seqs := r.slots, r.seqs
	size := max(firstSize, len(slots)+len(slots)/2)
	r.slots, r.seqs = make([]uint64, size), make([]uint32, size)
	for i, hash := range slots {
		if hash != 0 {
			at := r.find(hash)
			r.slots[at], r.seqs[at] = hash, seqs[i]
		}
	}
}

// hashOf returns a hash of some texts, the same in every process, whose high bits are well distributed.
func hashOf(texts ...string) uint64 {
	h := xxhash.New()
	for _, s := range texts {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.WriteString(s)
	}
	return h.Sum64()
}
