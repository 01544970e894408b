package body

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/body/room"
	"example.com/fetch/internal/charset"
	"example.com/fetch/internal/coding"
)

// text converts a body to the text that expressions see, whatever its coding and charset: all of it, or its
// beginning if that is sufficient.
func (k *Keeper) text(r *fetcher.Result, resp *http.Response, m *memory) ([]byte, error) {
	body := m.body.Bytes()
	whole := k.Extract.NeedsBody()
	if !whole && k.Extract.Type == "" {
		return body, nil
	}
	if codings := coding.Left(resp); len(codings) > 0 {
		var err error
		if body, err = uncoded(m, codings, whole); err != nil {
			return nil, err
		}
	}
	contentType := resp.Header.Get("Content-Type")
	var from charset.Charset
	switch {
	case k.Extract.NeedsJSON():
		from = charset.OfJSON(contentType, body)
	case charset.IsText(contentType):
		from = charset.OfText(contentType, body)
	default:
		return body, nil
	}
	if len(body) > room.Small && from.Converts() { // to three times its size at most
		if err := m.lease.Grow(m.ctx, 3*int64(len(body)), "the body in UTF-8"); err != nil {
			return nil, err
		}
	}
	text, notes := from.Text(body)
	if whole {
		r.Notes = append(r.Notes, notes...)
	}
	return text, nil
}

// mostText limits the decoded size of a body that is held in memory in its codings.
const mostText = 64 << 20

func uncoded(m *memory, codings []string, whole bool) ([]byte, error) {
	most := int64(mostText)
	if !whole {
		most = extract.HeadSize
	}
	text, err := m.readAll(io.LimitReader(new(coding.Pool).Undo(codings, bytes.NewReader(m.body.Bytes())), most+1))
	switch _, own := errors.AsType[*fetcher.Error](err); {
	case !whole && len(text) > 0: // nothing more can be decoded
		return text, nil
	case own || err != nil && m.ctx.Err() != nil:
		return nil, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &fetcher.Error{Kind: fetcher.KindBodyTruncated, Err: err}
	case err != nil:
		return nil, &fetcher.Error{Kind: fetcher.KindDecode, Err: err}
	case int64(len(text)) > most:
		return nil, &fetcher.Error{Kind: fetcher.KindBodyTooLarge, Err: fmt.Errorf("over %d bytes when it is decoded", most)}
	}
	return text, nil
}

// memory is a body, or its beginning, held in memory while values are extracted from it.
type memory struct {
	ctx     context.Context
	lease   *room.Lease
	body    room.Buffer
	decoded room.Buffer // the body without its codings, if it has any
	most    int         // maximum size
}

// Write waits until there is room for a large body. Its errors are *fetcher.Error, or the end of the attempt.
func (m *memory) Write(p []byte) (int, error) {
	held := p[:min(len(p), m.most-len(m.body.Bytes()))]
	if err := m.body.Append(m.ctx, m.lease, held); err != nil {
		return 0, err
	}
	return len(p), nil
}

// readAll is io.ReadAll within the room.
func (m *memory) readAll(from io.Reader) ([]byte, error) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err := m.decoded.Append(m.ctx, m.lease, buffer[:n]); err != nil {
			return nil, err
		}
		if err == io.EOF {
			return m.decoded.Bytes(), nil
		}
		if err != nil {
			return m.decoded.Bytes(), err
		}
	}
}

// memories are reused, because every value is copied out of its body.
var memories = sync.Pool{New: func() any { return new(memory) }}

// remember returns memory for a body of an attempt, which must be released.
func (k *Keeper) remember(ctx context.Context) *memory {
	m := memories.Get().(*memory)
	m.ctx, m.lease, m.most = ctx, k.Room.Lease(), k.needs()
	return m
}

func (m *memory) release() {
	m.body.Release(m.lease)
	m.decoded.Release(m.lease)
	m.lease.Release()
	m.ctx, m.lease = nil, nil
	memories.Put(m)
}
