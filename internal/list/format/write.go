package format

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/fetch/fetcher"
)

// AppendRequest appends a request as an entry of the format jsonl, with the end of its line: what reads it gets the same
// request, whether it is told the format or not. Seq, Due and Tag are not part of an entry. The error is that of a request
// that no entry says: a batch, one that fails, or one whose body is not UTF-8, cannot be read, or makes the line too long.
func AppendRequest(dst []byte, req *fetcher.Request) ([]byte, error) {
	switch {
	case req.Err != nil:
		return dst, req.Err
	case req.Rows != nil:
		return dst, errors.New("an entry of a list has one row, and this request several")
	}
	var entry bytes.Buffer
	w := &writer{encoder: jsontext.NewEncoder(&entry)}
	w.token(jsontext.BeginObject)
	w.strings("url", req.URL)
	if req.Method != "" {
		w.strings("method", req.Method)
	}
	if req.Name != "" || req.Body != nil { // the key tells the format from vegeta's, where bodies are base64
		w.strings("name", req.Name)
	}
	if req.Timeout != 0 {
		w.strings("timeout", req.Timeout.String())
	}
	w.header(req.Header)
	w.row(req.Row)
	if req.Body != nil {
		w.body(req.Body)
	}
	w.token(jsontext.EndObject)
	if w.err == nil && entry.Len() > maxLine {
		w.err = errors.New("the entry is longer than 1 MiB")
	}
	if w.err != nil {
		return dst, w.err
	}
	return append(dst, entry.Bytes()...), nil // the encoder has ended the line
}

// writer writes one entry. Its first error stays.
type writer struct {
	encoder *jsontext.Encoder
	err     error
}

func (w *writer) header(header http.Header) {
	if len(header) == 0 {
		return
	}
	w.strings("header")
	w.token(jsontext.BeginObject)
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if values := header[name]; len(values) == 1 {
			w.strings(name, values[0])
		} else {
			w.strings(name)
			w.token(jsontext.BeginArray)
			w.strings(values...)
			w.token(jsontext.EndArray)
		}
	}
	w.token(jsontext.EndObject)
}

func (w *writer) row(row fetcher.Row) {
	if len(row) == 0 {
		return
	}
	w.strings("row")
	w.token(jsontext.BeginObject)
	for _, cell := range row {
		w.strings(cell.Column, cell.Value)
	}
	w.token(jsontext.EndObject)
}

// body writes the body as text, of which it reads little more than a line may have.
func (w *writer) body(open func() (io.ReadCloser, error)) {
	content, err := open()
	if err != nil {
		w.err = cmp.Or(w.err, err)
		return
	}
	defer content.Close()
	text, err := io.ReadAll(io.LimitReader(content, maxLine+1))
	w.err = cmp.Or(w.err, err)
	w.strings("body", string(text))
}

// strings writes keys and values that are strings.
func (w *writer) strings(texts ...string) {
	for _, text := range texts {
		w.token(jsontext.String(text))
	}
}

func (w *writer) token(token jsontext.Token) {
	if w.err != nil {
		return
	}
	if err := w.encoder.WriteToken(token); err != nil { // text that is not UTF-8, or a column that is there twice
		w.err = fmt.Errorf("an entry of a list cannot hold the request: %w", err)
	}
}
