package format

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/fetch/fetcher"
)

// AppendRequest appends a request as an entry of the format jsonl, with the line end: reading it gives the same
// request, whether or not the format is given. Seq, Due and Tag are not part of an entry. It returns an error for a
// request that cannot be represented: a batch, one that fails, or one whose body is not UTF-8, cannot be read, or
// makes the line too long.
func AppendRequest(dst []byte, req *fetcher.Request) ([]byte, error) {
	switch {
	case req.Err != nil:
		return dst, req.Err
	case req.Rows != nil:
		return dst, errors.New("an entry of a list has one row, and this request several")
	}
	e := written{URL: req.URL, Method: req.Method, Header: map[string]any{}, Row: writtenRow(req.Row)}
	if req.Name != "" || req.Body != nil { // the key distinguishes the format from vegeta's, where bodies are base64
		e.Name = &req.Name
	}
	if req.Timeout != 0 {
		e.Timeout = req.Timeout.String()
	}
	for name, values := range req.Header {
		if e.Header[name] = values; len(values) == 1 {
			e.Header[name] = values[0]
		}
	}
	if req.Body != nil {
		content, err := req.Body()
		if err != nil {
			return dst, err
		}
		defer content.Close()
		text, err := io.ReadAll(io.LimitReader(content, maxLine+1)) // slightly more than a line may have
		if err != nil {
			return dst, err
		}
		body := string(text)
		e.Body = &body
	}
	line, err := json.Marshal(&e, json.Deterministic(true))
	switch {
	case err != nil: // text that is not UTF-8, or a repeated column
		return dst, fmt.Errorf("an entry of a list cannot hold the request: %w", err)
	case len(line) >= maxLine:
		return dst, errors.New("the entry is longer than 1 MiB")
	}
	return append(append(dst, line...), '\n'), nil
}

// written is an entry of the format jsonl.
type written struct {
	URL     string         `json:"url"`
	Method  string         `json:"method,omitempty"`
	Name    *string        `json:"name,omitzero"`
	Timeout string         `json:"timeout,omitempty"`
	Header  map[string]any `json:"header,omitempty"`
	Row     writtenRow     `json:"row,omitempty"`
	Body    *string        `json:"body,omitzero"`
}

// writtenRow is a row as an object, in order.
type writtenRow fetcher.Row

func (r writtenRow) MarshalJSONTo(e *jsontext.Encoder) error {
	err := e.WriteToken(jsontext.BeginObject)
	for _, cell := range r {
		err = errors.Join(err, e.WriteToken(jsontext.String(cell.Column)), e.WriteToken(jsontext.String(cell.Value)))
	}
	return errors.Join(err, e.WriteToken(jsontext.EndObject))
}
