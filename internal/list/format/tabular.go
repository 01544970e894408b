package format

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/table"
)

// tabular is the decoder of tables with a column of URLs. The other columns become the row of the request; three of them
// say more of it: name, method and timeout.
type tabular struct {
	entry
	input   string
	reader  *table.Reader
	started bool
	columns tableColumns
	done    error
}

// tableColumns are the places of the columns that mean something, or -1.
type tableColumns struct{ url, name, method, timeout int }

func isURLColumn(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "url") }

func (t *tabular) Next() error {
	if !t.started {
		t.started = true
		t.done = t.start()
	}
	if t.done != nil {
		return t.done
	}
	t.clear()
	row, err := t.reader.Next()
	var bad *LineError
	if broken, ok := errors.AsType[*table.Error](err); ok {
		bad = &LineError{Problem: broken.Problem, Hint: broken.Hint}
		t.takeBroken(broken.Row)
	} else if err != nil {
		t.done = t.failure(err)
		return t.done
	} else if bad = t.take(row); bad == nil {
		return nil
	}
	bad.Input, bad.Line, bad.Partial = t.input, t.reader.Line(), t.partial()
	bad.Partial.Shifted = err != nil
	return bad
}

// start finds the columns.
func (t *tabular) start() error {
	names, err := t.reader.Columns()
	if err != nil {
		return t.failure(err)
	}
	for _, c := range []struct {
		at   *int
		name string
	}{{&t.columns.url, "url"}, {&t.columns.name, "name"}, {&t.columns.method, "method"}, {&t.columns.timeout, "timeout"}} {
		*c.at = -1
		for i, name := range names {
			if !strings.EqualFold(strings.TrimSpace(name), c.name) {
				continue
			}
			if *c.at >= 0 {
				return &InputError{Input: t.input, Problem: "has two columns " + c.name, Hint: "give one of them another name"}
			}
			*c.at = i
		}
	}
	if t.columns.url >= 0 {
		return nil
	}
	return t.noURLs(names)
}

// noURLs is the error of a table that has no column of URLs.
func (t *tabular) noURLs(names []string) error {
	e := &InputError{Input: t.input, Hint: "with --rows this table can fill a URL template"}
	var shown []string
	for _, name := range names {
		if at, _ := FindScheme([]byte(name)); at >= 0 {
			e.Problem = "its first line holds a URL, and should name the columns"
			e.Hint = "write a heading with a column url, or say --input-format lines if it is no table"
			return e
		}
		shown = append(shown, Plain(excerpt([]byte(name))))
	}
	e.Problem = "there is no column url; its columns are " + strings.Join(shown[:min(len(shown), maxShown)], ", ")
	if more := len(shown) - maxShown; more > 0 {
		e.Problem += fmt.Sprintf(" and %d more", more)
	}
	return e
}

// failure is the error after which nothing more can be read.
func (t *tabular) failure(err error) error {
	if unusable, ok := errors.AsType[*table.Unusable](err); ok {
		e := &InputError{Input: t.input, Problem: unusable.Problem, Hint: unusable.Hint}
		if unusable.Line > 0 {
			e.Input = placeOf(t.input, unusable.Line)
		}
		return e
	}
	return err
}

// takeBroken takes what there is of a bad row, unchecked.
func (t *tabular) takeBroken(row fetcher.Row) {
	if t.columns.name >= 0 {
		t.name = row[t.columns.name].Value
	}
	t.url = row[t.columns.url].Value
	t.takeRow(row)
}

// takeRow takes the other columns.
func (t *tabular) takeRow(row fetcher.Row) {
	if t.row = slices.Delete(row, t.columns.url, t.columns.url+1); len(t.row) == 0 {
		t.row = nil
	}
}

// take makes an entry of a row.
func (t *tabular) take(row fetcher.Row) *LineError {
	c := t.columns
	for _, of := range []struct {
		at  int
		set func(string) *LineError
	}{{c.name, t.setName}, {c.method, t.setMethod}, {c.timeout, t.setTimeout}} {
		if of.at < 0 {
			continue
		}
		if bad := of.set(row[of.at].Value); bad != nil {
			t.takeBroken(row)
			return bad
		}
	}
	url := row[c.url]
	t.takeRow(row)
	if strings.TrimSpace(url.Value) == "" {
		return &LineError{Problem: "the cell of column " + url.Column + " is empty", Hint: "write a URL there, or take the row out"}
	}
	return t.setURL([]byte(url.Value))
}
