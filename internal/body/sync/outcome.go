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

// Outcome is what became of one request in a run.
type Outcome uint8

// The outcomes.
const (
	None      Outcome = iota
	Added             // there was no file, and now there is
	Changed           // the file has other content than before
	Unchanged         // the server says so, or sent the same content again
	Gone              // 404 or 410 where there was something before; the file stays
	Conflict          // the file was changed by someone else, and so it was left as it is
	Failed            // any other failure; the file is as before
	Canceled          // cut off by the end of the run; the file is as before
	Unlisted          // the state has it, and the list no longer does; the file stays
	outcomes
)

var outcomeNames = [outcomes]string{"", "new", "changed", "unchanged", "gone", "conflict", "failed", "canceled", "unlisted"}

// String is the outcome's name in reports: "changed".
func (o Outcome) String() string { return outcomeNames[o] }

// ErrConflict is what the error of a result wraps when the file was changed by someone else. Its Kind is
// fetcher.KindExpect.
var ErrConflict = errors.New("the file was changed by someone else since it was fetched; it was left as it is: move it away, or write --overwrite")

// Change is one line of the report.
type Change struct {
	Outcome Outcome
	File    string // in the folder, with slashes; empty if there is none
	URL     string // masked
	Error   string // why, if Outcome is a failure; masked
}

// AppendText appends "changed    path  url" as a line for people, with its end. No character that a terminal would obey
// is in it.
func (c *Change) AppendText(dst []byte) []byte {
	dst = fmt.Appendf(dst, "%-9s  %s  %s", c.Outcome, record.Printable(cmp.Or(c.File, "-")), record.Printable(c.URL))
	if c.Error != "" {
		dst = append(append(dst, "  "...), record.Printable(c.Error)...)
	}
	return append(dst, '\n')
}

// AppendJSON appends the change as a line of NDJSON, with its end: {"outcome":"changed","file":"a.json","url":"…"} and
// "error" where there is one.
func (c *Change) AppendJSON(dst []byte) []byte {
	return record.AppendAnyLine(dst, struct {
		Outcome string `json:"outcome"`
		File    string `json:"file"`
		URL     string `json:"url"`
		Error   string `json:"error,omitempty"`
	}{c.Outcome.String(), c.File, c.URL, c.Error})
}

// Summary counts the outcomes of a run. ListEnded reports whether the list was read to its end; if not, nobody knows which
// requests are Unlisted, and that is 0.
type Summary struct {
	Counts    [outcomes]int64 // by Outcome
	ListEnded bool
}

// AppendText appends the summary as a line for people, with its end. New, changed, unchanged and gone are always there.
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
			dst = append(dst, "not in the list any more, left as they are"...)
		default:
			dst = append(dst, o.String()...)
		}
	}
	return append(dst, '\n')
}

// AppendJSON appends the summary as a line of NDJSON, with its end: {"type":"summary","v":1,"new":3,…}.
func (s *Summary) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"type":"summary","v":1`...)
	for o := Added; o < outcomes; o++ {
		dst = fmt.Appendf(dst, `,"%s":%d`, o, s.Counts[o])
	}
	return fmt.Appendf(dst, `,"list_ended":%t}`+"\n", s.ListEnded)
}

// Kept is the Value of a result that was handled. It puts File and SHA256 into the record, and the size of what stays coded.
type Kept struct {
	Outcome Outcome
	File    string // in the folder, with slashes
	SHA256  string // of the content, in hexadecimal
	path    string // with the folder
	bytes   int64  // of content that came, and is kept, in a content coding; 0: it is not
}

// Keep implements record.Keeper.
func (k *Kept) Keep(r *record.Record) {
	r.File, r.SHA256 = k.path, k.SHA256
	if k.bytes > 0 {
		r.Bytes = k.bytes
	}
}

var _ record.Keeper = (*Kept)(nil)

// outcomeOf is what became of the request of a result.
func outcomeOf(res *fetcher.Result) (Outcome, string) {
	kept, ok := res.Value.(*Kept)
	switch {
	case res.Err == nil && ok:
		return kept.Outcome, ""
	case res.Err == nil:
		return Failed, "nothing was kept of the answer"
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
