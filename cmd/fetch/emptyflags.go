package main

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"
)

// maybeEmpty are the flags that may have an empty value: no User-Agent, no proxy, an empty body.
var maybeEmpty = []string{"user-agent", "proxy", "data", "data-raw", "data-binary", "data-urlencode", "json"}

// checkEmpty refuses values that are empty. Most often a variable of the shell is unset, and passing over the flag would
// do something else than what was meant: send braces as they stand, or keep nothing.
func (f *runFlags) checkEmpty() (err error) {
	for _, g := range f.all {
		g.flags.VisitAll(func(flag *pflag.Flag) {
			if err == nil && flag.Changed && !slices.Contains(maybeEmpty, flag.Name) && slices.Contains(valuesOf(flag), "") {
				err = fmt.Errorf("--%s has an empty value: write one, or leave the flag out", flag.Name)
			}
		})
	}
	return err
}
