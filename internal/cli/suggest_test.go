package cli

import (
	"maps"
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// TestOtherNames: what is suggested exists, and what it is suggested for does not.
func TestOtherNames(t *testing.T) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range NewFlags().Groups {
		flags.AddFlagSet(g.Flags)
	}
	for _, name := range slices.Sorted(maps.Keys(otherNames)) {
		if flags.Lookup(otherNames[name]) == nil || flags.Lookup(name) != nil {
			t.Errorf("--%s: did you mean --%s?", name, otherNames[name])
		}
	}
}
