package record

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
)

// Answer is the result of one row of a batch.
type Answer struct {
	Row    fetcher.Row       `json:"row"`
	OK     bool              `json:"ok"`
	Error  string            `json:"error"` // the message, masked; empty if OK
	Values []json.RawMessage `json:"-"`     // as in Record
}

// Keeper may be implemented by a fetcher.Result's Value: it knows what was kept of the body, and stores it in
// the record: Values, Rows, File, SHA256 and ErrorBody. That is masked, shortened and copied as necessary, so
// it may share memory with the Keeper. If it does not set the Rows of a batch, there is one Answer without
// values for each row of the request. Any other Value becomes the only one of Values.
type Keeper interface{ Keep(*Record) }

// Answers returns the results of the rows that the request was made from: those of a batch, and for any other
// request one, for its own row if it has one.
func (r *Record) Answers() []Answer {
	if r.Rows != nil {
		return r.Rows
	}
	return []Answer{{Row: r.Row, OK: r.OK, Error: r.Error, Values: r.Values}}
}

// HasRows reports whether the request was made from rows of a table: from one, or from those of a batch.
func (r *Record) HasRows() bool { return r.Rows != nil || len(r.Row) > 0 }

// answers returns the default results of the rows of a batch: all as that of the request.
func (m shown) answers(rows []fetcher.Row, r *Record) []Answer {
	if len(rows) == 0 {
		return nil
	}
	all := make([]Answer, len(rows))
	for i, row := range rows {
		all[i] = Answer{Row: m.row(row), OK: r.OK, Error: r.Error}
	}
	return all
}

// keep stores what was kept of the body in the record.
func (m shown) keep(r *Record, value any) {
	k, ok := value.(Keeper)
	if !ok {
		if v := valueOf(value); v != nil {
			r.Values = []json.RawMessage{v}
		}
		return
	}
	asked := r.Rows
	k.Keep(r)
	r.File, r.SHA256 = text(r.File), text(r.SHA256)
	r.ErrorBody = m.excerpt(r.ErrorBody)
	r.Values = storable(r.Values)
	if len(r.Rows) == 0 || len(asked) > 0 && &r.Rows[0] == &asked[0] {
		return
	}
	r.Rows = slices.Clone(r.Rows)
	for i := range r.Rows {
		m.answer(&r.Rows[i], r)
	}
}

// mostOfBody is the maximum number of characters of an ErrorBody.
const mostOfBody = 200

// excerpt returns text of a body as ErrorBody. Secrets are masked before anything is changed or cut, so that
// none is cut in two.
func (m shown) excerpt(body string) string {
	if body == "" {
		return ""
	}
	line := strings.Join(strings.FieldsFunc(m.back(body), func(c rune) bool { return unicode.IsSpace(c) || IsControl(c) }), " ")
	if n := 0; utf8.RuneCountInString(line) > mostOfBody {
		for i := range line {
			if n++; n == mostOfBody {
				return line[:i] + "…"
			}
		}
	}
	return line
}

// RowName returns the name of a row: its cell in the column name, or else its first column and cell; empty if
// it has none.
func RowName(row fetcher.Row) string {
	if name, _ := row.Get("name"); name != "" {
		return name
	}
	if len(row) == 0 {
		return ""
	}
	return row[0].Column + " " + row[0].Value
}

// Called returns how messages name a request: by its place in the list, and by the name of its row, or of its
// first row, or its own.
func (r *Record) Called() string {
	row := r.Row
	if len(r.Rows) > 0 {
		row = r.Rows[0].Row
	}
	called := fmt.Sprintf("request %d", r.Seq)
	if name := cmp.Or(RowName(row), r.Name); name != "" && r.Class != fetcher.KindInput.String() { // the error of a bad row names it
		called += " (" + name + ")"
	}
	return called
}

// Failure returns the error with the message in the body, if that adds something.
func (r *Record) Failure() string {
	if strings.Contains(r.Error, r.ErrorBody) {
		return r.Error
	}
	return r.Error + ": " + r.ErrorBody
}

// answer masks one Answer of a Keeper. If the request failed afterwards, none of its rows has a result.
func (m shown) answer(a *Answer, r *Record) {
	a.Row = m.row(a.Row)
	a.Error = m.back(a.Error)
	a.Values = storable(a.Values)
	if r.OK {
		return
	}
	a.Values = nil
	if a.OK || a.Error == "" {
		a.OK, a.Error = false, r.Error
	}
}

// storable returns values that stay the same when they are stored and read again.
func storable(values []json.RawMessage) []json.RawMessage {
	return changed(values, func(v json.RawMessage) (json.RawMessage, bool) {
		if isStorable(v) {
			return v, false
		}
		return bytes.TrimSpace(AppendValue(nil, v)), true
	})
}

// isStorable reports whether a value is certain to be unchanged by AppendValue: most values in plain ASCII are.
func isStorable(value []byte) bool {
	for _, c := range value {
		if c < 0x20 || c >= 0x7f {
			return false
		}
	}
	return len(value) > 0 && value[0] != ' ' && value[len(value)-1] != ' ' && jsonx.Valid(value)
}

// valueOf returns v as JSON; if it has no JSON form, a string that describes it.
func valueOf(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	value, err := AppendAny(nil, v)
	if err != nil {
		value, _ = AppendAny(nil, fmt.Sprintf("%v", v)) // encoding a string does not fail
	}
	return value
}
