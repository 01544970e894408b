package report

import (
	"slices"

	"example.com/fetch/internal/jsonx"
)

const (
	maxColumns  = 1000    // selected columns: the keys of an object may be any
	maxDropped  = 20      // names of keys without a column that are remembered
	maxHeld     = 10_000  // lines that wait for the first value
	maxHeldSize = 4 << 20 // and the memory that they take
	plainColumn = "value" // the column of values that are no objects
)

// Dropper is a Handler that may have to leave out a part of what was taken from bodies: its columns are settled by
// the first value, and later ones may have keys for which there is no column. CSV, TSV and Markdown are Droppers.
type Dropper interface {
	// Dropped is how many answers something of was left out, and the keys that had no column, the first 20. A
	// value that is no object, where the columns are keys, counts as key "value".
	Dropped() (answers int64, keys []string)
}

// valueColumns makes cells of the values that were taken from bodies. If the first is an object, or the columns were
// given, its keys are the columns; otherwise there is one column.
type valueColumns struct {
	settled bool
	plain   bool     // one column, for whatever comes
	columns []string // keys, if not plain
	cells   []string // of the value looked at last

	answers int64 // of which something was dropped
	keys    []string
}

func newValueColumns(o Options) valueColumns {
	if !o.HasValues {
		return valueColumns{settled: true}
	}
	return valueColumns{settled: len(o.Values) > 0, columns: slices.Clone(o.Values)}
}

// names are those of the columns.
func (s *valueColumns) names() []string {
	if s.plain {
		return []string{plainColumn}
	}
	return s.columns
}

// settle takes the columns from a value, if it can: null may stand for anything, and {} has none.
func (s *valueColumns) settle(value []byte) bool {
	switch {
	case s.settled || value == nil || jsonNull(value):
	case !jsonObject(value):
		s.settlePlain()
	default:
		object := jsonx.NewReader(value)
		for key := range object.Object() {
			if name := string(key); len(s.columns) < maxColumns && !slices.Contains(s.columns, name) {
				s.columns = append(s.columns, name)
			}
			object.Skip()
		}
		s.settled = len(s.columns) > 0
	}
	return s.settled
}

func (s *valueColumns) settlePlain() { s.settled, s.plain = true, true }

// row gives the cells of a value, raw; of nil, empty ones. They are overwritten by the next call.
func (s *valueColumns) row(value []byte) []string {
	s.cells = s.cells[:0]
	if s.plain {
		return append(s.cells, jsonCell(value))
	}
	for range s.columns {
		s.cells = append(s.cells, "")
	}
	switch {
	case value == nil || jsonNull(value):
	case jsonObject(value):
		s.spread(value)
	default:
		if i := slices.Index(s.columns, plainColumn); i >= 0 {
			s.cells[i] = jsonCell(value)
		} else {
			s.drop(plainColumn)
			s.answers++
		}
	}
	return s.cells
}

// spread puts the values of an object's keys into their cells. Most objects have their keys in the order of the columns.
func (s *valueColumns) spread(object []byte) {
	next, dropped := 0, false
	r := jsonx.NewReader(object)
	for key := range r.Object() {
		i := s.find(key, next)
		if i < 0 {
			s.drop(string(key))
			dropped = true
			r.Skip()
			continue
		}
		s.cells[i] = jsonCell(r.Value())
		next = i + 1
	}
	if dropped {
		s.answers++
	}
}

// find is the place of a key, most likely next; -1: it has no column.
func (s *valueColumns) find(key []byte, next int) int {
	if next < len(s.columns) && string(key) == s.columns[next] {
		return next
	}
	return slices.Index(s.columns, string(key))
}

func (s *valueColumns) drop(key string) {
	if len(s.keys) < maxDropped && !slices.Contains(s.keys, key) {
		s.keys = append(s.keys, key)
	}
}
