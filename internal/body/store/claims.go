package store

import (
	"strconv"
	"strings"
	"unicode"

	"example.com/fetch/internal/filename"
)

// The hash is FNV-1a, because it must be the same in every run: if two names have the same hash, the second gets an
// unnecessary suffix, and must always get it.
const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

func hashBytes(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * hashPrime
	}
	return h
}

// hashFolded hashes a name so that names which differ only in case have the same hash, by Unicode's simple folding.
func hashFolded(h uint64, s string) uint64 {
	for _, r := range s {
		h = (h ^ uint64(folded(r))) * hashPrime
	}
	return h
}

// folded returns the least of the characters that differ from one only in case.
func folded(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// hashOfPath returns the hash of a name in a folder.
func hashOfPath(folder, name string) uint64 {
	return hashFolded(hashFolded(hashStart, folder)*hashPrime, name)
}

// candidate is a name that a request should have, or has.
type candidate struct {
	folder string // with slashes; empty: the root
	stem   string // without the extension
	tail   string // the extension; empty: it follows the content type
}

// file returns the name in its folder, without an extension that is still open.
func (w candidate) file() string { return w.stem + w.tail }

// open marks the hash of a name whose extension is open: it reserves the stem with every usual extension.
const open = "\x00"

func (w candidate) hash() uint64 {
	h := hashOfPath(w.folder, w.stem)
	if w.tail == "" {
		return hashBytes(h, open)
	}
	return hashFolded(h, w.tail)
}

// claims are the names in use, 11 to 21 bytes each. The zero claims is ready to use.
type claims struct {
	taken  set
	next   map[uint64]uint32 // next suffix to try, for names desired more than once
	closed bool              // there is a name with a fixed extension
	pages  bool              // a name that a page may need is in use
}

// claim reserves a name and returns it, with -2, -3 and so on after its stem if it is in use. A page may have the
// name of a page of its own request.
func (c *claims) claim(w candidate, page bool) candidate {
	if !c.isFree(w) || !page && c.mayBePage(w) {
		return c.another(w)
	}
	c.take(w)
	return w
}

// another returns the next free name after the desired one.
func (c *claims) another(w candidate) candidate {
	h := w.hash()
	stem := w.stem
	for n := max(c.next[h], 2); ; n++ {
		w.stem = stem + "-" + strconv.FormatUint(uint64(n), 10)
		if c.isFree(w) {
			if c.next == nil {
				c.next = map[uint64]uint32{}
			}
			c.next[h] = n + 1
			c.take(w)
			return w
		}
	}
}

func (c *claims) take(w candidate) {
	c.taken.add(w.hash())
	c.closed = c.closed || w.tail != ""
}

// isFree reports whether a name is free, including those that open extensions may lead to.
func (c *claims) isFree(w candidate) bool {
	if c.taken.has(w.hash()) {
		return false
	}
	if w.tail != "" {
		name := w.file()
		w.stem, w.tail = strings.TrimSuffix(name, filename.Extension(name)), ""
		return !c.taken.has(w.hash())
	}
	if c.closed {
		h := hashOfPath(w.folder, w.stem)
		for _, e := range filename.Usual {
			if c.taken.has(hashFolded(h, e)) {
				return false
			}
		}
	}
	return true
}

// pageMark is between a stem and the number of a page.
const pageMark = "-page-"

// mayBePage reports whether a page of an earlier request may need the name.
func (c *claims) mayBePage(w candidate) bool {
	if !c.pages {
		return false
	}
	i := strings.LastIndex(w.stem, pageMark)
	if i <= 0 || strings.Trim(w.stem[i+len(pageMark):], "0123456789") != "" {
		return false
	}
	w.stem = w.stem[:i]
	return c.taken.has(w.hash())
}

// set holds hashes in an open-addressing table: half the memory of a map.
type set struct {
	slots []uint64 // a power of two in number; 0 is empty
	n     int
}

func (s *set) slot(h uint64) *uint64 {
	mask := uint64(len(s.slots) - 1)
	for i := h * 0x9e3779b97f4a7c15 >> 32; ; i++ {
		if at := &s.slots[i&mask]; *at == h || *at == 0 {
			return at
		}
	}
}

func (s *set) has(h uint64) bool {
	return s.n > 0 && *s.slot(max(h, 1)) != 0
}

func (s *set) add(h uint64) {
	if 4*(s.n+1) > 3*len(s.slots) {
		old := s.slots
		s.slots = make([]uint64, max(64, 2*len(old)))
		for _, h := range old {
			if h != 0 {
				*s.slot(h) = h
			}
		}
	}
	if at := s.slot(max(h, 1)); *at == 0 {
		*at = max(h, 1)
		s.n++
	}
}
