package spec

import (
	"iter"
	"slices"
)

// Flag is one value of a flag of the command line.
type Flag struct {
	Name, Value string
	Implied     bool // it is what the flag has without a value
}

// gives reports whether a flag was given.
func (f *Spec) gives(name string) bool {
	return slices.ContainsFunc(f.Given, func(v Flag) bool { return v.Name == name })
}

// byFlag gives the values of each flag together. Those of what is sent are one.
func byFlag(given []Flag) iter.Seq[[]Flag] {
	return func(yield func([]Flag) bool) {
		for len(given) > 0 {
			first, n := given[0].Name, 1
			for n < len(given) && (given[n].Name == first || isBodyFlag(first) && isBodyFlag(given[n].Name)) {
				n++
			}
			if !yield(given[:n]) {
				return
			}
			given = given[n:]
		}
	}
}
