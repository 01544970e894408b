package fetcher

import "encoding/hex"

// digestName is the algorithm of Result.Digest: XXH64, which hashes a body faster than it is copied.
const digestName = "xxh64:"

// startDigest has the body hashed as it is read.
func (b *decodedBody) startDigest() {
	b.sum.Reset()
	b.hash = &b.sum
}

// digest is that of the body if there was one and it was read to its end; otherwise empty.
func (b *decodedBody) digest() string {
	if b.hash == nil || !b.ended || b.n == 0 {
		return ""
	}
	var sum [8]byte
	var text [len(digestName) + 2*len(sum)]byte
	copy(text[:], digestName)
	hex.Encode(text[len(digestName):], b.hash.Sum(sum[:0]))
	return string(text[:])
}
