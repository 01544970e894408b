// Package body makes of each body what was asked for: a file, values, a hash, or what a program will read. It does so
// inside the attempt that brought the body, so that one that is cut off, or not what was expected, is a failure of that
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

// Keeper makes what was asked for of each body. The zero Keeper counts bodies. Set the fields before its first use; then
// Handle may be called concurrently.
type Keeper struct {
	Files   *store.Sink           // where bodies become files; nil: nowhere
	Spool   *Spool                // where bodies wait for what comes after the attempt; nil: nothing does, or they are in Files
	Extract extract.Extractor     // what is taken from them, and expected of them
	Waits   bool                  // a page that leads to a further one may be a request to come back later
	SHA256  bool                  // whether they are hashed
	Missing func(status int) bool // statuses that say that there is nothing, and are accepted; nil: none
	Room    *room.Room            // the memory for bodies of which values are taken; nil: without bound
}

// Kept is what was kept of one body. It is the Value of its fetcher.Result.
type Kept struct {
	File   string // the name of its file, as the user would name it; empty: none
	SHA256 string // in hexadecimal; empty: not asked for
	extract.Extracted
	Body *Spooled // what waits for the program or the standard output; nil: nothing
	// Codings are the content codings, in the order in which they were applied, that the file, or what waits, is in: since its
	// name says so, or since the request asked for them itself.
	Codings []string

	file *store.File // nil: none
}

// Keep puts it into the record.
func (k *Kept) Keep(r *record.Record) {
	r.File, r.SHA256, r.Values = k.File, k.SHA256, k.Values
	if len(k.Codings) > 0 && k.file != nil {
		r.Bytes = k.file.Size()
	}
	if k.Rows != nil {
		r.Rows = k.Rows
	}
}

// Recorded says that the record is in the journal, so that the file needs no proof any more. It may be called concurrently
// with anything, and does nothing where there is no file.
func (k *Kept) Recorded() {
	if k.file != nil {
		k.file.Recorded()
	}
}

// Of is what was kept of a result's body; nil if nothing was.
func Of(r *fetcher.Result) *Kept {
	k, _ := r.Value.(*Kept)
	return k
}

// Handle is the fetcher.Handler.
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

// isThere reports whether a value is one. Where an answer is waited for, an expression gives null for what is not there yet.
func (k *Keeper) isThere(value json.RawMessage) bool { return !k.Waits || string(value) != "null" }

// Check is for who keeps the bodies himself: it gives a writer that is to see all of a body, a function whose error is
// that it is not what was expected, and one that ends it all. Nothing but Extract is looked at.
func (k *Keeper) Check(r *fetcher.Result, resp *http.Response) (io.Writer, func() error, func()) {
	body := k.remember(resp.Request.Context())
	return body, func() error { return k.extract(&Kept{}, r, resp, body) }, body.release
}

// needs is how much of a body Extract is to see.
func (k *Keeper) needs() int {
	switch {
	case k.Extract.NeedsBody():
		return math.MaxInt
	case k.Extract.Type != "":
		return extract.HeadSize
	}
	return 0
}

// keep reads the body into everything that wants it, and makes the file appear at the end, when all else has gone well.
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
	// Errors of writing are *fetcher.Error, by which they are told from those of reading.
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

// discard removes what was written of a body that failed.
func (k *Kept) discard() {
	if k.file != nil {
		k.file.Discard()
	}
	if k.Body != nil {
		k.Body.Remove()
	}
}

// extract takes out of a body, or of its beginning if that will do, what was asked for.
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

// hasReplaced reports whether U+FFFD is in a value.
func (k *Kept) hasReplaced() bool {
	replaced := func(v json.RawMessage) bool { return bytes.Contains(v, []byte("\uFFFD")) }
	return slices.ContainsFunc(k.Values, replaced) ||
		slices.ContainsFunc(k.Rows, func(a record.Answer) bool { return slices.ContainsFunc(a.Values, replaced) })
}
