package sync

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"time"

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

// line is a line of the state file.
type line struct {
	Type         string `json:"type,omitempty"` // "sync" in the first line; empty in one about a request
	V            int    `json:"v,omitempty"`
	Identity            // in the first line
	ID           string `json:"id,omitempty"`
	Nth          uint32 `json:"nth,omitempty"` // left out if 1
	URL          string `json:"url,omitempty"` // masked
	File         string `json:"file,omitempty"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	SHA256       string `json:"sha256,omitempty"`
	Bytes        *int64 `json:"bytes,omitempty"` // not in the first line
	MTime        string `json:"mtime,omitempty"`
	Fetched      string `json:"fetched,omitempty"`
	Gone         bool   `json:"gone,omitempty"`
	Was          string `json:"was_sha256,omitempty"` // of the content before, which the file may still have
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
	if in := lines(f); in.Scan() {
		if l, err := readHeading(in.Bytes()); err == nil {
			return l.Identity
		}
	}
	return Identity{}
}

// heading is the first line.
func (m *Mirror) heading() []byte {
	return append(appendJSON(nil, line{Type: "sync", V: stateVersion, Identity: m.o.Identity}), '\n')
}

// appendEntry appends the line about an entry.
func appendEntry(dst []byte, k key, e *entry, was sum) []byte {
	l := line{
		ID: hex.EncodeToString(k.id[:]), URL: e.url(), File: e.file(), ETag: e.etag(),
		SHA256: hex.EncodeToString(e.sum[:]), Bytes: &e.bytes, Gone: e.gone,
		MTime:   time.Unix(0, e.mtime).UTC().Format(time.RFC3339Nano),
		Fetched: time.Unix(e.fetched, 0).UTC().Format(time.RFC3339),
	}
	if k.nth > 1 {
		l.Nth = k.nth
	}
	if e.modified != 0 {
		l.LastModified = time.Unix(e.modified, 0).UTC().Format(time.RFC3339)
	}
	if e.doubtful {
		l.Was = hex.EncodeToString(was[:])
	}
	return append(appendJSON(dst, l), '\n')
}

// appendJSON appends v without characters that a terminal would obey.
func appendJSON(dst []byte, v any) []byte {
	dst, _ = record.AppendAny(dst, v) // strings and numbers always have a JSON form
	return dst
}

// errNotState is the problem of a first line that is not ours.
var errNotState = errors.New("this is not a state file of fetch sync; move it away")

// readState gives every line about a request, in order, and how long the readable part of the file is. A last line
// without an end was torn by a kill, and is not part of it. The number of the line stands in an error.
func readState(r io.Reader, each func(key, *entry, sum) error) (size int64, err error) {
	in := lines(r)
	number := 1
	for ; in.Scan(); number++ {
		if number == 1 {
			_, err = readHeading(in.Bytes())
		} else {
			err = readEntry(in.Bytes(), each)
		}
		if err != nil {
			return size, fmt.Errorf("line %d: %w", number, err)
		}
		size += int64(len(in.Bytes()))
	}
	if err = in.Err(); err == bufio.ErrTooLong {
		err = fmt.Errorf("it is longer than %d bytes", maxStateLine)
	}
	if err != nil {
		err = fmt.Errorf("line %d: %w", number, err)
	}
	return size, err
}

// lines gives the lines that have an end, with it.
func lines(r io.Reader) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxStateLine)
	s.Split(func(data []byte, _ bool) (int, []byte, error) {
		if n := bytes.IndexByte(data, '\n') + 1; n > 0 {
			return n, data[:n], nil
		}
		return 0, nil, nil
	})
	return s
}

func readHeading(text []byte) (l line, err error) {
	if json.Unmarshal(text, &l) != nil || l.Type != "sync" {
		return l, errNotState
	}
	if l.V != stateVersion {
		return l, fmt.Errorf("the state has version %d, and only version %d can be read", l.V, stateVersion)
	}
	return l, nil
}

func readEntry(text []byte, each func(key, *entry, sum) error) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return damaged("not JSON as expected")
	}
	if l.Type != "" {
		return nil // of a later version
	}
	k, ok := keyOf(l.ID, max(l.Nth, 1))
	if !ok {
		return damaged("the id is not 24 hexadecimal digits")
	}
	if !isFileName(l.File) {
		return damaged(fmt.Sprintf("%q is no name of a file in the folder", l.File))
	}
	if l.ETag != "" && !isEntityTag(l.ETag) {
		return damaged("the etag is none")
	}
	if l.Bytes == nil {
		return damaged("there is no size in it")
	}
	e := &entry{bytes: *l.Bytes, gone: l.Gone}
	e.setText(l.URL, l.File, l.ETag)
	var was sum
	problems := errors.Join(
		parseSum(&e.sum, l.SHA256),
		parseTime(func(t time.Time) { e.mtime = t.UnixNano() }, l.MTime),
		parseTime(func(t time.Time) { e.fetched = t.Unix() }, l.Fetched),
	)
	if l.LastModified != "" {
		problems = errors.Join(problems, parseTime(func(t time.Time) { e.modified = t.Unix() }, l.LastModified))
	}
	if l.Was != "" {
		e.doubtful = true
		problems = errors.Join(problems, parseSum(&was, l.Was))
	}
	if problems != nil || *l.Bytes < 0 {
		return damaged("a time, a checksum or a size in it is none")
	}
	return each(k, e, was)
}

func damaged(problem string) error {
	return errors.New(problem + "; take the line out: what it is about is then fetched anew")
}

func parseSum(to *sum, text string) error {
	if hex.DecodedLen(len(text)) != len(to) {
		return errors.New("not a SHA-256")
	}
	_, err := hex.Decode(to[:], []byte(text))
	return err
}

func parseTime(set func(time.Time), text string) error {
	t, err := time.Parse(time.RFC3339, text)
	if err == nil {
		set(t)
	}
	return err
}
