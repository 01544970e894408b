package diff

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"strings"

	"github.com/cespare/xxhash/v2"

	"example.com/fetch/internal/record"
)

// content is what is known of what a result brought, as hashes; 0 is nothing.
type content struct {
	digest [8]byte // of the body
	sha256 [8]byte // its first bytes
	values [8]byte // of what was taken from the body
	etag   uint32
	size   uint32
}

func contentOf(r *record.Record) content {
	c := content{size: uint32(r.Bytes) ^ uint32(r.Bytes>>32), values: hashOfValues(r)}
	if sum, ok := strings.CutPrefix(r.Digest, "xxh64:"); ok {
		fromHex(c.digest[:], sum)
	}
	fromHex(c.sha256[:], r.SHA256)
	if r.ETag != "" {
		c.etag = max(uint32(xxhash.Sum64String(r.ETag)), 1)
	}
	return c
}

// fromHex fills dst with the beginning of a hash, and reports whether it could; otherwise dst is 0.
func fromHex(dst []byte, s string) bool {
	if len(s) < 2*len(dst) {
		return false
	}
	if _, err := hex.Decode(dst, []byte(s[:2*len(dst)])); err != nil {
		clear(dst)
		return false
	}
	return true
}

// hashOfValues is 0 if nothing was taken.
func hashOfValues(r *record.Record) (sum [8]byte) {
	if len(r.Values) == 0 && !hasRowValues(r) {
		return sum
	}
	h := xxhash.New()
	write := func(a *record.Answer) {
		for _, v := range a.Values {
			h.Write(v)
			h.WriteString("\n") // which no value has: they are on one line
		}
		if !a.OK {
			h.WriteString("!")
		}
		h.WriteString("\n")
	}
	write(&record.Answer{OK: r.OK, Values: r.Values})
	for i := range r.Rows {
		write(&r.Rows[i])
	}
	h.Sum(sum[:0])
	return sum
}

func hasRowValues(r *record.Record) bool {
	for i := range r.Rows {
		if len(r.Rows[i].Values) > 0 {
			return true
		}
	}
	return false
}

// sameBody reports whether the bodies are the same, as far as is known: by their SHA-256, by their digests, else by an
// ETag that is the same, else by size.
func (c *content) sameBody(other *content) bool {
	switch unknown := [8]byte{}; {
	case c.sha256 != unknown && other.sha256 != unknown:
		return c.sha256 == other.sha256
	case c.digest != unknown && other.digest != unknown:
		return c.digest == other.digest
	case c.etag != 0 && c.etag == other.etag:
		return true
	}
	return c.size == other.size
}

// compareBody orders by the body.
func (c *content) compareBody(other *content) int {
	return cmp.Or(bytes.Compare(c.digest[:], other.digest[:]), cmp.Compare(c.size, other.size))
}

// compareAll orders by everything.
func (c *content) compareAll(other *content) int {
	return cmp.Or(bytes.Compare(c.values[:], other.values[:]), c.compareBody(other), bytes.Compare(c.sha256[:], other.sha256[:]),
		cmp.Compare(c.etag, other.etag))
}
