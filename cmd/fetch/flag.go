package main

import (
	"iter"
	"slices"
)

// flagValue is one value of a flag of the command line.
type flagValue struct {
	name, value string
	implied     bool // it is what the flag has without a value
}

// gives reports whether a flag was given.
func (f *runFlags) gives(name string) bool {
	return slices.ContainsFunc(f.given, func(v flagValue) bool { return v.name == name })
}

// byFlag gives the values of each flag together. Those of what is sent are one.
func byFlag(given []flagValue) iter.Seq[[]flagValue] {
	return func(yield func([]flagValue) bool) {
		for len(given) > 0 {
			first, n := given[0].name, 1
			for n < len(given) && (given[n].name == first || isBodyFlag(first) && isBodyFlag(given[n].name)) {
				n++
			}
			if !yield(given[:n]) {
				return
			}
			given = given[n:]
		}
	}
}
