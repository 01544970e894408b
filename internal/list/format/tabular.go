package format

import (
	"errors"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/table"
)

// tabular is the decoder of tables with a column of URLs. The other columns become the row of the request; three of
// them have a meaning: name, method and timeout.
type tabular struct {
	entry
	input   string
	reader  *table.Reader
	columns []int // indices of the columns with a meaning, in the order of meanings; -1: missing
}

// The columns with a meaning.
const (
	urlColumn = iota
	nameColumn
	methodColumn
	timeoutColumn
)

var meanings = [...]string{"url", "name", "method", "timeout"}

// means reports whether the name of a column is the word for a meaning.
func means(column, word string) bool { return strings.EqualFold(strings.TrimSpace(column), word) }

func (t *tabular) next() error {
	if t.columns == nil {
		if err := t.start(); err != nil {
			return err
		}
	}
	row, err := t.reader.Next()
	if err == nil {
		return t.take(row)
	}
	broken, ok := errors.AsType[*table.Error](err)
	if !ok || broken.Final {
		return unusable(err, t.input)
	}
	t.shifted = true
	t.takeBroken(broken.Row)
	return BadLine(broken.Problem, broken.Hint)
}

func (t *tabular) place(bad *LineError) { bad.Line = t.reader.Line() }

// start finds the columns.
func (t *tabular) start() error {
	t.columns = []int{-1, -1, -1, -1}
	names, err := t.reader.Columns()
	if err != nil {
		return unusable(err, t.input)
	}
	for c, word := range meanings {
		for i, name := range names {
			switch {
			case !means(name, word):
			case t.columns[c] >= 0:
				return BadInput("", "has two columns "+word, "give one of them another name")
			default:
				t.columns[c] = i
			}
		}
	}
	if t.columns[urlColumn] < 0 {
		return t.noURLs(names)
	}
	return nil
}

// noURLs returns the error of a table without a column of URLs.
func (t *tabular) noURLs(names []string) error {
	e := &InputError{Hint: "with --rows this table can fill a URL template"}
	for _, name := range names {
		if at, _ := FindScheme([]byte(name)); at >= 0 {
			e.Problem = "its first line holds a URL, and should name the columns"
			e.Hint = "write a heading with a column url, or say --input-format lines if it is no table"
			return e
		}
	}
	show := func(name string) string { return Plain(excerpt([]byte(name))) }
	e.Problem = "there is no column url; its columns are " + Enumerate(names, maxShown, show)
	return e
}

// unusable converts an error that makes an input unusable.
func unusable(err error, input string) error {
	if e, ok := errors.AsType[*table.Error](err); ok {
		return BadInput(placeOf(input, e.Line), e.Problem, e.Hint)
	}
	return err
}

// takeBroken stores what there is of a bad row, unchecked.
func (t *tabular) takeBroken(row fetcher.Row) {
	if at := t.columns[nameColumn]; at >= 0 {
		t.name = row[at].Value
	}
	t.url = row[t.columns[urlColumn]].Value
	t.takeRow(row)
}

// takeRow stores the other columns.
func (t *tabular) takeRow(row fetcher.Row) {
	at := t.columns[urlColumn]
	if t.row = slices.Delete(row, at, at+1); len(t.row) == 0 {
		t.row = nil
	}
}

// take converts a row into an entry.
func (t *tabular) take(row fetcher.Row) error {
	for c, set := range [...]func(*entry, string) error{
		nameColumn: (*entry).setName, methodColumn: (*entry).setMethod, timeoutColumn: (*entry).setTimeout,
	} {
		if at := t.columns[c]; set != nil && at >= 0 {
			if bad := set(&t.entry, row[at].Value); bad != nil {
				t.takeBroken(row)
				return bad
			}
		}
	}
	url := row[t.columns[urlColumn]]
	t.takeRow(row)
	if strings.TrimSpace(url.Value) == "" {
		return BadLine("the cell of column "+url.Column+" is empty", "write a URL there, or remove the row")
	}
	return t.setURL([]byte(url.Value))
}
