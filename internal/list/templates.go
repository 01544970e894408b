package list

import (
	"context"
	"io"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
)

// openTemplates reads the heading of the table and all templates.
func (l *List) openTemplates(ctx context.Context, stdin io.Reader) (err error) {
	o := &l.options
	if o.Rows == "-" && l.usesStdin() {
		return format.BadInput("-", "standard input is named twice", "write - once, for the list or for --rows")
	}
	l.filled, err = template.Open(template.Sources{
		Rows: o.Rows, Set: o.Set, Batch: o.Batch, Query: o.Query, Secrets: o.SecretValues, Rules: o.Secrets,
	}, stdin)
	if err != nil {
		return err
	}
	if table := l.filled.Stream(); table != nil {
		l.open = table
	}
	if err := l.readTemplates(ctx); err != nil {
		return err
	}
	l.known = !l.filled.IsStream()
	return l.filled.NameColumn()
}

func (l *List) readTemplates(ctx context.Context) error {
	var bad format.BadLinesError
	onBad := func(line *format.LineError) error {
		bad.Add(line)
		return nil
	}
	for _, in := range l.inputs {
		in.Templates = l.filled.Check
		err := l.read(ctx, in, onBad, func(d *format.Reader) error {
			req := l.options.Template
			d.Fill(&req)
			return l.filled.Add(in, req)
		})
		if err != nil {
			return err
		}
	}
	switch {
	case bad.Count > 0:
		return &bad
	case l.filled.Templates() == 0:
		return l.empty()
	}
	l.filled.FindSecrets(l.own.add, l.isCommon)
	return nil
}

// Columns are the names of the columns of a request's Row, or of the Rows of a batch: those of the table, then those of
// Options.Set. It is nil if the entries of the list are no templates.
func (l *List) Columns() []string { return l.filled.Columns() }

// Templates is how many templates there are; 0 if the entries of the list are none.
func (l *List) Templates() int { return l.filled.Templates() }

// UnusedSets are the names of Options.Set that no entry of the list uses, nor what is sent with it.
func (l *List) UnusedSets() []string { return l.filled.UnusedSets() }

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
