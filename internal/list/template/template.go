// Package template makes requests from templates: entries whose URL (RFC 6570), name, header and body are filled in
// from the rows of a table, one by one or in batches, and from the values of sets. See docs/templates.md.
package template

import (
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/list/table"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/secret"
)

// variables are the names that a template may use: the columns of the table, then the names of the sets.
type variables struct {
	names []string
	index map[string]int
	table int // number of columns of the table
	given int // number of those in rows: all but the secrets, which come last
	batch int // index of the one with a list of values; -1 if none
	label int // index of the one that names a request; -1 if none

	word   string // first line of a table with one value per line: its use makes it a heading
	headed bool   // word is used
	valued bool   // the column is used by its name without a heading
}

func newVariables(columns, sets []string) (*variables, error) {
	v := &variables{index: map[string]int{}, table: len(columns), batch: -1, label: -1}
	for _, name := range columns {
		v.add(name)
	}
	for _, name := range sets {
		if i, twice := v.index[name]; twice {
			other := "a column of the table"
			if i >= v.table {
				other = "in another --set"
			}
			return nil, format.BadInput("--set", fmt.Sprintf("the name %s is %s, too", format.Shortened(name), other),
				"choose another name")
		}
		v.add(name)
	}
	v.given = len(v.names)
	for i, name := range v.names { // { name} may also be written {name}
		if bare := strings.TrimSpace(name); bare != "" && bare != name {
			if _, taken := v.index[bare]; !taken {
				v.index[bare] = i
			}
		}
	}
	return v, nil
}

func (v *variables) add(name string) {
	if v.label < 0 && strings.EqualFold(strings.TrimSpace(name), "name") {
		v.label = len(v.names)
	}
	v.index[name] = len(v.names)
	v.names = append(v.names, name)
}

// lookup finds a variable by its name.
func (v *variables) lookup(name string) (index int, ok bool) {
	index, ok = v.index[name]
	switch {
	case v.word == "":
	case !ok && name == v.word:
		v.headed = true
		return 0, true
	case ok && index == 0:
		v.valued = true
	}
	return index, ok
}

// bad returns the error of a row, because of the value of a variable, which is not shown.
func (v *variables) bad(variable int, problem string) *format.LineError {
	what := "column"
	switch {
	case variable >= v.given:
		what = "value of --secret-env"
	case variable >= v.table:
		what = "value of --set"
	}
	return format.BadLine(fmt.Sprintf("the %s %s %s", what, format.Shortened(v.names[variable]), problem), "")
}

// unknown returns the error of a name in braces that is not a variable.
func (v *variables) unknown(name string) *format.LineError {
	e := format.BadLine(fmt.Sprintf("{%s} is neither a column nor the name of a --set", inBraces(name)), "")
	if len(v.names) == 0 {
		return e
	}
	if v.names[0] == table.ValueColumn {
		e.Hint = "the table has one value a line, which is {value}, or what its first line says"
		return e
	}
	e.Hint = "there are " + v.enumerate()
	if near := nearest.To(name, v.names); near != "" {
		e.Hint = fmt.Sprintf("did you mean {%s}? %s", format.Plain(near), e.Hint)
	}
	return e
}

// inBraces returns what messages show of an expression: nothing that may be JSON, which may contain secrets.
func inBraces(content string) string {
	if strings.ContainsAny(content, `"'=`) {
		return "…"
	}
	return format.Shortened(content)
}

// enumerate lists the variables for a message.
func (v *variables) enumerate() string { return format.Enumerate(v.names, 30, format.Shortened) }

// find reports whether text, which begins with a brace, begins with a variable's name in braces, and returns its
// index and length. A name may itself contain a closing brace.
func (v *variables) find(text string) (index, length int, ok bool) {
	if text == "" || text[0] != '{' {
		return 0, 0, false
	}
	for from := 1; ; {
		i := strings.IndexByte(text[from:], '}')
		if i < 0 || from+i > maxName {
			return 0, 0, false
		}
		if index, ok = v.lookup(text[1 : from+i]); ok {
			return index, from + i + 1, true
		}
		from += i + 1
	}
}

// maxName limits how far the end of a name is searched for.
const maxName = 1000

// values are the values of the variables in one request.
type values struct {
	row   fetcher.Row // one cell per variable
	list  []string    // the values of the variable batch; nil if it has one value
	batch int
	whole bool // they only mark places, so prefixes are not applied
}

// template is one entry of a list whose URL, name, header and body are filled in from rows.
type template struct {
	variables *variables
	request   fetcher.Request // the parts that are the same for all rows
	shown     string          // the URL for messages
	url       text
	settled   bool // scheme, host and port are literal, and complete
	scheme    bool // the first expression is the scheme only
	name      text // nil: no variables
	header    []headerTemplate
	body      *bodyTemplate // nil: the same for all rows
	order     []int         // the variables in order of use
	first     int           // the first of these that is not secret; -1 if there is none
	upload    string        // name of the file that is the body for all rows; empty: it is not a file
	query     *Query        // nil: nothing is added to the URL
	secret    []bool        // by variable: its value is never shown
	hides     bool          // it puts a secret into requests
	data      []string      // ambiguous parameters of the URL that a variable fills
	bodyData  []string      // of the body
	literal   string        // literal credentials
	host      string        // its host; empty: it depends on the row
	origin    *secret.Origin
}

// compile parses the URL of a template. The error lacks its place.
func compile(raw []byte, v *variables) (*template, *format.LineError) {
	t := &template{variables: v, shown: format.Masked(raw), first: -1}
	if bad := format.BadTemplate(raw); bad != nil {
		return nil, bad
	}
	inQuery := false
	for rest := string(raw); rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			i = len(rest)
		}
		if i > 0 {
			t.url = append(t.url, piece{literal: rest[:i]})
			inQuery = inQuery || strings.ContainsAny(rest[:i], "?#")
			rest = rest[i:]
			continue
		}
		e, n, bad := parseExpression(rest, v)
		if bad != nil {
			bad.Text = t.shown
			return nil, bad
		}
		inQuery = inQuery || strings.IndexByte("?&#", e.operator) >= 0
		e.inQuery = inQuery
		t.url = append(t.url, piece{expression: e})
		rest = rest[n:]
	}
	t.use(t.url.variables()...)
	if bad := t.checkPlaces(raw); bad != nil {
		bad.Text = t.shown
		return nil, bad
	}
	return t, nil
}

// use records which variables the template uses, and reports whether there are any.
func (t *template) use(variables ...int) bool {
	for _, variable := range variables {
		if !t.uses(variable) {
			t.order = append(t.order, variable)
		}
	}
	return len(variables) > 0
}

func (t *template) uses(variable int) bool { return slices.Contains(t.order, variable) }

// complete adds the rest of an entry: its request, which holds the common template, and the content that replaces its
// body, if not nil.
func (t *template) complete(req fetcher.Request, content *payload.Spec) error {
	t.request = req
	t.request.Row, t.request.Rows = nil, nil
	if name := parseText(req.Name, t.variables); len(name.variables()) > 0 {
		t.name = name
	}
	t.header = parseHeader(req.Header, t)
	var err error
	t.body, err = parseBody(&t.request, content, t)
	return err
}
