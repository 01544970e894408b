package template

import (
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/secret"
)

// Woven puts the values of secrets into the entries of a list that has neither rows nor sets. Each entry is a template by
// itself, read as it is needed, and keeps its own row and name. Braces that name none of them are as they are in any list.
type Woven struct {
	variables *variables
	row       fetcher.Row // their values
	values    []string    // likewise
	rules     *secret.Rules
	query     *Query
}

// NewWoven takes the secrets, and what is added to the query of each URL.
func NewWoven(secrets []Secret, query []payload.Part, rules *secret.Rules) (*Woven, error) {
	w := &Woven{rules: rules}
	var names []string
	for _, s := range secrets {
		names = append(names, s.Name)
		w.row = append(w.row, fetcher.Cell{Column: s.Name, Value: s.Value})
		w.values = append(w.values, s.Value)
	}
	var err error
	if w.variables, err = newVariables(nil, names); err != nil {
		return nil, err
	}
	w.query, err = newQuery(query, w.variables)
	return w, err
}

// isNamed reports whether an expression in a URL names one of the values.
func (w *Woven) isNamed(url string) bool {
	for _, name := range w.variables.names {
		for _, operator := range []string{"", "+", "#", ".", "/", ";", "?", "&"} {
			if strings.Contains(url, "{"+operator+name) {
				return true
			}
		}
	}
	return false
}

// Check finds what is wrong with the URL of an entry.
func (w *Woven) Check(url []byte) *format.LineError {
	if w.isNamed(string(url)) {
		_, bad := compile(url, w.variables)
		return bad
	}
	_, bad := new(format.Parser).Normalize(url)
	return bad
}

// Weave makes the request of an entry, whose URL stands as the list has it.
func (w *Woven) Weave(entry fetcher.Request) *fetcher.Request {
	failed := func(err error) *fetcher.Request {
		entry.URL = format.Recordable(entry.URL)
		entry.Header, entry.Body, entry.Length, entry.Err = nil, nil, 0, err
		return &entry
	}
	raw := entry.URL
	if !w.isNamed(raw) {
		url, bad := new(format.Parser).Normalize([]byte(raw))
		if bad != nil {
			return failed(bad)
		}
		raw = string(url)
	}
	t, bad := compile([]byte(raw), w.variables)
	if bad != nil {
		return failed(bad)
	}
	if err := t.complete(entry); err != nil {
		return failed(err)
	}
	w.query.addTo(t)
	t.settle(w.rules, 0)
	origin := *secret.OriginOf(&entry)
	origin.Values = w.values
	t.origin = &origin
	t.request.Tag = t.origin
	req := (&maker{hidden: len(w.row)}).request(t, &values{row: w.row}, nil)
	req.Row = entry.Row
	return req
}
