package sync

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/record"
)

// StateFile is the name of the file in the folder that says what is known of each request: a line of JSON for each. The
// first line is {"type":"sync","v":1} with the Identity. Lines are appended as files are written; a later line about a request takes the
// place of an earlier one. At the end of a run the file is written anew, with one line a request.
const StateFile = ownPrefix + "sync.jsonl"

// stateVersion is the version of the format.
const stateVersion = 1

// maxStateLine is the longest line that is read: a URL of 1 MiB fits.
const maxStateLine = 4 << 20

// key is what a request is known by: its id (record.ID), and which of those with that id it is, in the order of the
// list. Two lines that are the same, or that differ in a secret only, are two requests with two files.
type key struct {
	id  record.PlainID
	nth uint32 // from 1
}

func keyOf(id string, nth uint32) (key, bool) {
	plain, ok := record.ParseID(id)
	return key{plain, nth}, ok && nth > 0
}

// sum is a SHA-256, which is written in hexadecimal.
type sum [sha256.Size]byte

func (s sum) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

func (s *sum) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(s) {
		return errors.New("not a SHA-256")
	}
	_, err := hex.Decode(s[:], text)
	return err
}

// stamp is a time in nanoseconds since 1970, which is written as RFC 3339 has it.
type stamp int64

func (s stamp) time() time.Time { return time.Unix(0, int64(s)).UTC() }

func (s stamp) MarshalText() ([]byte, error) {
	return s.time().AppendFormat(nil, time.RFC3339Nano), nil
}

func (s *stamp) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	*s = stamp(t.UnixNano())
	return err
}

// entry is what is known of one request, in memory and in the state file. There may be millions, so it is kept small.
type entry struct {
	URL  string `json:"url,omitempty"`  // masked
	File string `json:"file,omitempty"` // empty: nothing is known but that the list has it
	validators
	SHA256  sum   `json:"sha256"`
	Bytes   int64 `json:"bytes"`
	MTime   stamp `json:"mtime"` // of the file when it was written
	Fetched stamp `json:"fetched"`
	Gone    bool  `json:"gone,omitempty"`
	Was     *sum  `json:"was_sha256,omitempty"` // of the content before, which the file may still have; nil: it has not
	listed  bool
}

// heading is the first line of the state file.
type heading struct {
	Type string `json:"type"` // "sync"
	V    int    `json:"v"`
	Identity
}

// line is a line about a request.
type line struct {
	Type string `json:"type,omitempty"` // empty, or that of a later version
	ID   string `json:"id"`
	Nth  uint32 `json:"nth,omitempty"` // left out if 1
	entry
}

// Identity is what the requests of all runs over one folder are known by: the key of the ids that depend on a secret, and a
// digest of the credentials that the first list had in common (source.List.Credentials).
type Identity struct {
	Key         string            `json:"key,omitempty"`
	Credentials map[string]string `json:"credentials,omitempty"` // by host
}

func (i Identity) equal(other Identity) bool {
	return i.Key == other.Key && maps.Equal(i.Credentials, other.Credentials)
}

// IdentityOf gives the identity that the state of a folder has; empty if there is no state, or one without. A state that
// cannot be read is Open's to tell of.
func IdentityOf(dir string) (identity Identity) {
	f, err := os.Open(filepath.Join(dir, StateFile))
	if err != nil {
		return Identity{}
	}
	defer f.Close()
	if in := jsonx.Lines(f, maxStateLine); in.Scan() {
		if l, err := readHeading(in.Bytes()); err == nil {
			return l.Identity
		}
	}
	return Identity{}
}

// heading is the first line.
func (m *Mirror) heading() []byte {
	return record.AppendAnyLine(nil, heading{"sync", stateVersion, m.o.Identity})
}

// appendEntry appends the line about an entry.
func appendEntry(dst []byte, k key, e *entry) []byte {
	l := line{ID: hex.EncodeToString(k.id[:]), entry: *e}
	if k.nth > 1 {
		l.Nth = k.nth
	}
	return record.AppendAnyLine(dst, l)
}

// errNotState is the problem of a first line that is not ours.
var errNotState = errors.New("this is not a state file of fetch sync; move it away")

// readState gives every line about a request, in order, and how long the readable part of the file is. A last line
// without an end was torn by a kill, and is not part of it. The number of the line stands in an error.
func readState(r io.Reader, each func(key, entry)) (size int64, err error) {
	in := jsonx.Lines(r, maxStateLine)
	number := 1
	for ; in.Scan(); number++ {
		if number == 1 {
			_, err = readHeading(in.Bytes())
		} else {
			err = readEntry(in.Bytes(), each)
		}
		if err != nil {
			break
		}
		size += int64(len(in.Bytes()))
	}
	if err = cmp.Or(err, in.Err()); err == bufio.ErrTooLong {
		err = fmt.Errorf("it is longer than %d bytes", maxStateLine)
	}
	if err != nil {
		err = fmt.Errorf("line %d: %w", number, err)
	}
	return size, err
}

func readHeading(text []byte) (h heading, err error) {
	if json.Unmarshal(text, &h) != nil || h.Type != "sync" {
		return h, errNotState
	}
	if h.V != stateVersion {
		return h, fmt.Errorf("the state has version %d, and only version %d can be read", h.V, stateVersion)
	}
	return h, nil
}

func readEntry(text []byte, each func(key, entry)) error {
	const noSize = -1
	l := line{entry: entry{Bytes: noSize}}
	err := json.Unmarshal(text, &l)
	switch err.(type) {
	case *json.SyntaxError, *json.UnmarshalTypeError:
		return damaged("not JSON as expected")
	}
	k, ok := keyOf(l.ID, max(l.Nth, 1))
	switch {
	case l.Type != "":
		return nil // of a later version
	case !ok:
		return damaged("the id is not 24 hexadecimal digits")
	case err == nil && !isFileName(l.File):
		return damaged(fmt.Sprintf("%q is no name of a file in the folder", l.File))
	case l.ETag != "" && !isEntityTag(l.ETag):
		return damaged("the etag is none")
	case err != nil, l.SHA256 == sum{}:
		return damaged("a time, a checksum or a size in it is none")
	case l.Bytes < 0:
		return damaged("there is no size in it")
	}
	each(k, l.entry)
	return nil
}

func damaged(problem string) error {
	return errors.New(problem + "; take the line out: what it is about is then fetched anew")
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
