package template

import (
	"fmt"
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
	wrong := &format.InputError{Input: "--batch", Hint: "write it like cid:100"}
	i := strings.LastIndexByte(text, ':')
	if i <= 0 {
		wrong.Problem = "there is no COLUMN:SIZE"
		return Batch{}, wrong
	}
	n, err := strconv.Atoi(text[i+1:])
	if err != nil || n < 1 || n > maxBatch {
		wrong.Problem = fmt.Sprintf("the size is not a number from 1 to %d", maxBatch)
		return Batch{}, wrong
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
		return &format.InputError{Input: "--batch", Problem: bad.Problem, Hint: bad.Hint}
	}
	if b.Size < 1 || b.Size > maxBatch {
		return &format.InputError{
			Input: "--batch", Problem: fmt.Sprintf("the size is not a number from 1 to %d", maxBatch), Hint: "write it like cid:100",
		}
	}
	v.batch = index
	return nil
}

// group is the batch that is being gathered; whoever adds the last row that it can hold ends it.
type group struct {
	key  int // the variable that stands for the list
	size int
	same []int // the other variables that a template uses: they must not change within a batch
	rows []fetcher.Row
	line int64 // of the first
}

// group makes room for batches.
func (f *Filled) group() *group {
	g := &group{key: f.variables.batch, size: f.Batch.Size}
	for i := range f.variables.names {
		for _, t := range f.templates {
			if t.used[i] && i != g.key {
				g.same = append(g.same, i)
				break
			}
		}
	}
	return g
}

// takes reports whether a row belongs to the batch.
func (g *group) takes(row fetcher.Row) bool {
	if len(g.rows) == 0 {
		return true
	}
	for _, i := range g.same {
		if i < len(row) && row[i].Value != g.rows[0][i].Value {
			return false
		}
	}
	return true
}

// put adds a row, ending the batch before it with flush if it does not belong to that, and with it if it is full then.
func (g *group) put(row fetcher.Row, line int64, flush func() error) error {
	if !g.takes(row) {
		if err := flush(); err != nil {
			return err
		}
	}
	if len(g.rows) == 0 {
		g.line = line
		g.rows = make([]fetcher.Row, 0, min(g.size, 1000))
	}
	g.rows = append(g.rows, row)
	if len(g.rows) == g.size {
		return flush()
	}
	return nil
}

// take ends the batch. Its rows are the caller's.
func (g *group) take() []fetcher.Row {
	rows := g.rows
	g.rows = nil
	return rows
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
