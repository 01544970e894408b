// Package cells fills the cells of rows into header fields that are credentials.
package cells

import (
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
)

// Header are the header fields of -H that are credentials and hold a {column}. They are bound to their hosts like all
// credentials, and so cannot be filled with the rest of a request: the cells are put in once it is known who gets them.
type Header struct {
	fields map[string][]string // by name, as they were given
	values []template.Secret   // that stand in no row
}

// New finds them among the credentials. The columns are those of the rows, the secrets stand in no row.
func New(secret http.Header, columns []string, secrets []template.Secret) Header {
	s := Header{map[string][]string{}, secrets}
	for _, secret := range secrets {
		columns = append(slices.Clip(columns), secret.Name)
	}
	for name, values := range secret {
		text := strings.Join(values, "\n")
		if slices.ContainsFunc(columns, func(column string) bool { return braced(text, column) != "" }) {
			s.fields[name] = values
		}
	}
	return s
}

// braced is how a column stands in a text; empty: it does not.
func braced(text, column string) string {
	for _, name := range []string{column, strings.TrimSpace(column)} {
		if brace := "{" + name + "}"; strings.Contains(text, brace) {
			return brace
		}
	}
	return ""
}

// Adapt fills the fields of the requests that have been given them.
func (s Header) Adapt(reqs iter.Seq2[*fetcher.Request, error]) iter.Seq2[*fetcher.Request, error] {
	if len(s.fields) == 0 {
		return reqs
	}
	return list.WhenRead(reqs, func(req *fetcher.Request) { req.Err = s.Fill(req) })
}

// Fill sets the header of a request to another map, if it has one of the fields. The error is about the row.
func (s Header) Fill(req *fetcher.Request) error {
	var filled http.Header
	for name, given := range s.fields {
		values := req.Header[name]
		if len(values) == 0 || &values[0] != &given[0] {
			continue // another host's, or one that the list gives it
		}
		if filled == nil {
			filled = maps.Clone(req.Header)
		}
		own := make([]string, len(values))
		for i, text := range values {
			var problem string
			if own[i], problem = s.fillIn(text, req); problem != "" {
				return &format.InputError{Problem: "the header " + name + ": " + problem, Hint: "correct it, or take the row out"}
			}
		}
		filled[name] = own
	}
	if filled != nil {
		req.Header = filled
	}
	return nil
}

// fillIn puts the cells of a request into a text, or says what stands against it. A batch has one cell for all of its rows.
func (s Header) fillIn(text string, req *fetcher.Request) (filled, problem string) {
	rows := req.Rows
	if rows == nil {
		rows = []fetcher.Row{req.Row}
	}
	var pairs []string
	for _, secret := range s.values {
		pairs = append(pairs, "{"+secret.Name+"}", secret.Value)
	}
	for i, cell := range rows[0] {
		brace := braced(text, cell.Column)
		if brace == "" {
			continue
		}
		for _, row := range rows {
			if row[i].Value != cell.Value {
				return "", "the rows of the batch differ in " + brace
			}
		}
		pairs = append(pairs, brace, cell.Value)
	}
	filled = strings.NewReplacer(pairs...).Replace(text)
	if !httpguts.ValidHeaderFieldValue(filled) {
		return "", "a cell has a line end or another character that may not stand there"
	}
	return filled, ""
}
