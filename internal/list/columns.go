package list

import (
	"strings"

	"example.com/fetch/fetcher"
)

// Columns are the names of the columns of a request's Row, or of the Rows of a batch: those of the table, then those of
// Options.Set. It is nil if the entries of the list are no templates.
func (l *List) Columns() []string {
	if l.filled == nil {
		return nil
	}
	return l.filled.Columns()
}

// Templates is how many templates there are; 0 if the entries of the list are none.
func (l *List) Templates() int {
	if l.filled == nil {
		return 0
	}
	return l.filled.Templates()
}

// maxRowColumns is how many columns are told of.
const maxRowColumns = 10_000

// rowColumns gathers the columns of rows, in the order in which they come.
type rowColumns struct {
	names []string
	known map[string]bool
}

func (c *rowColumns) add(row fetcher.Row) {
	for i, cell := range row {
		if i < len(c.names) && c.names[i] == cell.Column { // as in most tables
			continue
		}
		if c.known[cell.Column] || len(c.names) == maxRowColumns {
			continue
		}
		if c.known == nil {
			c.known = map[string]bool{}
		}
		name := strings.Clone(cell.Column) // it may be a part of a whole line
		c.known[name] = true
		c.names = append(c.names, name)
	}
}

// RowColumns are the columns that the rows of requests have, in their order: Columns, and where the entries of the list are
// no templates, those of all rows that the entries have themselves. It is nil if they have none, or if an input is a stream,
// of which nobody knows what will come.
func (l *List) RowColumns() []string {
	switch {
	case l.filled != nil:
		return l.Columns()
	case !l.known:
		return nil
	}
	return l.columns.names
}
