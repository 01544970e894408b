// Package cells fills cells of rows into header fields that are credentials.
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

// Header holds the fields of -H that are credentials and contain a {column}. Like all credentials they belong to
// certain hosts, so they cannot be filled in with the rest of a request: that is done once the recipient is known.
type Header struct {
	fields map[string][]string // by name, as they were given
	values []template.Secret   // that are in no row
}

// New finds these fields among the credentials. The columns are those of the rows; the secrets are in no row.
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

// braced returns the form in which a text contains a column; empty if it does not.
func braced(text, column string) string {
	for _, name := range []string{column, strings.TrimSpace(column)} {
		if brace := "{" + name + "}"; strings.Contains(text, brace) {
			return brace
		}
	}
	return ""
}

// Adapt fills in the fields of the requests that have them.
func (s Header) Adapt(reqs iter.Seq2[*fetcher.Request, error]) iter.Seq2[*fetcher.Request, error] {
	if len(s.fields) == 0 {
		return reqs
	}
	return list.WhenRead(reqs, func(req *fetcher.Request) { req.Err = s.Fill(req) })
}

// Fill replaces the header of a request, if it has one of the fields. The error concerns the row.
func (s Header) Fill(req *fetcher.Request) error {
	var filled http.Header
	for name, given := range s.fields {
		values := req.Header[name]
		if len(values) == 0 || &values[0] != &given[0] {
			continue // for another host, or set by the list
		}
		if filled == nil {
			filled = maps.Clone(req.Header)
		}
		own := make([]string, len(values))
		for i, text := range values {
			var problem string
			if own[i], problem = s.fillIn(text, req); problem != "" {
				return &format.InputError{Problem: "the header " + name + ": " + problem, Hint: "correct it, or remove the row"}
			}
		}
		filled[name] = own
	}
	if filled != nil {
		req.Header = filled
	}
	return nil
}

// fillIn fills the cells of a request into a text, or returns the problem. For a batch all rows must have the same
// cells.
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
		return "", "a cell contains a line end or another character that is not allowed there"
	}
	return filled, ""
}
