package measure

import "hash/fnv"

// distinct counts different strings in bounded memory: exactly up to 65,536 of them, then to about 1 %. It keeps the
// hashes that end in a number of zero bits which grows, so each that is kept stands for 2^bits (M. Wegman's adaptive
// sampling). The same strings give the same count in any order. The zero value counts none.
type distinct struct {
	kept map[uint64]struct{}
	bits uint
}

const maxKept = 1 << 16

func (d *distinct) add(s string) {
	hash := hashOf(s)
	if hash&(1<<d.bits-1) != 0 {
		return
	}
	if d.kept == nil {
		d.kept = make(map[uint64]struct{})
	}
	d.kept[hash] = struct{}{}
	for len(d.kept) > maxKept {
		d.bits++
		for h := range d.kept {
			if h&(1<<d.bits-1) != 0 {
				delete(d.kept, h)
			}
		}
	}
}

func (d *distinct) count() int64 { return int64(len(d.kept)) << d.bits }

// hashOf is a hash that is the same in every process and good in its low bits: FNV-1a and the finish of MurmurHash3.
func hashOf(s string) uint64 {
	f := fnv.New64a()
	f.Write([]byte(s))
	h := f.Sum64()
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
