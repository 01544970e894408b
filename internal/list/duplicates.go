package list

import (
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
	hash hash.Hash
	text []byte
}

func newSeen() *seen { return &seen{sums: map[[16]byte]struct{}{}, hash: sha256.New()} }

// again reports whether a request like this one came before. One whose body cannot be read is like no other.
func (s *seen) again(req *fetcher.Request) bool {
	s.hash.Reset()
	method := req.Method
	if method == "" {
		method = "GET"
	}
	s.add(method)
	s.add(web.Comparable(req.URL))
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		s.add(name)
		for _, v := range req.Header[name] {
			s.add(v)
		}
		s.add("") // no name follows it at once, so that values are told from names
	}
	if req.Body != nil && !s.addBody(req) {
		return false
	}
	sum := [16]byte(s.hash.Sum(s.text[:0])[:16])
	_, again := s.sums[sum]
	s.sums[sum] = struct{}{}
	return again
}

// add hashes a part with its length before it, so that no two lists of parts are the same text.
func (s *seen) add(part string) {
	s.text = append(binary.AppendUvarint(s.text[:0], uint64(len(part))), part...)
	s.hash.Write(s.text)
}

func (s *seen) addBody(req *fetcher.Request) bool {
	body, err := req.Body()
	if err != nil {
		return false
	}
	defer body.Close()
	s.add("body")
	_, err = io.Copy(s.hash, body)
	return err == nil
}
