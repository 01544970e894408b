package source

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
)

// seen tells requests that came before, by what is sent: method, URL, header and body. Of each it keeps 16 bytes, which
// with the room that a map needs makes about 30.
type seen struct {
	sums map[[16]byte]struct{}
	hash hash.Hash
	text []byte
}

func newSeen() *seen { return &seen{sums: map[[16]byte]struct{}{}, hash: sha256.New()} }

// again says whether a request like this one came before. One whose body cannot be read is like no other.
func (s *seen) again(req *fetcher.Request) bool {
	s.hash.Reset()
	method := req.Method
	if method == "" {
		method = "GET"
	}
	s.add(method)
	s.add(string(appendComparable(nil, req.URL)))
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

// appendComparable appends a URL, which is in the form that it is sent in, so that two that ask for the same are the same
// text (RFC 3986, sections 6.2.2 and 6.2.3): without the scheme's own port, with a path, and with no byte escaped that
// need not be.
func appendComparable(dst []byte, url string) []byte {
	scheme, rest, _ := strings.Cut(url, "://")
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	switch scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	}
	dst = append(append(append(dst, scheme...), "://"...), host...)
	if tail == "" || tail[0] == '?' {
		dst = append(dst, '/')
	}
	for i := 0; i < len(tail); i++ {
		c := tail[i]
		if c != '%' || i+2 >= len(tail) {
			dst = append(dst, c)
			continue
		}
		if b := unhex(tail[i+1])<<4 | unhex(tail[i+2]); isUnreserved(b) {
			dst = append(dst, b)
		} else {
			dst = append(dst, '%', upper(tail[i+1]), upper(tail[i+2]))
		}
		i += 2
	}
	return dst
}

func isUnreserved(c byte) bool { return strings.IndexByte(letters+capital+digits+"-._~", c) >= 0 }

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return lower(c) - 'a' + 10
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}
