package report

import (
	"slices"
	"strings"
)

// maxDropped is how many names are counted each for itself.
const maxDropped = 20

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
