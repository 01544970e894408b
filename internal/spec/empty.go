package spec

import (
	"fmt"
	"slices"
)

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
