package sync

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
)

// Outcome is the outcome of one request in a run.
type Outcome uint8

// The outcomes.
const (
	None      Outcome = iota
	Added             // there was no file, and now there is one
	Changed           // the file has other content than before
	Unchanged         // the server says so, or has sent the same content again
	Gone              // 404 or 410 for an existing file, which is kept
	Conflict          // the file was changed by someone else, so it was left unchanged
	Failed            // any other failure; the file is unchanged
	Canceled          // cut off by the end of the run; the file is unchanged
	Unlisted          // in the state but no longer in the list; the file is kept
	outcomes
)

var outcomeNames = [outcomes]string{"", "new", "changed", "unchanged", "gone", "conflict", "failed", "canceled", "unlisted"}

// String returns the outcome's name in reports: "changed".
func (o Outcome) String() string { return outcomeNames[o] }

// ErrConflict is wrapped by the error of a result if the file was changed by someone else. Its Kind is
// fetcher.KindExpect.
var ErrConflict = errors.New("the file was changed by someone else since it was fetched; it was left unchanged: move it away, or use --overwrite")

// Change is one line of the report.
type Change struct {
	Outcome Outcome
	File    string // in the folder, with slashes; empty if there is none
	URL     string // masked
	Error   string // the reason, if Outcome is a failure; masked
}

// AppendText appends "changed    path  url" as a line for people, with its line end and control characters escaped.
func (c *Change) AppendText(dst []byte) []byte {
	dst = fmt.Appendf(dst, "%-9s  %s  %s", c.Outcome, record.Printable(cmp.Or(c.File, "-")), record.Printable(c.URL))
	if c.Error != "" {
		dst = append(append(dst, "  "...), record.Printable(c.Error)...)
	}
	return append(dst, '\n')
}

// AppendJSON appends the change as a line of NDJSON, with its line end:
// {"outcome":"changed","file":"a.json","url":"…"}, and "error" if there is one.
func (c *Change) AppendJSON(dst []byte) []byte {
	return record.AppendAnyLine(dst, struct {
		Outcome string `json:"outcome"`
		File    string `json:"file"`
		URL     string `json:"url"`
		Error   string `json:"error,omitempty"`
	}{c.Outcome.String(), c.File, c.URL, c.Error})
}

// Summary counts the outcomes of a run. ListEnded reports whether the list was read to its end; otherwise the
// number of Unlisted requests is unknown, and 0.
type Summary struct {
	Counts    [outcomes]int64 // by Outcome
	ListEnded bool
}

// AppendText appends the summary as a line for people, with its line end. New, changed, unchanged and gone are
// always included.
func (s *Summary) AppendText(dst []byte) []byte {
	for o := Added; o < outcomes; o++ {
		n := s.Counts[o]
		if n == 0 && o > Gone {
			continue
		}
		if o > Added {
			dst = append(dst, " · "...)
		}
		dst = append(strconv.AppendInt(dst, n, 10), ' ')
		switch o {
		case Conflict:
			dst = append(dst, "in conflict"...)
		case Unlisted:
			dst = append(dst, "no longer in the list, left unchanged"...)
		default:
			dst = append(dst, o.String()...)
		}
	}
	return append(dst, '\n')
}

// AppendJSON appends the summary as a line of NDJSON, with its line end: {"type":"summary","v":1,"new":3,…}.
func (s *Summary) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"type":"summary","v":1`...)
	for o := Added; o < outcomes; o++ {
		dst = fmt.Appendf(dst, `,"%s":%d`, o, s.Counts[o])
	}
	return fmt.Appendf(dst, `,"list_ended":%t}`+"\n", s.ListEnded)
}

// Kept is the Value of a result that was handled. It adds to the record File and SHA256, and the size of content
// that is stored encoded.
type Kept struct {
	Outcome Outcome
	File    string // in the folder, with slashes
	SHA256  string // of the content, in hexadecimal
	path    string // with the folder
	bytes   int64  // of content that is stored in a content coding; 0: it is not
}

// Keep implements record.Keeper.
func (k *Kept) Keep(r *record.Record) {
	r.File, r.SHA256 = k.path, k.SHA256
	if k.bytes > 0 {
		r.Bytes = k.bytes
	}
}

var _ record.Keeper = (*Kept)(nil)

// outcomeOf returns the outcome of the request of a result.
func outcomeOf(res *fetcher.Result) (Outcome, string) {
	kept, ok := res.Value.(*Kept)
	switch {
	case res.Err == nil && ok:
		return kept.Outcome, ""
	case res.Err == nil:
		return Failed, "nothing was kept of the response"
	}
	why := secret.Of(res.Request, res.Cookies...).Back(res.Err.Error())
	if body := record.From(res).ErrorBody; body != "" {
		why += ": " + body
	}
	switch {
	case errors.Is(res.Err, ErrConflict):
		return Conflict, why
	case errors.Is(res.Err, fetcher.KindCanceled), errors.Is(res.Err, fetcher.KindDeadline):
		return Canceled, why
	}
	return Failed, why
}
