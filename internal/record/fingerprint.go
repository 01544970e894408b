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

// PlainID is an id before it is written in hexadecimal: so much of a SHA-256 that with a billion requests the chance that any
// two agree is 1 in 10^11.
type PlainID [12]byte

// ParseID reads an id, and reports whether it is one.
func ParseID(id string) (plain PlainID, ok bool) {
	if len(id) != hex.EncodedLen(len(plain)) {
		return plain, false
	}
	_, err := hex.Decode(plain[:], []byte(id))
	return plain, err == nil
}

// id is the id of a request: of its method, URL, name, row or rows, content and header, as they are sent. Credentials that
// are common to the whole list are left out, so that they may change. Where one that is not tells the request from others,
// the id is an HMAC under the key of the rules: a weak password could be found out from a plain hash.
//
// What is hashed is a sequence of strings, each after its length, so that no two requests make the same bytes. The
// body is read by calling Request.Body once more, which every attempt does too: there is no way to see that two requests share
// one body, and a cache keyed by what looks alike would be wrong some day.
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
	for _, row := range req.Rows { // nothing at all where there are none: their ids are older than batches
		b, ofRow = m.appendCells(b, row)
		secret = secret || ofRow
	}
	sum := sha256.Sum256(b)
	if secret {
		sum = m.keyed(slices.Clone(b)) // a copy, so that what is hashed of all others stays on the stack
	}
	var digits [2 * len(PlainID{})]byte
	hex.Encode(digits[:], sum[:len(PlainID{})])
	return string(digits[:]), secret
}

// ID is the id that the record of a request's result has (Record.ID), before there is a result. docs/formats.md says what
// counts for it.
func ID(req *fetcher.Request) string {
	id, _ := shown{secret.Of(req)}.id(req)
	return id
}

// keyed is the HMAC of what a secret is in.
func (m shown) keyed(b []byte) [sha256.Size]byte {
	mac := hmac.New(sha256.New, m.Rules.Key())
	mac.Write(b)
	return [sha256.Size]byte(mac.Sum(nil))
}

func appendPart(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendCells appends a row, and reports whether a secret is in it.
func (m shown) appendCells(b []byte, row fetcher.Row) (_ []byte, hasSecret bool) {
	b = binary.AppendUvarint(b, uint64(len(row)))
	for _, c := range row {
		value, secret := m.IdentityCell(c)
		hasSecret = hasSecret || secret
		b = appendPart(appendPart(b, text(c.Column)), text(value))
	}
	return b, hasSecret
}

// appendHeader appends what counts of a header, and reports whether a secret is in it.
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

// The states of a content in a fingerprint.
const (
	noBody = iota
	shortBody
	longBody
	badBody // it could not be read, and so cannot be told from others that could not
)

// appendContent appends what counts of a content, and reports whether a secret is in it.
func (m shown) appendContent(b []byte, req *fetcher.Request) (_ []byte, hasSecret bool) {
	if req.Body == nil {
		return append(b, noBody), false
	}
	whole, err := m.Content()
	if err != nil {
		return append(b, badBody), false
	}
	state := byte(shortBody)
	if len(whole) == secret.MaxContent { // what is longer counts by its length
		state = longBody
		b = binary.AppendVarint(b, req.Length)
	}
	content, hasSecret, _ := m.IdentityContent() // read already
	sum := sha256.Sum256(content)
	return append(append(b, state), sum[:]...), hasSecret
}
