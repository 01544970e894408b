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

// text makes of a body what expressions see, whatever coding and charset it is in: of all of it, or of its beginning if that
// will do.
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
	if len(body) > room.Small && from.Converts() { // to three times its size at the most
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

// mostText is how much is made of a body that is held in memory in its codings.
const mostText = 64 << 20

func uncoded(m *memory, codings []string, whole bool) ([]byte, error) {
	most := int64(mostText)
	if !whole {
		most = extract.HeadSize
	}
	text, err := m.readAll(io.LimitReader(new(coding.Pool).Undo(codings, bytes.NewReader(m.body.Bytes())), most+1))
	switch _, own := errors.AsType[*fetcher.Error](err); {
	case !whole && len(text) > 0: // more there is not to be seen of it
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

// memory is a body, or its beginning, held in memory for as long as values are taken from it.
type memory struct {
	ctx     context.Context
	lease   *room.Lease
	body    room.Buffer
	decoded room.Buffer // the body without its codings, where it came in some
	most    int         // how much of it is held
}

// Write waits until there is room for what is large. Its errors are *fetcher.Error, or the end of the attempt.
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

// memories serve again, since every value is copied out of its body.
var memories = sync.Pool{New: func() any { return new(memory) }}

// remember is memory for a body of an attempt. It is to be released.
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
