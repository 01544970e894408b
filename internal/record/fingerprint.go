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

// idBytes of a SHA-256 are the id: with a billion requests the chance that any two agree is 1 in 10^11.
const idBytes = 12

// id is the id of a request: of its method, URL, name, row or rows, content and header, as they are sent. Credentials that
// are common to the whole list are left out, so that they may change. Where one that is not tells the request from others,
// the id is an HMAC under the key of the rules: a weak password could be found out from a plain hash.
//
// What is hashed is a sequence of strings, each after its length, so that no two requests make the same bytes. The
// body is read by calling Request.Body once more, which every attempt does too: there is no way to see that two requests share
// one body, and a cache keyed by what looks alike would be wrong some day.
func (m shown) id(req *fetcher.Request) string {
	var space [1024]byte
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	url, secret := m.IdentityURL()
	f := fingerprint{b: append(space[:0], "fetch-id-1"...), secret: secret}
	f.part(method)
	f.part(text(url))
	f.part(text(req.Name))
	f.row(m, req.Row)
	f.header(m, req.Header)
	f.content(m, req)
	for _, row := range req.Rows { // nothing at all where there are none: their ids are older than batches
		f.row(m, row)
	}
	sum := sha256.Sum256(f.b)
	if f.secret {
		mac := hmac.New(sha256.New, m.Rules.Key())
		mac.Write(f.b)
		mac.Sum(sum[:0])
	}
	var id [2 * idBytes]byte
	hex.Encode(id[:], sum[:idBytes])
	return string(id[:])
}

// ID is the id that the record of a request's result has (Record.ID), before there is a result.
func ID(req *fetcher.Request) string { return shown{secret.Of(req)}.id(req) }

// fingerprint is what is hashed.
type fingerprint struct {
	b      []byte
	secret bool // a secret is in it
}

func (f *fingerprint) part(s string) {
	f.b = append(binary.AppendUvarint(f.b, uint64(len(s))), s...)
}

func (f *fingerprint) row(m shown, row fetcher.Row) {
	f.b = binary.AppendUvarint(f.b, uint64(len(row)))
	for _, c := range row {
		f.part(text(c.Column))
		f.part(text(c.Value))
	}
	f.secret = f.secret || m.HasSecret(row)
}

func (f *fingerprint) header(m shown, header http.Header) {
	var space [8]string
	names := space[:0]
	for name := range header {
		counts, secret := m.IdentityHeader(name)
		if counts {
			names = append(names, name)
			f.secret = f.secret || secret
		}
	}
	slices.Sort(names)
	f.b = binary.AppendUvarint(f.b, uint64(len(names)))
	for _, name := range names {
		f.part(name)
		values := header[name]
		f.b = binary.AppendUvarint(f.b, uint64(len(values)))
		for _, v := range values {
			f.part(v)
		}
	}
}

// The states of a content in a fingerprint.
const (
	noBody = iota
	shortBody
	longBody
	badBody // it could not be read, and so cannot be told from others that could not
)

func (f *fingerprint) content(m shown, req *fetcher.Request) {
	if req.Body == nil {
		f.b = append(f.b, noBody)
		return
	}
	whole, err := m.Content()
	if err != nil {
		f.b = append(f.b, badBody)
		return
	}
	state := byte(shortBody)
	if len(whole) == secret.MaxContent { // what is longer counts by its length
		state = longBody
		f.b = binary.AppendVarint(f.b, req.Length)
	}
	content, hasSecret, _ := m.IdentityContent() // read already
	f.secret = f.secret || hasSecret
	sum := sha256.Sum256(content)
	f.b = append(append(f.b, state), sum[:]...)
}
