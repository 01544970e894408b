package extract

import (
	"fmt"
	"strings"
)

// Key tells which row of a batch a piece of its answer belongs to: the one whose cell in Column equals what Query makes
// of the piece. The zero Key tells nothing.
type Key struct {
	Column string
	Query  *Query
}

// ParseKey reads COLUMN=EXPRESSION, such as cid=.CID.
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

// rowsByKey finds the rows of a batch by their key.
type rowsByKey struct {
	text    map[string][]int
	integer map[string][]int // by the number, however it is written: 7 and 007
}

func newRowsByKey(cells []string) rowsByKey {
	by := rowsByKey{text: make(map[string][]int, len(cells)), integer: make(map[string][]int, len(cells))}
	for i, cell := range cells {
		by.text[cell] = append(by.text[cell], i)
		if n, ok := integerText(cell); ok {
			by.integer[n] = append(by.integer[n], i)
		}
	}
	return by
}

// find gives the rows that a key stands for. A string is compared as text, and where no row has that text, as an
// integer if it is one. A number is compared as an integer if it is one, else by its digits. So "007" and "7" are two
// codes to an API that has both, and one number to an API that answers 7.
func (by rowsByKey) find(key any) []int {
	text, ok := key.(string)
	if ok {
		if rows := by.text[text]; rows != nil {
			return rows
		}
	} else {
		switch key.(type) {
		case nil, bool, []any, map[string]any:
			return nil
		}
		text = string(Append(nil, key))
	}
	if n, ok := integerText(text); ok {
		return by.integer[n]
	}
	return by.text[text]
}

// integerText is the one way to write an integer: no zeros at its front, no plus, no minus before 0.
func integerText(text string) (string, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	sign := text[:len(text)-len(digits)]
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return "0", true
	}
	return sign + digits, true
}
