package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
)

// maxBatch is how many rows one request may ask for.
const maxBatch = 100_000

// Batch says that one request asks for several rows.
type Batch struct {
	Column string // which stands for the list of their values; empty means that each row has a request of its own
	Size   int    // rows in a batch at most, from 1
}

// ParseBatch reads COLUMN:SIZE. The error matches ErrInput.
func ParseBatch(text string) (Batch, error) {
	i := strings.LastIndexByte(text, ':')
	if i <= 0 {
		return Batch{}, format.BadInput("--batch", "there is no COLUMN:SIZE", "write it like cid:100")
	}
	n, _ := strconv.Atoi(text[i+1:])
	if n < 1 || n > maxBatch {
		return Batch{}, format.BadInput("--batch", fmt.Sprintf("the size is not a number from 1 to %d", maxBatch),
			"write it like cid:100")
	}
	return Batch{Column: text[:i], Size: n}, nil
}

// check finds the column of a batch among the variables.
func (b Batch) check(v *variables) error {
	if b.Column == "" {
		return nil
	}
	index, ok := v.lookup(b.Column)
	if !ok {
		bad := v.unknown(b.Column)
		return format.BadInput("--batch", bad.Problem, bad.Hint)
	}
	v.batch = index
	return nil
}

// group is the batch that is being gathered.
type group struct {
	key  int   // the variable that stands for the list
	same []int // the other variables that a template uses: they must not change within a batch
	rows []fetcher.Row
	line int64                          // of the first
	end  func(rows []fetcher.Row) error // takes a batch; the rows are its own
}

// group makes room for batches, of each of which requests are made so many times.
func (w *walk) group(times int64, give func(rows []fetcher.Row) error) *group {
	g := &group{key: w.variables.batch}
	g.end = func(rows []fetcher.Row) error {
		if w.line = g.line; w.Count == nil {
			return give(rows)
		}
		w.count(times)
		return nil
	}
	for i := range w.variables.names {
		if i != g.key && slices.ContainsFunc(w.templates, func(t *template) bool { return t.uses(i) }) {
			g.same = append(g.same, i)
		}
	}
	return g
}

// put adds a row to a batch, and ends the one before it if it does not belong to that, and its own if that is full. Full is
// the row with the values of sets. A row that makes no request is a batch of its own, so that all stay in their order.
func (w *walk) put(g *group, row, full fetcher.Row, line int64) error {
	alone := w.problemOf(&values{row: full, list: []string{full[g.key].Value}, batch: g.key}) != nil
	differs := func(i int) bool { return i < len(row) && row[i].Value != g.rows[0][i].Value }
	if alone || len(g.rows) > 0 && slices.ContainsFunc(g.same, differs) {
		if err := g.flush(); err != nil {
			return err
		}
	}
	if len(g.rows) == 0 {
		g.line = line
		g.rows = make([]fetcher.Row, 0, min(w.Batch.Size, 1000))
	}
	g.rows = append(g.rows, row)
	if alone || len(g.rows) == w.Batch.Size {
		return g.flush()
	}
	return nil
}

// flush ends the batch.
func (g *group) flush() error {
	rows := g.rows
	if g.rows = nil; len(rows) == 0 {
		return nil
	}
	return g.end(rows)
}

// listOf gives the values of one variable in all rows.
func listOf(rows []fetcher.Row, variable int) []string {
	list := make([]string, 0, len(rows))
	had := make(map[string]bool, len(rows))
	for _, row := range rows {
		if value := row[variable].Value; !had[value] { // asked for twice it would be answered twice, to each of its rows
			had[value] = true
			list = append(list, value)
		}
	}
	return list
}

// batchName is what a request for several rows is called, like "cid 1 to 300".
func batchName(column string, list []string) string {
	name := column + " " + brief(list[0])
	if len(list) > 1 {
		name += " to " + brief(list[len(list)-1])
	}
	return name
}

// brief is a value, cut if it is long.
func brief(value string) string {
	const most = 40
	if cut := truncated(value, most); len(cut) < len(value) {
		return cut + "…"
	}
	return value
}
