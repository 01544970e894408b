package template

import (
	"bytes"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/web"
)

// sent is the URL of a template with what the command line adds to it.
func (x *expander) sent(t *template, v *values) (string, *problem) {
	url, p := x.url(t, v)
	whole := string(url)
	if p != nil {
		return whole, p
	}
	with, p := t.query.on(whole, v)
	if p != nil {
		return whole, p
	}
	return WithName(with, t.uploadName(v)), nil
}

// WithName puts a name behind a URL whose path ends in a slash, or is empty, as what is sent there is to be called.
func WithName(url, name string) string {
	if name == "" {
		return url
	}
	path := beforeAny(url, "?")
	query := url[len(path):]
	if !hasPath(path) {
		path += "/"
	}
	if !strings.HasSuffix(path, "/") {
		return url
	}
	return string(web.AppendEncoded([]byte(path), name, false)) + query
}

// hasPath reports whether a slash follows the scheme.
func hasPath(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	return strings.Contains(rest, "/")
}

// Query is what the command line adds to the query of each URL; nil: nothing.
type Query struct{ parts []text }

// NewQuery makes the query of a list that is no template.
func NewQuery(parts []payload.Part) (*Query, error) { return newQuery(parts, &variables{}) }

func newQuery(parts []payload.Part, v *variables) (*Query, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	q := &Query{}
	for _, p := range parts {
		part := parseText(p.Text, v)
		part.escape(p.Escape)
		q.parts = append(q.parts, part)
	}
	if _, p := q.on("http://h/", &values{row: make(fetcher.Row, len(v.names))}); p != nil {
		return nil, format.BadInput("", p.what, p.hint)
	}
	return q, nil
}

// addTo makes it the query that a template adds.
func (q *Query) addTo(t *template) {
	if t.query = q; q != nil {
		for _, part := range q.parts {
			t.use(part.variables()...)
		}
	}
}

// On puts it behind a URL of a list that is no template.
func (q *Query) On(url string) string {
	url, _ = q.on(url, nil) // which was tried when the list was opened
	return url
}

// on puts it behind a URL. The problem is an escape that is none.
func (q *Query) on(url string, v *values) (string, *problem) {
	if q == nil {
		return url, nil
	}
	var query []byte
	for _, part := range q.parts {
		query = part.append(query, v, appendForm)
	}
	if len(query) == 0 {
		return url, nil
	}
	with := url
	switch at := strings.IndexByte(url, '?'); {
	case at == len(url)-1:
	case at >= 0:
		with += "&"
	case !hasPath(url):
		with += "/?"
	default:
		with += "?"
	}
	out, ok := web.AppendTail([]byte(with), bytes.ReplaceAll(query, []byte("#"), []byte("%23")))
	if !ok {
		return url, &problem{what: "the data for the query has a % that is no escape", hint: "write the percent sign itself as %25", variable: -1}
	}
	return string(out), nil
}
