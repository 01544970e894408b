package record

import (
	"strings"

	"example.com/fetch/fetcher"
)

// masker masks what belongs to one request. Most strings of a result are the request's URL again, which is masked once.
type masker struct {
	from, to string   // the last URL and its masked form
	secrets  []string // of the request, those of a batch's rows included
	common   []string // of the request, without those of a batch's rows
	columns  columns  // of its rows
	cells    []string // of the secrets, those that a template may have put into the URL
}

func newMasker(req *fetcher.Request) masker {
	var m masker
	m.common = secretsOf(req, m.url(req.URL) == req.URL, &m.columns)
	m.secrets = m.columns.withRows(m.common, req.Rows)
	if len(m.secrets) > 0 {
		m.cells = m.columns.cellsOf(req)
		m.from = ""
	}
	return m
}

func (m *masker) url(s string) string {
	if s != m.from || s == "" {
		m.from = s
		masked := MaskURL(s)
		for _, cell := range m.cells {
			masked = replaceSecret(masked, cell)
		}
		m.to = text(masked)
	}
	return m.to
}

func (m *masker) text(s string) string { return text(MaskText(s, m.secrets...)) }

// text is s as JSON can hold it, so that a record that was stored and read again equals the one that was made.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// rowSecrets are the secrets that a text about one row of a batch may repeat: the request's and the row's own. Those of
// the other rows are not looked for, as each of a thousand rows would be searched for a thousand.
func (m *masker) rowSecrets(row fetcher.Row) []string {
	return m.columns.withRows(m.common, []fetcher.Row{row})
}
