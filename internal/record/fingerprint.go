package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
)

// PlainID is an id before hexadecimal encoding: a prefix of a SHA-256 so long that among a billion requests the
// chance of any collision is 1 in 10^11.
type PlainID [12]byte

// ParseID parses an id, and reports whether it is valid.
func ParseID(id string) (plain PlainID, ok bool) {
	if len(id) != hex.EncodedLen(len(plain)) {
		return plain, false
	}
	_, err := hex.Decode(plain[:], []byte(id))
	return plain, err == nil
}

// id returns the id of a request: a hash of its method, URL, name, row or rows, content and header, as they are
// sent. Credentials that the whole list shares are left out, so that they may change. If another secret
// distinguishes the request, the id is an HMAC under the key of the rules, because a weak password could be
// guessed from a plain hash.
//
// The hashed data is a sequence of strings, each preceded by its length, so that different requests never have
// the same data. The body is read by calling Request.Body once more, as every attempt does: whether two
// requests share a body cannot be seen, and a cache by similarity would eventually be wrong.
func (m shown) id(req *fetcher.Request) (id string, keyed bool) {
	var space [1024]byte
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	url, secret := m.IdentityURL()
	b := append(space[:0], "fetch-id-1"...)
	b = appendPart(b, method)
	b = appendPart(b, text(url))
	b = appendPart(b, text(req.Name))
	b, ofRow := m.appendCells(b, req.Row)
	b, ofHeader := m.appendHeader(b, req.Header)
	b, ofContent := m.appendContent(b, req)
	secret = secret || ofRow || ofHeader || ofContent
	for _, row := range req.Rows { // nothing if there are none: ids without rows are older than batches
		b, ofRow = m.appendCells(b, row)
		secret = secret || ofRow
	}
	sum := sha256.Sum256(b)
	if secret {
		sum = m.keyed(slices.Clone(b)) // a copy, so that the data of all other requests stays on the stack
	}
	var digits [2 * len(PlainID{})]byte
	hex.Encode(digits[:], sum[:len(PlainID{})])
	return string(digits[:]), secret
}

// ID returns the id of the record of a request's result (Record.ID), before there is a result. docs/formats.md
// says what it depends on.
func ID(req *fetcher.Request) string {
	id, _ := shown{secret.Of(req)}.id(req)
	return id
}

// keyed returns the HMAC of data that contains a secret.
func (m shown) keyed(b []byte) [sha256.Size]byte {
	mac := hmac.New(sha256.New, m.Rules.Key())
	mac.Write(b)
	return [sha256.Size]byte(mac.Sum(nil))
}

func appendPart(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendCells appends a row, and reports whether it contains a secret.
func (m shown) appendCells(b []byte, row fetcher.Row) (_ []byte, hasSecret bool) {
	b = binary.AppendUvarint(b, uint64(len(row)))
	for _, c := range row {
		value, secret := m.IdentityCell(c)
		hasSecret = hasSecret || secret
		b = appendPart(appendPart(b, text(c.Column)), text(value))
	}
	return b, hasSecret
}

// appendHeader appends the relevant fields of a header, and reports whether they contain a secret.
func (m shown) appendHeader(b []byte, header http.Header) (_ []byte, hasSecret bool) {
	var space [8]string
	names := space[:0]
	for name := range header {
		if counts, secret := m.IdentityHeader(name); counts {
			names = append(names, name)
			hasSecret = hasSecret || secret
		}
	}
	slices.Sort(names)
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		b = appendPart(b, name)
		values := header[name]
		b = binary.AppendUvarint(b, uint64(len(values)))
		for _, v := range values {
			b = appendPart(b, m.IdentityValue(name, v))
		}
	}
	return b, hasSecret
}

// The states of the content in an id.
const (
	noBody = iota
	shortBody
	longBody
	badBody // it could not be read, so all such requests are equal
)

// appendContent appends the relevant part of the content, and reports whether it contains a secret.
func (m shown) appendContent(b []byte, req *fetcher.Request) (_ []byte, hasSecret bool) {
	if req.Body == nil {
		return append(b, noBody), false
	}
	whole, err := m.Content()
	if err != nil {
		return append(b, badBody), false
	}
	state := byte(shortBody)
	if len(whole) == secret.MaxContent { // longer content counts by its length
		state = longBody
		b = binary.AppendVarint(b, req.Length)
	}
	content, hasSecret, _ := m.IdentityContent() // has been read already
	sum := sha256.Sum256(content)
	return append(append(b, state), sum[:]...), hasSecret
}
