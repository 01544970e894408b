package template

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/secret"
)

// maxTemplates is the maximum number of templates of a list, which are all held in memory.
const maxTemplates = 100_000

// Sources are the values for filling in templates.
type Sources struct {
	Rows    string        // a table, a file or - for stdin; empty: there is none
	Set     []string      // values like "id=1..100"
	Batch   Batch         // with a Column, one request is made from several rows
	Content *payload.Spec // sent if an entry has no body; nil: nothing
	Query   []payload.Part
	Secrets []Secret // like sets with one value each, but in no row
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
	row       fetcher.Row // a row of only these
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
	f.variables.given -= len(s.Secrets)
	if err = s.Batch.check(f.variables); err != nil {
		return f, err
	}
	f.query, err = newQuery(s.Query, f.variables)
	return f, err
}

// Table returns the table; nil if there is none.
func (f *Filled) Table() *format.Input { return f.table.Input }

// IsStream reports whether the table can be read only once.
func (f *Filled) IsStream() bool { return f.Table() != nil && f.table.IsStream() }

// Stream returns what must be closed if the table is a stream; otherwise nil.
func (f *Filled) Stream() io.Closer { return f.table.closer }

// UsesTable reports whether what is sent differs between the rows of the table, or there is none.
func (f *Filled) UsesTable() bool {
	if f == nil || f.Table() == nil || f.query != nil {
		return true
	}
	return slices.ContainsFunc(f.templates, func(t *template) bool {
		for i := range f.variables.table {
			if t.uses(i) {
				return true
			}
		}
		return false
	})
}

// UnusedSets returns the names of the sets that no template uses.
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

// NameColumn turns the first line of a table with one value per line into its heading, if the templates use that
// name.
func (f *Filled) NameColumn() error {
	v := f.variables
	switch {
	case !v.headed:
		return nil
	case v.valued:
		return format.BadInput(f.table.Name, fmt.Sprintf("its first line is a heading for {%s}, but not for {%s}", format.Plain(v.word), v.names[0]),
			"use one of them")
	}
	delete(v.index, v.names[0])
	v.names[0], v.index[v.word] = v.word, 0
	if strings.EqualFold(v.word, "name") {
		v.label = 0
	}
	return f.table.takeHeading()
}

// Check validates the URL of an entry.
func (f *Filled) Check(url []byte) *format.LineError {
	_, bad := compile(url, f.variables)
	return bad
}

// contentOf returns what is sent as the body of an entry; nil if the entry has one.
func (f *Filled) contentOf(hasBody bool) *payload.Spec {
	if hasBody {
		return nil
	}
	return f.Content
}

// Add adds an entry of an input as a template.
func (f *Filled) Add(in *format.Input, req fetcher.Request, hasBody bool) error {
	if len(f.templates) == maxTemplates {
		return format.BadInput(in.Name, fmt.Sprintf("there are more than %d templates", maxTemplates),
			"put what differs into the table of --rows")
	}
	t, bad := compile([]byte(req.URL), f.variables)
	if bad != nil {
		bad.Input = in.Name
		return bad
	}
	if err := t.complete(req, f.contentOf(hasBody)); err != nil {
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

// NoRows returns the error of a table without rows.
func (f *Filled) NoRows() error {
	return format.BadInput(f.table.Name, "there is no row in it", "write rows below the heading")
}

// Failed gives the request that takes the place of a bad row all columns, and as many of their cells as there are.
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

// Columns returns the names of the columns of a request's Row, or of the Rows of a batch; for a nil Filled there are
// none.
func (f *Filled) Columns() []string {
	if f == nil {
		return nil
	}
	return slices.Clip(f.variables.names[:f.variables.given])
}

// Templates returns the number of templates.
func (f *Filled) Templates() int {
	if f == nil {
		return 0
	}
	return len(f.templates)
}

// isWoven reports whether only secrets are filled into entries, while they are read.
func (f *Filled) isWoven() bool { return f.Rows == "" && len(f.Set) == 0 }

// isNamed reports whether an expression in a URL names one of the secrets.
func (f *Filled) isNamed(url string) bool {
	for _, name := range f.variables.names {
		for _, operator := range []string{"", "+", "#", ".", "/", ";", "?", "&"} {
			if strings.Contains(url, "{"+operator+name) {
				return true
			}
		}
	}
	return false
}

// CheckWoven validates the URL of an entry into which secrets are filled.
func (f *Filled) CheckWoven(url []byte) *format.LineError {
	if f.isNamed(string(url)) {
		_, bad := compile(url, f.variables)
		return bad
	}
	_, bad := new(format.Parser).Normalize(url)
	return bad
}

// Weave fills secrets into an entry of a list that has neither rows nor sets. Each entry is a template by itself,
// read when it is needed, and keeps its own row and name. Braces that do not name a secret are left unchanged.
func (f *Filled) Weave(entry fetcher.Request, hasBody bool) *fetcher.Request {
	failed := func(err error) *fetcher.Request {
		entry.URL = format.Recordable(entry.URL)
		entry.Header, entry.Body, entry.Length, entry.Err = nil, nil, 0, err
		return &entry
	}
	raw := entry.URL
	if !f.isNamed(raw) {
		url, bad := new(format.Parser).Normalize([]byte(raw))
		if bad != nil {
			return failed(bad)
		}
		raw = string(url)
	}
	t, bad := compile([]byte(raw), f.variables)
	if bad != nil {
		return failed(bad)
	}
	if err := t.complete(entry, f.contentOf(hasBody)); err != nil {
		return failed(err)
	}
	f.query.addTo(t)
	t.settle(f.Rules)
	origin := *secret.OriginOf(&entry)
	origin.Values = f.values
	t.origin, t.request.Tag = &origin, &origin
	req := (&maker{Filled: f}).request(t, &values{row: f.row}, nil)
	req.Row = entry.Row
	return req
}
