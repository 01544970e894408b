package record

import (
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
)

// shown gives the parts of one request and of its result as a record has them: without secrets, and as JSON can hold
// them.
type shown struct{ *secret.Request }

func (s shown) url() string { return text(s.ShownURL()) }

// backURL and back are of what came back.
func (s shown) backURL(raw string) string { return text(s.BackURL(raw)) }
func (s shown) back(words string) string  { return text(s.Back(words)) }

// backHost is the host of a hop, which a server may have led to.
func (s shown) backHost(h *fetcher.Hop) string {
	if h.URL == s.URLAsked() {
		return h.Host
	}
	return s.back(h.Host)
}

func (s shown) row(row fetcher.Row) fetcher.Row { return storableRow(s.ShownRow(row)) }

// storableRow is a row as JSON can hold it.
func storableRow(row fetcher.Row) fetcher.Row {
	return changed(row, func(cell fetcher.Cell) (fetcher.Cell, bool) {
		shown := fetcher.Cell{Column: text(cell.Column), Value: text(cell.Value)}
		return shown, shown != cell
	})
}

// changed is a slice with those elements that have to be changed. It is the slice itself if none has: nobody writes to it.
func changed[S ~[]T, T any](all S, change func(T) (T, bool)) S {
	same := all
	for i, one := range all {
		other, ok := change(one)
		if !ok {
			continue
		}
		if &same[0] == &all[0] {
			same = slices.Clone(all)
		}
		same[i] = other
	}
	return same
}

// text is s as JSON can hold it, so that a record that was stored and read again equals the one that was made.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
