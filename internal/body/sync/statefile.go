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

// StateFile is the name of the file in the folder that holds the state: a line of JSON for each request. The first
// line is {"type":"sync","v":1} with the Identity. Lines are appended as files are written; a later line about a
// request replaces an earlier one. At the end of a run the file is rewritten, with one line per request.
const StateFile = ownPrefix + "sync.jsonl"

// stateVersion is the version of the format.
const stateVersion = 1

// maxStateLine is the maximum length of a line: a URL of 1 MiB fits.
const maxStateLine = 4 << 20

// key identifies a request: its id (record.ID), and its number among the requests with that id, in the order of the
// list. Two lines that are equal, or that differ only in a secret, are two requests with two files.
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

// stamp is a time in nanoseconds since 1970, written in the format of RFC 3339.
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

// entry is the state of one request, in memory and in the state file. There may be millions, so it is kept small.
type entry struct {
	URL  string `json:"url,omitempty"`  // masked
	File string `json:"file,omitempty"` // empty: nothing is known except that it is in the list
	validators
	SHA256  sum   `json:"sha256"`
	Bytes   int64 `json:"bytes"`
	MTime   stamp `json:"mtime"` // of the file when it was written
	Fetched stamp `json:"fetched"`
	Gone    bool  `json:"gone,omitempty"`
	Was     *sum  `json:"was_sha256,omitempty"` // of the previous content, which the file may still have; nil: it does not
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

// Identity is what the ids of requests depend on, for all runs in one folder: the key for ids with a secret, and a
// digest of the credentials that the first list had in common (source.List.Credentials).
type Identity struct {
	Key         string            `json:"key,omitempty"`
	Credentials map[string]string `json:"credentials,omitempty"` // by host
}

func (i Identity) equal(other Identity) bool {
	return i.Key == other.Key && maps.Equal(i.Credentials, other.Credentials)
}

// IdentityOf returns the identity in the state of a folder; empty if there is no state, or one without. An
// unreadable state is reported by Open.
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

// heading returns the first line.
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

// errNotState is the error of a first line that is not ours.
var errNotState = errors.New("this is not a state file of fetch sync; move it away")

// readState reads every line about a request, in order, and returns the length of the readable part of the file. An
// incomplete last line, left by a kill, is not part of it. Errors contain the line number.
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
		return damaged(fmt.Sprintf("%q is not a valid file name in the folder", l.File))
	case l.ETag != "" && !isEntityTag(l.ETag):
		return damaged("the etag is invalid")
	case err != nil, l.SHA256 == sum{}:
		return damaged("a time, a checksum or a size in it is invalid")
	case l.Bytes < 0:
		return damaged("there is no size in it")
	}
	each(k, l.entry)
	return nil
}

func damaged(problem string) error {
	return errors.New(problem + "; remove the line: its request is then sent again")
}

// ownPrefix is the prefix of all file names that are ours and not content.
const ownPrefix = ".fetch-"

// isFileName reports whether a name is allowed for a file with content: within the folder, with slashes, and
// without ownPrefix.
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
