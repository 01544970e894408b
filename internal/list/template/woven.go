package template

import (
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/secret"
)

// isWoven reports whether entries are filled in as they are read, with secrets alone.
func (f *Filled) isWoven() bool { return f.Rows == "" && len(f.Set) == 0 }

// isNamed reports whether an expression in a URL names one of the values.
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

// CheckWoven finds what is wrong with the URL of an entry that values of secrets are woven into.
func (f *Filled) CheckWoven(url []byte) *format.LineError {
	if f.isNamed(string(url)) {
		_, bad := compile(url, f.variables)
		return bad
	}
	_, bad := new(format.Parser).Normalize(url)
	return bad
}

// Weave puts the values of secrets into an entry of a list that has neither rows nor sets, whose URL stands as the list has
// it. Each entry is a template by itself, read as it is needed, and keeps its own row and name. Braces that name none of the
// secrets are as they are in any list.
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
