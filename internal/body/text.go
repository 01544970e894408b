package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/charset"
	"example.com/fetch/internal/coding"
)

// codingsLeft are the content codings that a body is in as it is read, since the engine passes it on as it came: the request
// asked for them itself, or the run asks for none.
func codingsLeft(resp *http.Response) []string {
	if resp.Uncompressed || resp.StatusCode == http.StatusPartialContent {
		return nil
	}
	codings, _ := coding.Parse(resp.Header["Content-Encoding"])
	return codings
}

// text makes of a body what expressions see, whatever coding and charset it is in: of all of it, or of its beginning if that
// will do.
func (k *Keeper) text(r *fetcher.Result, resp *http.Response, body []byte) ([]byte, error) {
	whole := k.Extract.NeedsBody()
	if !whole && k.Extract.Type == "" {
		return body, nil
	}
	if codings := codingsLeft(resp); len(codings) > 0 {
		var err error
		if body, err = uncoded(codings, body, whole); err != nil {
			return nil, err
		}
	}
	contentType := resp.Header.Get("Content-Type")
	if whole {
		text, notes := charset.OfJSON(contentType, body).Text(body)
		r.Notes = append(r.Notes, notes...)
		return text, nil
	}
	if charset.IsText(contentType) {
		body, _ = charset.Of(contentType, body).Text(body)
	}
	return body, nil
}

// mostText is how much is made of a body that is held in memory in its codings.
const mostText = 64 << 20

func uncoded(codings []string, body []byte, whole bool) ([]byte, error) {
	most := int64(mostText)
	if !whole {
		most = extract.HeadSize
	}
	text, err := io.ReadAll(io.LimitReader(new(coding.Pool).Undo(codings, bytes.NewReader(body)), most+1))
	switch {
	case !whole && len(text) > 0: // more there is not to be seen of it
		return text, nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &fetcher.Error{Kind: fetcher.KindBodyTruncated, Err: err}
	case err != nil:
		return nil, &fetcher.Error{Kind: fetcher.KindDecode, Err: err}
	case int64(len(text)) > most:
		return nil, &fetcher.Error{Kind: fetcher.KindBodyTooLarge, Err: fmt.Errorf("over %d bytes when it is decoded", most)}
	}
	return text, nil
}

// memory is a body, or its beginning, held in memory for as long as values are taken from it.
type memory struct {
	bytes []byte
	most  int // how much of it is held
}

func (m *memory) Write(p []byte) (int, error) {
	m.bytes = append(m.bytes, p[:min(len(p), m.most-len(m.bytes))]...)
	return len(p), nil
}

// mostReused is the largest memory that serves again: one large body must not hold it for ever.
const mostReused = 1 << 20

// memories serve again, since every value is copied out of its body.
var memories = sync.Pool{New: func() any { return new(memory) }}

func (m *memory) release() {
	if cap(m.bytes) <= mostReused {
		m.bytes = m.bytes[:0]
		memories.Put(m)
	}
}
