package template

import (
	"bytes"
	"cmp"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/web"
)

// maker makes the requests of templates, and reuses its memory.
type maker struct {
	*Filled
	parser format.Parser
	buffer []byte // of a URL
	line   int64  // of the row, or of the first of the batch
}

// request makes the request of one template for a row, or for a batch of rows; a failing one, if their values do not
// make a valid request.
func (m *maker) request(t *template, v *values, rows []fetcher.Row) *fetcher.Request {
	req := new(fetcher.Request)
	*req = t.request
	p := m.fill(t, req, v)
	switch req.Rows = rows; {
	case rows == nil:
		req.Row = m.visible(v.row)
	case len(m.Secrets) > 0:
		req.Rows = make([]fetcher.Row, len(rows))
		for i, row := range rows {
			req.Rows[i] = m.visible(row)
		}
	}
	if p != nil {
		req.URL = format.Recordable(req.URL)
		req.Header, req.Body, req.Length = nil, nil, 0
		p.Text, p.Values, p.Hint = t.shown, true, cmp.Or(p.Hint, "correct it, or remove the row")
		if !m.isWoven() {
			m.table.place(p, m.line)
		}
		req.Err = p
	}
	if t.hides {
		m.hide(t, req, v)
	} else {
		req.Name = t.nameOf(v)
	}
	return req
}

// fill fills the values into URL, header and body.
func (m *maker) fill(t *template, req *fetcher.Request, v *values) (p *format.LineError) {
	if req.URL, p = m.sent(t, v); p == nil {
		p = t.fillHeader(req, v)
	}
	if p == nil {
		p = t.fillBody(req, v)
	}
	return p
}

// nameOf returns the name of a request: from the column name, or the variable that its template uses first, appended
// to or within the name in the list.
func (t *template) nameOf(v *values) string {
	name := ""
	switch label := t.variables.label; {
	case v.list != nil:
		name = batchName(t.variables.names[v.batch], v.list)
	case label >= 0 && !t.secret[label] && v.row[label].Value != "":
		name = v.row[label].Value
	case t.first >= 0:
		name = v.row[t.first].Value
	}
	switch {
	case t.name != nil:
		return string(t.name.append(nil, v, appendRaw))
	case name == "" || t.request.Name == "":
		return name + t.request.Name
	}
	return t.request.Name + " " + name
}

// visible returns a row without its last variables, which are in no row; nil if nothing is left.
func (f *Filled) visible(row fetcher.Row) fetcher.Row {
	n := f.variables.given
	if n == 0 {
		return nil
	}
	return row[:n:n]
}

// sent returns the URL of a template with the additions of the command line.
func (m *maker) sent(t *template, v *values) (string, *format.LineError) {
	url, p := m.url(t, v)
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

// WithName appends the name of an upload to a URL whose path ends in a slash, or is empty.
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

// hasPath reports whether there is a slash after the scheme and host.
func hasPath(url string) bool {
	_, rest, _ := strings.Cut(url, "://")
	return strings.Contains(rest, "/")
}

// Query is what the command line adds to the query of each URL; nil: nothing.
type Query struct{ parts []text }

// NewQuery returns the query for a list without templates.
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
		return nil, format.BadInput("", p.Problem, p.Hint)
	}
	return q, nil
}

// addTo sets it as the addition of a template.
func (q *Query) addTo(t *template) {
	if t.query = q; q != nil {
		for _, part := range q.parts {
			t.use(part.variables()...)
		}
	}
}

// On appends it to a URL of a list without templates.
func (q *Query) On(url string) string {
	url, _ = q.on(url, nil) // checked when the list was opened
	return url
}

// on appends it to a URL. It returns an error for an invalid escape.
func (q *Query) on(url string, v *values) (string, *format.LineError) {
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
		return url, format.BadLine("the data for the query has a % that is not an escape", "write the percent sign itself as %25")
	}
	return string(out), nil
}
