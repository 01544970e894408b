package report

import (
	"slices"
	"strings"

	"example.com/fetch/internal/jsonx"
)

const (
	maxColumns  = 1000    // columns of values: the keys of an object may be any
	plainColumn = "value" // the column of values that are no objects
	maxDropped  = 20      // names that are counted each for itself
)

// valueColumns makes cells of the values that were taken from bodies. If the first is no object there is one column, for
// whatever comes. Otherwise the columns are gathered until they are settled: the keys of objects, and "value" for what is
// none.
type valueColumns struct {
	settled bool
	plain   bool // one column
	columns []string
	places  map[string]int // of columns
	cells   []string       // of the value looked at last
	dropped Dropped
}

func newValueColumns(o Options) valueColumns {
	s := valueColumns{settled: !o.HasValues || len(o.Values) > 0, plain: true, places: map[string]int{}}
	if o.HasValues {
		for _, name := range o.Values {
			s.plain = false
			s.add(name)
		}
	}
	return s
}

func (s *valueColumns) add(name string) {
	if _, there := s.places[name]; !there && len(s.columns) < maxColumns {
		s.places[name] = len(s.columns)
		s.columns = append(s.columns, name)
	}
}

// gather adds the columns of a value, and reports whether it has any: null may stand for anything, and {} has none.
func (s *valueColumns) gather(value []byte) (some bool) {
	switch kindOf(value) {
	case 'n':
	case '{':
		object := jsonx.NewReader(value)
		for key := range object.Object() {
			s.plain, some = false, true
			s.add(string(key))
			object.Skip()
		}
	default:
		s.add(plainColumn)
		s.settled, some = s.plain, true
	}
	return some
}

// settle ends the gathering.
func (s *valueColumns) settle() {
	if !s.settled && len(s.columns) == 0 {
		s.add(plainColumn)
	}
	s.settled = true
}

// row gives the cells of a value, raw; of nil, empty ones. They are overwritten by the next call.
func (s *valueColumns) row(value []byte) []string {
	s.cells = append(s.cells[:0], make([]string, len(s.columns))...)
	switch kind := kindOf(value); {
	case kind == 'n':
	case s.plain:
		s.cells[0] = s.cell(value)
	case kind == '{':
		s.spread(value)
	default:
		if i, ok := s.places[plainColumn]; ok {
			s.cells[i] = s.cell(value)
		} else {
			s.dropped.Values.count(plainColumn)
		}
	}
	return s.cells
}

// spread puts the values of an object's keys into their cells.
func (s *valueColumns) spread(object []byte) {
	r := jsonx.NewReader(object)
	for key := range r.Object() {
		if i, ok := s.places[string(key)]; ok {
			s.cells[i] = s.cell(r.Value())
			continue
		}
		if name := string(key); r.Kind() != 'n' { // whose cell would be empty
			s.dropped.Values.count(name)
		}
		r.Skip()
	}
}

func (s *valueColumns) cell(value []byte) string {
	if kindOf(value) == '"' && jsonx.HasLoneSurrogate(value) {
		s.dropped.Halves++
	}
	return jsonCell(value)
}

// Dropper is a Handler that may be unable to hold a part of what it is given: its columns are settled early, and later
// results may have others. CSV, TSV and Markdown are Droppers.
type Dropper interface {
	// Dropped is what was left out, or is not as it was.
	Dropped() Dropped
}

// Dropped is what a Dropper could not hold.
type Dropped struct {
	Values Counts // by key: values that were taken from bodies. One that is no object, where the columns are keys, has the key "value"
	Rows   Counts // by column: cells of the list's rows that are not empty
	Halves int64  // strings in which U+FFFD stands for half of a surrogate pair, which only JSON can hold
}

// Counts counts by name.
type Counts struct {
	Names  []Count // the first 20, as they came
	Others int64   // with other names
}

// Count is how often something came with a name.
type Count struct {
	Name string
	N    int64
}

func (c *Counts) count(name string) {
	i := slices.IndexFunc(c.Names, func(one Count) bool { return one.Name == name })
	switch {
	case i >= 0:
		c.Names[i].N++
	case len(c.Names) < maxDropped:
		c.Names = append(c.Names, Count{strings.Clone(name), 1})
	default:
		c.Others++
	}
}
