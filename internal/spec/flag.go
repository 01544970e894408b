package spec

import (
	"fmt"
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

// maybeEmpty are the flags that may have an empty value: no User-Agent, no proxy, an empty body.
var maybeEmpty = []string{"user-agent", "proxy", "data", "data-raw", "data-binary", "data-urlencode", "json"}

// checkEmpty refuses values that are empty. Most often a variable of the shell is unset, and passing over the flag would
// do something else than what was meant: send braces as they stand, or keep nothing.
func (f *Spec) checkEmpty() error {
	for _, v := range f.Given {
		if v.Value == "" && !slices.Contains(maybeEmpty, v.Name) {
			return fmt.Errorf("--%s has an empty value: write one, or leave the flag out", v.Name)
		}
	}
	return nil
}
