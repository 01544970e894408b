package journal

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
)

// MaskedError says that a journal cannot be gone on with, since it does not hold what was asked.
type MaskedError struct{ Seq int64 }

func (e *MaskedError) Error() string {
	return fmt.Sprintf("the journal was written by an earlier version, which stored rows and URLs without what looked like a secret "+
		"(as in request %d), so that one request may be taken for another; start the run again with a journal of its own. fetch report shows what this one holds", e.Seq)
}

// RefuseMasked ends the records of a journal of version 1 with a *MaskedError if a name, a URL or a row of one was masked.
func RefuseMasked(records iter.Seq2[*record.Record, error]) iter.Seq2[*record.Record, error] {
	return func(yield func(*record.Record, error) bool) {
		for r, err := range records {
			if err == nil && isMasked(r) {
				r, err = nil, &MaskedError{r.Seq}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func isMasked(r *record.Record) bool {
	return strings.Contains(r.URL+r.Name, secret.Mask) || slices.ContainsFunc(r.Answers(), func(a record.Answer) bool {
		return slices.ContainsFunc(a.Row, func(c fetcher.Cell) bool { return strings.Contains(c.Value, secret.Mask) })
	})
}
