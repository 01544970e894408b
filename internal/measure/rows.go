package measure

import (
	"cmp"
	"maps"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// RowCounts is the part of a Summary that counts the rows of the table that requests were made from. A batch has many,
// any other request one. A row counts once, however many pages its request has: it is ok if all of them are. Pages that
// are not ready yet (record.NoteInterim) are not counted.
type RowCounts struct {
	Rows       int64       `json:"rows"` // RowsOK + RowsFailed + RowsUndone
	RowsOK     int64       `json:"rows_ok"`
	RowsFailed int64       `json:"rows_failed"`           // without a result, or with an unexpected one
	RowsUndone int64       `json:"rows_undone,omitempty"` // their request was cancelled, or its last response was not ready yet
	RowClasses Counts      `json:"row_classes,omitempty"` // failed rows by class; expect: the request succeeded, but had no result for them
	FailedRows []FailedRow `json:"failed_rows,omitempty"` // of batches that otherwise succeeded; the first maxFailedRows in list order
}

// FailedRow is a row of a batch that failed on its own.
type FailedRow struct {
	Seq   int64  `json:"seq"` // of its batch
	Row   string `json:"row"` // its name: the cell of its column "name", or the first column and its cell
	Error string `json:"error"`
}

const (
	maxFailedRows = 20
	maxWaiting    = 100_000 // requests whose pages are followed; the rows of others may count as ok too early
	maxExcerpt    = 200     // bytes
)

// rows counts rows. Its memory is bounded.
type rows struct {
	RowCounts
	waiting map[int64]int64 // by seq: number of rows of a request whose responses so far were not ready
	partly  map[int64]int64 // by seq: number of rows of a batch that failed on their own
}

// add adds the rows of one record.
func (c *rows) add(r *record.Record) {
	n := int64(1)
	if r.Rows != nil {
		n = int64(len(r.Rows))
	}
	_, waiting := c.waiting[r.Seq]
	switch {
	case r.OK && slices.Contains(r.Notes, record.NoteInterim) && (waiting || r.Page <= 1 && len(c.waiting) < maxWaiting):
		if c.waiting == nil {
			c.waiting = make(map[int64]int64)
		}
		c.waiting[r.Seq] = n
		return
	case waiting:
		delete(c.waiting, r.Seq)
	case r.Page > 1:
		c.later(r, n)
		return
	}
	c.first(r, n)
}

// first counts the rows of a request's first response.
func (c *rows) first(r *record.Record, n int64) {
	c.Rows += n
	switch {
	case isCanceled(r.Class):
		c.RowsUndone += n
		return
	case !r.OK:
		c.fail(r.Class, n)
		return
	}
	failed := int64(0)
	for i := range r.Rows {
		if a := &r.Rows[i]; !a.OK {
			failed++
			c.name(r.Seq, a)
		}
	}
	c.RowsOK += n - failed
	c.fail(expect, failed)
	if failed > 0 && len(c.partly) < maxWaiting {
		if c.partly == nil {
			c.partly = make(map[int64]int64)
		}
		c.partly[r.Seq] = failed
	}
}

// later counts a further page. The pages before it were ok, and so were their rows, except for those that failed on
// their own; only a failure changes the counts.
func (c *rows) later(r *record.Record, n int64) {
	if r.OK {
		return
	}
	n = max(0, min(n-c.partly[r.Seq], c.RowsOK)) // a journal may contain anything
	c.RowsOK -= n
	if isCanceled(r.Class) {
		c.RowsUndone += n
		return
	}
	c.fail(r.Class, n)
}

var expect = fetcher.KindExpect.String()

func (c *rows) fail(class string, n int64) {
	if n > 0 {
		c.RowsFailed += n
		c.RowClasses.add(class, n)
	}
}

// name keeps a failed row if it is one of the first. Those of a batch come in order.
func (c *rows) name(seq int64, a *record.Answer) {
	at, _ := slices.BinarySearchFunc(c.FailedRows, seq+1, func(row FailedRow, seq int64) int { return cmp.Compare(row.Seq, seq) })
	if at < maxFailedRows {
		row := FailedRow{Seq: seq, Row: excerpt(record.RowName(a.Row), maxExcerpt), Error: excerpt(a.Error, maxExcerpt)}
		all := slices.Insert(c.FailedRows, at, row)
		c.FailedRows = all[:min(len(all), maxFailedRows)]
	}
}

// counts returns the totals; nil if there are no rows.
func (c *rows) counts() *RowCounts {
	all := c.RowCounts
	for _, n := range c.waiting {
		all.Rows += n
		all.RowsUndone += n
	}
	if all.Rows == 0 {
		return nil
	}
	all.RowClasses, all.FailedRows = maps.Clone(all.RowClasses), slices.Clone(all.FailedRows)
	return &all
}
