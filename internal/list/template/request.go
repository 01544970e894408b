package template

import (
	"cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
)

// maker makes the requests of templates, in memory that it uses again.
type maker struct {
	*Filled
	parser format.Parser
	buffer []byte // of a URL
	line   int64  // of the row, or of the first of the batch
}

// request makes the request of one template for a row, or for a batch of rows; one that fails, if their values make none.
func (m *maker) request(t *template, v *values, rows []fetcher.Row) *fetcher.Request {
	url, p := m.sent(t, v)
	req := new(fetcher.Request)
	*req = t.request
	req.URL = url
	switch req.Rows = rows; {
	case rows == nil:
		req.Row = m.visible(v.row)
	case len(m.Secrets) > 0:
		req.Rows = make([]fetcher.Row, len(rows))
		for i, row := range rows {
			req.Rows[i] = m.visible(row)
		}
	}
	if p == nil {
		p = t.fillHeader(req, v)
	}
	if p == nil {
		p = t.fillBody(req, v)
	}
	if p != nil {
		req.URL = format.Recordable(req.URL)
		req.Header, req.Body, req.Length = nil, nil, 0
		p.Text, p.Values, p.Hint = t.shown, true, cmp.Or(p.Hint, "correct it, or take the row out")
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

// nameOf is what a request is called: by the column name, or the variable that its template uses first, behind or in the
// name that the list gives it.
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

// visible is a row without the variables that are in none, the last ones; nil if nothing is left.
func (f *Filled) visible(row fetcher.Row) fetcher.Row {
	n := f.variables.given
	if n == 0 {
		return nil
	}
	return row[:n:n]
}
