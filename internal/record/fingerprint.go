package record

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
)

// idBytes of a SHA-256 are the id: with a billion requests the chance that any two agree is 1 in 10^11.
const idBytes = 12

// maxIDBody is how much of a body counts for the id; of what is longer, the length counts too. It bounds the cost where one
// large body is sent with every request: much less than sending it.
const maxIDBody = 64 << 10

// fingerprint is the id of a request: of its method, URL, name and row or rows as they stand in the record r, its body,
// and its header without credentials. Two entries of a list that differ only in a secret have the same id.
//
// What is hashed is a sequence of strings, each after its length, so that no two requests make the same bytes. The
// body is read by calling Request.Body once more, which every attempt does too: there is no way to see that two requests share
// one body, and a cache keyed by what looks alike would be wrong some day.
func fingerprint(r *Record, req *fetcher.Request) string {
	var space [1024]byte
	b := append(space[:0], "fetch-id-1"...)
	b = appendPart(b, r.Method)
	b = appendPart(b, r.URL)
	b = appendPart(b, r.Name)
	b = appendCellsOf(b, r.Row)
	b = appendHeader(b, req)
	b = appendBody(b, req)
	for i := range r.Rows { // nothing at all where there are none: their ids are older than batches
		b = appendCellsOf(b, r.Rows[i].Row)
	}
	sum := sha256.Sum256(b)
	var id [2 * idBytes]byte
	hex.Encode(id[:], sum[:idBytes])
	return string(id[:])
}

func appendCellsOf(b []byte, row fetcher.Row) []byte {
	b = binary.AppendUvarint(b, uint64(len(row)))
	for _, c := range row {
		b = appendPart(appendPart(b, c.Column), c.Value)
	}
	return b
}

func appendPart(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendHeader(b []byte, req *fetcher.Request) []byte {
	if len(req.Header) == 0 {
		return append(b, 0)
	}
	var space [8]string
	names := space[:0]
	for name := range req.Header {
		if !IsCredentialHeader(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		b = appendPart(b, name)
		values := req.Header[name]
		b = binary.AppendUvarint(b, uint64(len(values)))
		for _, v := range values {
			b = appendPart(b, MaskText(v))
		}
	}
	return b
}

// The states of a body in a fingerprint.
const (
	noBody = iota
	shortBody
	longBody
	badBody // it could not be read, and so cannot be told from others that could not
)

func appendBody(b []byte, req *fetcher.Request) []byte {
	if req.Body == nil {
		return append(b, noBody)
	}
	content, err := readBody(req)
	if err != nil {
		return append(b, badBody)
	}
	state := byte(shortBody)
	if len(content) == maxIDBody {
		state = longBody
		b = binary.AppendVarint(b, req.Length)
	}
	if isForm(req) {
		content = []byte(MaskURL("?" + string(content)))
	}
	sum := sha256.Sum256(content)
	return append(append(b, state), sum[:]...)
}

// readBody reads what counts of a body.
func readBody(req *fetcher.Request) ([]byte, error) {
	body, err := req.Body()
	if err != nil || body == nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(body, maxIDBody))
	return content, errors.Join(err, body.Close())
}

func isForm(req *fetcher.Request) bool {
	for _, v := range req.Header["Content-Type"] {
		if t, _, _ := mime.ParseMediaType(v); strings.EqualFold(t, "application/x-www-form-urlencoded") {
			return true
		}
	}
	return false
}

// ID is the id that the record of a request's result has (Record.ID), before there is a result.
func ID(req *fetcher.Request) string { return From(&fetcher.Result{Request: req}).ID }
