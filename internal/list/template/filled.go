package template

import (
	"fmt"
	"io"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/secret"
)

// maxTemplates is how many templates a list may have, all of which are held in memory.
const maxTemplates = 100_000

// Sources are what templates are filled in with.
type Sources struct {
	Rows    string   // a table, a file or - for stdin; empty: there is none
	Set     []string // values like "id=1..100"
	Batch   Batch    // with a Column, one request is made for several rows
	Query   []payload.Part
	Secrets []Secret // like sets with one value each, and in no row
	Rules   *secret.Rules
}

// Filled is a list whose entries are templates, filled in from the rows of a table and the values of sets.
type Filled struct {
	Sources
	table     *rowTable
	sets      *sets
	variables *variables
	templates []*template
	query     *Query
	values    []string    // of the secrets
	row       fetcher.Row // of them alone
}

// Open reads the heading of the table, if there is one.
func Open(s Sources, stdin io.Reader) (f *Filled, err error) {
	f = &Filled{Sources: s}
	if f.sets, err = parseSets(s.Set); err != nil {
		return nil, err
	}
	for _, one := range s.Secrets {
		f.sets.all = append(f.sets.all, &set{name: one.Name, parts: []setPart{{text: one.Value}}, count: 1})
		f.values, f.row = append(f.values, one.Value), append(f.row, fetcher.Cell{Column: one.Name, Value: one.Value})
	}
	var names []string
	for _, one := range f.sets.all {
		names = append(names, one.name)
	}
	if f.table, err = openRows(s.Rows, stdin); err != nil {
		return nil, err
	}
	defer func() {
		if c := f.Stream(); err != nil && c != nil {
			c.Close()
		}
	}()
	if f.variables, err = newVariables(f.table.columns, names); err != nil {
		return f, err
	}
	f.variables.word = f.table.word
	if err = s.Batch.check(f.variables); err != nil {
		return f, err
	}
	f.query, err = newQuery(s.Query, f.variables)
	return f, err
}

// Table is the table; nil: there is none.
func (f *Filled) Table() *format.Input { return f.table.input }

// IsStream reports whether the table can be read only once.
func (f *Filled) IsStream() bool { return f.table.isStream() }

// Stream is what has to be closed of a table that is a stream; nil: nothing.
func (f *Filled) Stream() io.Closer { return f.table.closer }

// UnusedSets are the names of the sets that no template uses.
func (f *Filled) UnusedSets() (names []string) {
	if f == nil {
		return nil
	}
	for i, name := range f.variables.names[f.variables.table:] {
		i += f.variables.table
		isUsed := func(t *template) bool { return t.uses(i) }
		if i-f.variables.table < len(f.Set) && i != f.variables.label && !slices.ContainsFunc(f.templates, isUsed) {
			names = append(names, name)
		}
	}
	return names
}

// NameColumn makes the first line of a table of one value a line its heading, if that is what the templates name.
func (f *Filled) NameColumn() error {
	v := f.variables
	switch {
	case !v.headed:
		return nil
	case v.valued:
		return format.BadInput(f.table.name(), fmt.Sprintf("its first line is a heading for {%s}, but not for {%s}", format.Plain(v.word), v.names[0]),
			"use one of them")
	}
	v.nameColumn()
	return f.table.takeHeading()
}

// Check finds what is wrong with the URL of an entry.
func (f *Filled) Check(url []byte) *format.LineError {
	_, bad := compile(url, f.variables)
	return bad
}

// Add takes an entry of an input as a template.
func (f *Filled) Add(in *format.Input, req fetcher.Request) error {
	if len(f.templates) == maxTemplates {
		return format.BadInput(in.Name, fmt.Sprintf("there are more than %d templates", maxTemplates),
			"put what differs into the table of --rows")
	}
	t, bad := compile([]byte(req.URL), f.variables)
	if bad != nil {
		bad.Input = in.Name
		return bad
	}
	if err := t.complete(req); err != nil {
		return err
	}
	f.query.addTo(t)
	if key := f.variables.batch; key >= 0 && !t.uses(key) {
		return format.BadInput(in.Name, fmt.Sprintf("the template %s has no {%s}, which --batch makes a list", t.shown, format.Plain(f.Batch.Column)),
			fmt.Sprintf("write {%s} where the list belongs", format.Plain(f.Batch.Column)))
	}
	f.templates = append(f.templates, t)
	return nil
}

// NoRows is the error of a table without rows.
func (f *Filled) NoRows() error {
	return format.BadInput(f.table.name(), "there is no row in it", "write rows below the heading")
}

// Failed makes of the request that stands for a bad row one with all columns, and as many of their cells as there are.
func (f *Filled) Failed(req *fetcher.Request) {
	v := f.variables
	row := make(fetcher.Row, len(v.names))
	for i, name := range v.names {
		row[i].Column = name
		if i < len(req.Row) {
			row[i].Value = req.Row[i].Value
		}
	}
	if v.label >= 0 && !f.Rules.Column(v.names[v.label]) {
		req.Name = row[v.label].Value
	}
	req.Row = f.visible(row)
	if v.batch >= 0 {
		req.Row, req.Rows = nil, []fetcher.Row{req.Row}
	}
}

// Columns are the names of the columns of a request's Row, or of the Rows of a batch; of a nil Filled there are none.
func (f *Filled) Columns() []string {
	if f == nil {
		return nil
	}
	return slices.Clip(f.variables.names[:len(f.variables.names)-len(f.Secrets)])
}

// Templates is how many templates there are.
func (f *Filled) Templates() int {
	if f == nil {
		return 0
	}
	return len(f.templates)
}
