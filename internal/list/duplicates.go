package list

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"maps"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// seen tells requests that came before, by what is sent: method, URL, header and body. Of each it keeps 16 bytes, which
// with the room that a map needs makes about 30.
type seen struct {
	sums map[[16]byte]struct{}
	hasher
}

// newSeen is nil if the same request may come again.
func (l *List) newSeen() *seen {
	if !l.options.Dedupe {
		return nil
	}
	return &seen{map[[16]byte]struct{}{}, hasher{Hash: sha256.New()}}
}

// hasher hashes parts with the length before each, so that no two lists of parts are the same text.
type hasher struct {
	hash.Hash
	text []byte
}

func (h *hasher) add(parts ...string) {
	for _, part := range parts {
		h.text = append(binary.AppendUvarint(h.text[:0], uint64(len(part))), part...)
		h.Write(h.text)
	}
}

// again reports whether a request like this one came before. One that fails for what the list says, or whose body cannot be
// read, is like no other.
func (s *seen) again(req *fetcher.Request) bool {
	if s == nil || req.Err != nil {
		return false
	}
	s.Reset()
	s.add(cmp.Or(req.Method, "GET"), web.Comparable(req.URL))
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		s.add(name)
		s.add(req.Header[name]...)
		s.add("") // no name follows it at once, so that values are told from names
	}
	if req.Body != nil && !s.addBody(req) {
		return false
	}
	sum := [16]byte(s.Sum(s.text[:0])[:16])
	_, again := s.sums[sum]
	s.sums[sum] = struct{}{}
	return again
}

func (s *seen) addBody(req *fetcher.Request) bool {
	body, err := req.Body()
	if err != nil {
		return false
	}
	defer body.Close()
	s.add("body")
	_, err = io.Copy(s, body)
	return err == nil
}
