package sync

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
)

// idBytes is the size of a record's id, which is written in hexadecimal.
const idBytes = 12

// key is what a request is known by: its id (record.ID), and which of those with that id it is, in the order of the
// list. Two lines that are the same, or that differ in a secret only, are two requests with two files.
type key struct {
	id  [idBytes]byte
	nth uint32 // from 1
}

func keyOf(id string, nth uint32) (key, bool) {
	k := key{nth: nth}
	if hex.DecodedLen(len(id)) != idBytes {
		return k, false
	}
	_, err := hex.Decode(k.id[:], []byte(id))
	return k, err == nil && nth > 0
}

type sum = [sha256.Size]byte

// entry is what is known of one request. There may be millions, so it is kept small.
type entry struct {
	text            string // url, file and etag, one after another
	urlEnd, fileEnd uint32
	modified        int64 // Last-Modified in seconds since 1970; 0 if there was none of use
	mtime           int64 // of the file when it was written, in nanoseconds since 1970
	fetched         int64 // when, in seconds since 1970
	bytes           int64
	sum             sum
	gone, listed    bool
	doubtful        bool // the file may still be the one before: see Mirror.was
}

func (e *entry) url() string  { return e.text[:e.urlEnd] }
func (e *entry) file() string { return e.text[e.urlEnd:e.fileEnd] }
func (e *entry) etag() string { return e.text[e.fileEnd:] }

// vacant says that nothing is known of the request but that the list has it.
func (e *entry) vacant() bool { return e.urlEnd == e.fileEnd }

func (e *entry) setText(url, file, etag string) {
	e.text = url + file + etag
	e.urlEnd, e.fileEnd = uint32(len(url)), uint32(len(url)+len(file))
}

// maxETag is the longest entity-tag that is kept. It is sent back as it is, and kept in memory.
const maxETag = 1024

// validators are what an answer gives to ask by whether it has changed (RFC 9110, section 8.8).
type validators struct {
	etag     string
	modified int64
}

// validatorsFor takes from an answer to a request what can be asked by later. An entity-tag that repeats a secret of the request
// is not kept: the state holds none.
func validatorsFor(req *fetcher.Request, h http.Header) validators {
	var v validators
	if tag := strings.TrimSpace(h.Get("Etag")); isEntityTag(tag) && secret.Of(req).Back(tag) == tag {
		v.etag = tag
	}
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil || modified.Unix() <= 0 {
		return v
	}
	sent, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		sent = time.Now()
	}
	// What was changed in the second in which it was sent may change again in that second, and nobody would see it (RFC
	// 9110, section 8.8.2.2).
	if sent.Sub(modified) >= time.Second {
		v.modified = modified.Unix()
	}
	return v
}

// isEntityTag reports whether s is an entity-tag that says something (RFC 9110, section 8.8.3). One that is empty would
// match for ever at a server that gives it to everything, and * matches whatever there is.
func isEntityTag(s string) bool {
	tag := strings.TrimPrefix(s, "W/")
	if len(tag) < len(`"x"`) || len(s) > maxETag || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return false
	}
	for _, c := range []byte(tag[1 : len(tag)-1]) {
		if c <= ' ' || c == '"' || c == 0x7f {
			return false
		}
	}
	return true
}

// ownPrefix begins the names of all files that are ours and no content.
const ownPrefix = ".fetch-"

// isFileName reports whether a name may be one of a file with content: within the folder, with slashes, and none of ours.
func isFileName(name string) bool {
	if name == "" || name == "." || path.Clean(name) != name || !filepath.IsLocal(filepath.FromSlash(name)) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ownPrefix) {
			return false
		}
	}
	return !strings.ContainsAny(name, "\\\x00")
}
