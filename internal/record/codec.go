package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
)

// codec processes the fields of a record in the order in which they are written: it writes them to dst, or
// reads those that a text has, in one pass if they are in the same order.
//
// Its methods take a field in its written form: the comma or brace before it, its name, and the colon.
type codec struct {
	dst []byte

	jsonx.Reader
	reads bool   // reading, not writing
	key   []byte // name of the next member; nil: it has not been read yet
	known bool   // the version was there
	room  []Hop  // for the hops of the first attempt
}

// at reports whether a field is to be read now.
func (c *codec) at(field string) bool {
	switch {
	case c.key == nil:
		return c.reads && c.Field(field)
	case string(c.key) == field[2:len(field)-2]:
		c.key = nil
		return true
	}
	return false
}

// object processes the fields of an object, the first of which writes the brace. Null has no fields. Unknown
// fields are ignored.
func (c *codec) object(fields func()) {
	if !c.reads {
		fields()
		c.dst = append(c.dst, '}')
		return
	}
	if c.Null() || !c.Open('{') {
		return
	}
	for fields(); c.More('}'); {
		c.key = c.Key()
		if fields(); c.key != nil {
			c.key = nil
			c.Skip()
		}
	}
}

// member writes or reads a field whose value is processed by value.
func (c *codec) member(field string, value func()) {
	switch {
	case !c.reads:
		c.dst = append(c.dst, field...)
		value()
	case c.at(field):
		value()
	}
}

// list processes an array.
func list[T any](c *codec, field string, all *[]T, one func(*T)) {
	c.member(field, func() { elements(c, all, one) })
}

func elements[T any](c *codec, all *[]T, one func(*T)) {
	if !c.reads {
		c.dst = append(c.dst, '[')
		for i := range *all {
			if i > 0 {
				c.dst = append(c.dst, ',')
			}
			one(&(*all)[i])
		}
		c.dst = append(c.dst, ']')
		return
	}
	if c.Null() {
		*all = nil
		return
	}
	items := (*all)[:0]
	if items == nil {
		items = []T{}
	}
	for range c.Array() {
		var zero T
		items = append(items, zero)
		one(&items[len(items)-1])
	}
	*all = items
}

func number[N int | int64](c *codec, field string, n *N) {
	switch {
	case !c.reads:
		c.dst = strconv.AppendInt(append(c.dst, field...), int64(*n), 10)
	case c.at(field):
		*n = N(c.Int64())
	}
}

func (c *codec) bool(field string, b *bool) {
	switch {
	case !c.reads:
		c.dst = strconv.AppendBool(append(c.dst, field...), *b)
	case c.at(field):
		*b = c.Bool()
	}
}

// optionalBool is omitted if it is false.
func (c *codec) optionalBool(field string, b *bool) {
	if c.reads || *b {
		c.bool(field, b)
	}
}

func (c *codec) string(field string, s *string) {
	switch {
	case !c.reads:
		c.dst = appendString(c.dst, field, *s)
	case c.at(field):
		*s = c.String()
	}
}

// optionalString is omitted if it is empty.
func (c *codec) optionalString(field string, s *string) {
	if c.reads || *s != "" {
		c.string(field, s)
	}
}

// micros processes a number of milliseconds.
func (c *codec) micros(field string, m *Micros) {
	switch {
	case !c.reads:
		c.dst = appendMicros(append(c.dst, field...), *m)
	case c.at(field):
		*m = c.readMicros()
	}
}

func (c *codec) readMicros() Micros {
	number := c.Number()
	switch len(number) {
	case 0: // null
		return 0
	case 1: // most are 0
		return Micros(number[0]-'0') * 1000
	}
	m, err := parseMicros(number)
	if err != nil {
		c.Fail(err)
	}
	return m
}

// text processes a string in a list.
func (c *codec) text(s *string) {
	if c.reads {
		*s = c.String()
	} else {
		c.dst = appendString(c.dst, "", *s)
	}
}

// value processes any value.
func (c *codec) value(v *json.RawMessage) {
	if c.reads {
		*v = slices.Clone(c.Value())
	} else {
		c.dst = AppendValue(c.dst, *v)
	}
}

// row processes an object that keeps the order of its keys.
func (c *codec) row(field string, row *fetcher.Row) {
	switch {
	case !c.reads:
		c.dst = append(append(c.dst, field...), '{')
		for i := range *row {
			if i > 0 {
				c.dst = append(c.dst, ',')
			}
			c.dst = appendString(c.dst, "", (*row)[i].Column)
			c.dst = appendString(c.dst, ":", (*row)[i].Value)
		}
		c.dst = append(c.dst, '}')
	case c.at(field):
		*row = c.readRow()
	}
}

// readRow reads a row. A number or another non-string, from another writer, is kept as written.
func (c *codec) readRow() fetcher.Row {
	var room [8]fetcher.Cell
	cells := room[:0]
	if c.Null() || !c.Open('{') {
		return nil
	}
	for c.More('}') {
		cell := fetcher.Cell{Column: c.KeyString()}
		if c.Kind() == '"' {
			cell.Value = c.String()
		} else {
			cell.Value = string(c.Value())
		}
		cells = append(cells, cell)
	}
	if len(cells) == 0 {
		return nil
	}
	return slices.Clone(cells)
}

// Parse reads a record as written by AppendJSON, with or without a line end, whatever the order of its fields.
// Unknown fields are ignored, because later versions of the same format may add some; of a repeated field the
// last counts. Unlike in encoding/json, names are case-sensitive. Another version is an error. After an error r
// is the zero Record. R shares no memory with line, so a buffer may be reused for each line.
//
// All strings of a usual record share one copy of its line: to keep one of them for long, clone it.
func Parse(line []byte, r *Record) error {
	*r = Record{}
	c := codec{Reader: jsonx.NewReader(line), reads: true}
	if c.object(func() { r.fields(&c) }); !c.known {
		c.Stop(versionError(0))
	}
	if err := c.End(); err != nil {
		*r = Record{}
		if _, other := errors.AsType[versionError](err); other {
			return err
		}
		return fmt.Errorf("not a record: %w", err)
	}
	return nil
}

// UnmarshalJSON calls Parse.
func (r *Record) UnmarshalJSON(data []byte) error { return Parse(data, r) }

// versionError is the version of a record that cannot be read.
type versionError int64

func (e versionError) Error() string {
	return fmt.Sprintf("a record of version %d, and only version %d can be read", int64(e), Version)
}
