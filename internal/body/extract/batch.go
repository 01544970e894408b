package extract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
)

// Key assigns the pieces of a batch's response to rows: a piece belongs to the row whose cell in Column equals the
// output of Query for the piece. The zero Key assigns nothing.
type Key struct {
	Column string
	Query  *Query
}

// ParseKey parses COLUMN=EXPRESSION, such as cid=.CID.
func ParseKey(text string) (Key, error) {
	column, expression, ok := strings.Cut(text, "=")
	column = strings.TrimSpace(column)
	if !ok || column == "" || strings.TrimSpace(expression) == "" {
		return Key{}, fmt.Errorf("%s: not a key; write COLUMN=EXPRESSION, such as cid=.CID", cut(text, maxShownText))
	}
	query, err := Compile(expression)
	if err != nil {
		return Key{}, err
	}
	return Key{Column: column, Query: query}, nil
}

// maxKeyShown is how much of a key a message repeats.
const maxKeyShown = 80

// lead assigns each piece of a batch's response to its rows. An error concerns the whole response: its values are
// too large, or ctx ended.
func (e *Extractor) lead(ctx context.Context, req *fetcher.Request, pieces []any, x *Extracted, most int64) error {
	by := rowsByKey{}
	x.Rows = make([]record.Answer, len(req.Rows))
	for i, row := range req.Rows {
		cell, ok := row.Get(e.Key.Column)
		if !ok {
			return fmt.Errorf("--row-key: the rows have no column %s", cut(e.Key.Column, maxShownText))
		}
		by.add(cell, i)
		x.Rows[i].Row = row
	}
	left := newBudget(most)
	var keyErr error // the first
	for _, piece := range pieces {
		keys, err := e.Key.Query.run(ctx, piece, most)
		if err != nil && ctx.Err() != nil {
			return err
		}
		if keyErr == nil {
			keyErr = err
		}
		rows := by.find(keys)
		if len(rows) == 0 {
			x.Unmatched++
			continue
		}
		values, err := e.values(ctx, piece, left, most)
		if err != nil && (ctx.Err() != nil || left.exceeded) {
			return err
		}
		for _, row := range rows {
			switch a := &x.Rows[row]; {
			case a.Error != "":
			case err != nil: // incomplete values would look complete
				a.OK, a.Error, a.Values = false, err.Error(), nil
			default:
				a.OK, a.Values = true, append(a.Values, values...)
			}
		}
	}
	hint := e.noneMatched(x.Unmatched, len(pieces), keyErr)
	for i := range x.Rows {
		a := &x.Rows[i]
		if a.OK || a.Error != "" {
			continue
		}
		cell, _ := a.Row.Get(e.Key.Column)
		if cell = cut(cell, maxKeyShown); secret.OriginOf(req).Rules.Column(e.Key.Column) {
			cell = secret.Mask
		}
		a.Error = "no answer for " + e.Key.Column + " " + cell + hint
	}
	return nil
}

// noneMatched explains a response of which no piece belongs to any row: usually the key expression is wrong.
func (e *Extractor) noneMatched(unmatched, pieces int, keyErr error) string {
	switch {
	case pieces == 0 || unmatched < pieces:
		return ""
	case keyErr != nil:
		return ": --row-key: " + keyErr.Error()
	}
	return fmt.Sprintf(": %s matches no row in any of the %d pieces; see --row-key and --split", cut(e.Key.Query.text, maxShownText), pieces)
}

// rowsByKey finds the rows of a batch by their key.
type rowsByKey map[rowKey][]int

// rowKey is a cell, as text or as an integer in any notation: 7 and 007.
type rowKey struct {
	text    string
	integer bool
}

func (by rowsByKey) add(cell string, row int) {
	text := rowKey{text: cell}
	by[text] = append(by[text], row)
	if n, ok := integer(cell); ok {
		by[n] = append(by[n], row)
	}
}

// find returns the rows of all keys of one piece, each row once.
func (by rowsByKey) find(keys []any) (rows []int) {
	for _, key := range keys {
		rows = append(rows, by.of(key)...)
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// of returns the rows that a key stands for. A string is compared as text, and if no row has that text, as an
// integer if it is one. A number is compared as an integer if it is one, otherwise by its digits. So "007" and "7"
// are two codes to an API that has both, and the same number to an API that returns 7.
func (by rowsByKey) of(key any) []int {
	text, isText := key.(string)
	switch key.(type) {
	case nil, bool, []any, map[string]any:
		return nil
	case string:
	default:
		text = string(encoded(key))
	}
	asText := rowKey{text: text}
	if n, ok := integer(text); ok && !(isText && by[asText] != nil) {
		return by[n]
	}
	return by[asText]
}

// integer returns the canonical form of an integer: no leading zeros, no plus, no minus before 0.
func integer(text string) (rowKey, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return rowKey{}, false
	}
	sign := text[:len(text)-len(digits)]
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return rowKey{"0", true}, true
	}
	return rowKey{sign + digits, true}, true
}
