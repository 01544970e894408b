package report

import (
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// The columns of a flat report: before those of the list's own rows, and after them.
var (
	flatHead = []string{"seq", "page", "name"}
	flatTail = []string{
		"method", "url", "final_url", "host", "ok", "status", "class", "error", "attempts", "due_ms", "queue_ms", "limiter_ms",
		"service_ms", "backoff_ms", "response_ms", "ttfb_ms", "bytes", "wire_bytes", "content_type", "notes",
	}
)

// flat makes rows of cells from records. Its columns are settled by the first record: as rows are written when they come,
// later ones cannot add any. A row column that later records lack is empty there; one that only they have is left out.
type flat struct {
	columns []string // of the rows of the list
	cells   []string // reused
}

// heading settles the columns and names them all. A row's column with the name of one of ours gets "row_" before it.
func (f *flat) heading(r *record.Record) []string {
	names := slices.Clone(flatHead)
	if r != nil {
		for _, c := range r.Row {
			f.columns = append(f.columns, c.Column)
			name := c.Column
			for slices.Contains(names, name) || slices.Contains(flatTail, name) {
				name = "row_" + name
			}
			names = append(names, name)
		}
	}
	return append(names, flatTail...)
}

// row gives the cells of a record, raw. They are overwritten by the next call.
func (f *flat) row(r *record.Record) []string {
	ms := func(m record.Micros) string {
		text, _ := m.AppendText(nil) // never fails
		return string(text)
	}
	ttfb := ""
	if r.Status != 0 {
		ttfb = ms(r.FirstByte())
	}
	f.cells = append(f.cells[:0], strconv.FormatInt(r.Seq, 10), strconv.Itoa(r.Page), r.Name)
	for i, column := range f.columns {
		f.cells = append(f.cells, cellOf(r.Row, i, column))
	}
	f.cells = append(f.cells, r.Method, r.URL, r.FinalURL, r.Host, strconv.FormatBool(r.OK), strconv.Itoa(r.Status), r.Class, r.Error,
		strconv.Itoa(len(r.Attempts)), ms(r.Due), ms(r.Queue), ms(r.Limiter), ms(r.Service), ms(r.Backoff), ms(r.Response), ttfb,
		strconv.FormatInt(r.Bytes, 10), strconv.FormatInt(r.WireBytes, 10), r.ContentType, strings.Join(r.Notes, " "))
	return f.cells
}

// cellOf is the cell in a column, which is most often at place i. Of columns with one name each keeps its place.
func cellOf(row fetcher.Row, i int, column string) string {
	if i < len(row) && row[i].Column == column {
		return row[i].Value
	}
	value, _ := row.Get(column)
	return value
}
