package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
)

// maxKeyShown is how much of a key a message repeats.
const maxKeyShown = 80

// lead leads each piece of a batch's answer to its rows. The error is that of the whole answer: its values are too
// large, or ctx ended.
func (e *Extractor) lead(ctx context.Context, req *fetcher.Request, pieces []any, x *Extracted) error {
	cells := make([]string, len(req.Rows))
	for i, row := range req.Rows {
		cell, ok := row.Get(e.Key.Column)
		if !ok {
			return fmt.Errorf("--key: the rows have no column %s", cut(e.Key.Column, maxShownText))
		}
		cells[i] = cell
	}
	by := newRowsByKey(cells)
	found := make([][]part, len(cells)) // for each row
	v := newValues()
	var keyErr error // the first
	for _, piece := range pieces {
		keys, err := e.Key.Query.Run(ctx, piece)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			if keyErr == nil {
				keyErr = err
			}
			x.Unmatched++
			continue
		}
		rows := by.rows(keys)
		if len(rows) == 0 {
			x.Unmatched++
			continue
		}
		p := part{from: len(v.ends)}
		p.err = e.values(ctx, piece, v)
		if p.err != nil && (ctx.Err() != nil || v.encoder.err != nil) {
			return p.err
		}
		p.to = len(v.ends)
		for _, row := range rows {
			found[row] = append(found[row], p)
		}
	}
	none := "no answer for " + e.Key.Column + " "
	hint := e.noneMatched(x.Unmatched, len(pieces), keyErr)
	x.Rows = make([]record.Answer, len(cells))
	for i := range found {
		x.Rows[i] = answer(found[i], v)
		x.Rows[i].Row = req.Rows[i]
		if found[i] != nil {
			continue
		}
		cell := cut(cells[i], maxKeyShown)
		if secret.OriginOf(req).Rules.Column(e.Key.Column) {
			cell = secret.Mask
		}
		x.Rows[i].Error = none + cell + hint
	}
	return nil
}

// noneMatched explains an answer of which no piece belongs to any row: most often the key is not where it was thought.
func (e *Extractor) noneMatched(unmatched, pieces int, keyErr error) string {
	switch {
	case pieces == 0 || unmatched < pieces:
		return ""
	case keyErr != nil:
		return ": --key: " + keyErr.Error()
	}
	return fmt.Sprintf(": %s fits no row in any of the %d pieces; see --key and --split", cut(e.Key.Query.text, maxShownText), pieces)
}

// rows gives the rows of all keys of one piece, each row once.
func (by rowsByKey) rows(keys []any) []int {
	if len(keys) == 1 {
		return by.find(keys[0])
	}
	var rows []int
	for _, key := range keys {
		for _, row := range by.find(key) {
			if !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// part is the values of one piece, by their indices, or what Select said of it.
type part struct {
	from, to int
	err      error
}

// answer is that of a row with pieces. One that Select failed on spoils the row: half of its values would look like all.
func answer(parts []part, v *values) record.Answer {
	var all []json.RawMessage
	for _, p := range parts {
		if p.err != nil {
			return record.Answer{Error: p.err.Error()}
		}
		all = append(all, v.between(p.from, p.to)...)
	}
	return record.Answer{OK: parts != nil, Values: all}
}
