// Package body processes response bodies as requested: into files, values, hashes, or input for programs. It does
// so within the attempt that received the body, so that a body that is cut off or unexpected is a failure of that
// attempt like any other, and leaves no file.
package body

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"math"
	"net/http"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/excerpt"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/body/room"
	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/record"
)

// Keeper processes bodies as requested. The zero Keeper counts bodies. Set the fields before the first use; then
// Handle may be called concurrently.
type Keeper struct {
	Files   *store.Sink           // saves bodies to files; nil: none are saved
	Spool   *Spool                // holds bodies that are used after the attempt; nil: none are, or they are in Files
	Extract extract.Extractor     // what is extracted from bodies, and expected of them
	Waits   bool                  // a page that leads to a further one may mean that the result is not ready yet
	SHA256  bool                  // hash the bodies
	Missing func(status int) bool // statuses that mean "not found" and are accepted; nil: none
	Room    *room.Room            // memory for bodies that values are extracted from; nil: no limit
}

// Kept is what was kept of one body. It is the Value of its fetcher.Result.
type Kept struct {
	File   string // name of its file, relative to the working directory; empty: none
	SHA256 string // in hexadecimal; empty: not requested
	extract.Extracted
	Body *Spooled // the body for a program or standard output; nil: none
	// Codings are the content codings, in the order of application, of the file or the spooled body: because its
	// name says so, or because the request asked for them explicitly.
	Codings []string

	file *store.File // nil: none
}

// Keep stores it in the record.
func (k *Kept) Keep(r *record.Record) {
	r.File, r.SHA256, r.Values = k.File, k.SHA256, k.Values
	if len(k.Codings) > 0 && k.file != nil {
		r.Bytes = k.file.Size()
	}
	if k.Rows != nil {
		r.Rows = k.Rows
	}
}

// Recorded reports that the record is in the journal, so that the file needs no proof any more. It may be called
// concurrently with any other method, and does nothing if there is no file.
func (k *Kept) Recorded() {
	if k.file != nil {
		k.file.Recorded()
	}
}

// Of returns what was kept of a result's body; nil if nothing was.
func Of(r *fetcher.Result) *Kept {
	k, _ := r.Value.(*Kept)
	return k
}

// Handle is a fetcher.Handler.
func (k *Keeper) Handle(r *fetcher.Result, resp *http.Response) error {
	switch {
	case r.Attempts[len(r.Attempts)-1].Err != nil:
		return excerpt.Handle(r, resp)
	case k.Missing != nil && k.Missing(r.Status):
		r.Notes = append(r.Notes, record.NoteMissing)
		_, err := io.Copy(io.Discard, resp.Body)
		return err
	}
	kept := &Kept{}
	if err := k.keep(kept, r, resp); err != nil {
		return err
	}
	if kept.Next != "" && k.Extract.Select != nil && !slices.ContainsFunc(kept.Values, k.isThere) {
		kept.Values = nil
		r.Notes = append(r.Notes, record.NoteInterim)
	}
	r.Value = kept
	return nil
}

// isThere reports whether a value is present. When a page is polled, an expression gives null for what is not ready
// yet.
func (k *Keeper) isThere(value json.RawMessage) bool { return !k.Waits || string(value) != "null" }

// Check is for callers that store bodies themselves: it returns a writer that must get the whole body, a function
// that returns an error if the body is not as expected, and one that releases everything. Only Extract is used.
func (k *Keeper) Check(r *fetcher.Result, resp *http.Response) (io.Writer, func() error, func()) {
	body := k.remember(resp.Request.Context())
	return body, func() error { return k.extract(&Kept{}, r, resp, body) }, body.release
}

// needs returns how much of a body Extract needs.
func (k *Keeper) needs() int {
	switch {
	case k.Extract.NeedsBody():
		return math.MaxInt
	case k.Extract.Type != "":
		return extract.HeadSize
	}
	return 0
}

// keep reads the body into everything that needs it, and makes the file appear at the end, after everything else
// has succeeded.
func (k *Keeper) keep(kept *Kept, r *fetcher.Result, resp *http.Response) (err error) {
	defer func() {
		if err != nil {
			kept.discard()
		}
	}()
	name, content := "", io.Discard
	if k.Files != nil {
		if kept.file, err = k.Files.Create(r, resp.Header.Get("Content-Type")); err != nil {
			return err
		}
		name, content = kept.file.Name(), kept.file
	}
	var sum hash.Hash
	if k.SHA256 {
		sum = sha256.New()
		content = io.MultiWriter(content, sum)
	}
	form := coding.NewFile(name, resp.Body, content)
	to := []io.Writer{form}
	if k.Spool != nil {
		kept.Body = &Spooled{spool: k.Spool}
		to = append(to, kept.Body)
	}
	body := k.remember(resp.Request.Context())
	defer body.release()
	if body.most > 0 {
		to = append(to, body)
	}
	// Errors of writing are *fetcher.Error, which distinguishes them from those of reading.
	if err := file.Copy(resp.Body, to...); err != nil {
		return err
	}
	kept.Codings = coding.Left(resp)
	if coded, err := form.Close(); err != nil {
		return err
	} else if coded != "" {
		kept.Codings = []string{coded}
	}
	if kept.Body != nil {
		if err := kept.Body.close(); err != nil {
			return err
		}
	}
	if err := k.extract(kept, r, resp, body); err != nil {
		return err
	}
	if sum != nil {
		kept.SHA256 = hex.EncodeToString(sum.Sum(nil))
	}
	if kept.file != nil {
		kept.File, err = kept.file.Commit()
	}
	return err
}

// discard removes what was written of a failed body.
func (k *Kept) discard() {
	if k.file != nil {
		k.file.Discard()
	}
	if k.Body != nil {
		k.Body.Remove()
	}
}

// extract extracts the requested values from a body, or from its beginning if that is sufficient.
func (k *Keeper) extract(kept *Kept, r *fetcher.Result, resp *http.Response, body *memory) error {
	text, err := k.text(r, resp, body)
	if err != nil {
		return err
	}
	got, err := k.Extract.Extract(resp.Request.Context(), body.lease, r.Request, resp.Header.Get("Content-Type"), text)
	if errors.Is(err, fetcher.KindExpect) {
		r.Value = excerpt.OfUnexpected(resp.Header.Get("Content-Type"), text, k.Extract.NeedsJSON())
	}
	if err != nil {
		return err
	}
	kept.Extracted = *got
	if got.Unmatched > 0 {
		r.Notes = append(r.Notes, record.NoteUnmatched)
	}
	if kept.hasReplaced() && jsonx.HasLoneSurrogate(text) {
		r.Notes = append(r.Notes, record.NoteLoneSurrogate)
	}
	return nil
}

// hasReplaced reports whether a value contains U+FFFD.
func (k *Kept) hasReplaced() bool {
	replaced := func(v json.RawMessage) bool { return bytes.Contains(v, []byte("\uFFFD")) }
	return slices.ContainsFunc(k.Values, replaced) ||
		slices.ContainsFunc(k.Rows, func(a record.Answer) bool { return slices.ContainsFunc(a.Values, replaced) })
}
