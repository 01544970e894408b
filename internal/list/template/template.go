// Package template makes requests of templates: entries whose URL (RFC 6570), name, header and body are filled in from the
// rows of a table, one by one or in batches, and from the values of sets. See docs/templates.md.
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

// variables are what a template may name: the columns of the table, then the names of the sets.
type variables struct {
	names []string
	index map[string]int
	table int // how many of them are columns of the table
	given int // how many of them are in rows: all but the secrets, which are the last ones
	batch int // the one that stands for a list of values; -1 if none does
	label int // the one that names a request; -1 if none does

	word   string // the first line of a table of one value a line: what names it makes it a heading
	headed bool   // something does
	valued bool   // something names the column as one that has no heading
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
	for i, name := range v.names { // { name} may be written {name}
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

// bad is the error of a row that cannot be put into a template for the value of a variable, of which nothing is shown.
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

// unknown is the error of a name in braces that is no variable's.
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

// inBraces is what messages show of an expression: not what may be JSON, and hold anything.
func inBraces(content string) string {
	if strings.ContainsAny(content, `"'=`) {
		return "…"
	}
	return format.Shortened(content)
}

// enumerate lists the variables for a message.
func (v *variables) enumerate() string { return format.Enumerate(v.names, 30, format.Shortened) }

// find reports whether text, which begins with a brace, begins with a variable's name in braces, and gives it and how long
// that is. A name may itself hold a closing brace.
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

// maxName bounds how far the end of a name is looked for.
const maxName = 1000

// values are what the variables stand for in one request.
type values struct {
	row   fetcher.Row // a cell for each variable
	list  []string    // what the variable batch stands for; nil if that is one value, too
	batch int
	whole bool // they only mark their places, and no prefix is taken of them
}

// template is one entry of a list whose URL, name, header and body are filled in from rows.
type template struct {
	variables *variables
	request   fetcher.Request // what is the same for all rows
	shown     string          // the URL, as far as messages may show it
	url       text
	settled   bool // scheme, host and port stand in the template, and end there
	scheme    bool // the first expression stands for the scheme alone
	name      text // nil: it has no variables
	header    []headerTemplate
	body      *bodyTemplate // nil: it is the same for all rows
	order     []int         // of the variables, as they are used
	first     int           // the first of them that is no secret; -1 if there is none
	upload    string        // the name of the file that the body of all rows is; empty: it is none
	query     *Query        // nil: nothing is added to the URL
	secret    []bool        // by variable: what it stands for is shown to nobody
	hides     bool          // it puts a secret into requests
	data      []string      // ambiguous parameters of the URL that a variable fills
	bodyData  []string      // of the body
	literal   string        // the credentials that stand in it
	host      string        // that it leads to; empty: rows say it
	origin    *secret.Origin
}

// compile makes a template of a URL. The error lacks its place.
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

// use notes which variables the template uses, and reports whether there are any.
func (t *template) use(variables ...int) bool {
	for _, variable := range variables {
		if !t.uses(variable) {
			t.order = append(t.order, variable)
		}
	}
	return len(variables) > 0
}

func (t *template) uses(variable int) bool { return slices.Contains(t.order, variable) }

// complete takes the rest of an entry: its request, which holds the template that all requests have in common, and what is
// sent in the place of its body; nil: that is.
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
