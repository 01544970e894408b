package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestHelpTellsOfEveryFlag: of each with its short form, if it has one.
func TestHelpTellsOfEveryFlag(t *testing.T) {
	var out, errs bytes.Buffer
	if code := execute(t.Context(), []string{"-h"}, nil, &out, &errs); code != exitOK || errs.Len() > 0 {
		t.Fatalf("exit code %d, standard error %q", code, errs.String())
	}
	n := 0
	newRoot(streams{}).Flags().VisitAll(func(f *pflag.Flag) {
		n++
		named := "--" + f.Name
		if f.Shorthand != "" {
			named = "-" + f.Shorthand + ", " + named
		}
		told := slices.ContainsFunc(strings.Split(out.String(), "\n"), func(line string) bool {
			rest, ok := strings.CutPrefix(strings.TrimSpace(line), named)
			return ok && strings.IndexAny(rest, " [") <= 0
		})
		if !told {
			t.Errorf("%s is not in the help", named)
		}
	})
	if n < 40 {
		t.Errorf("only %d flags", n)
	}
}

// TestOtherNames: what is suggested exists, and what it is suggested for does not.
func TestOtherNames(t *testing.T) {
	flags := newRoot(streams{}).Flags()
	for _, name := range slices.Sorted(maps.Keys(otherNames)) {
		if flags.Lookup(otherNames[name]) == nil || flags.Lookup(name) != nil {
			t.Errorf("--%s: did you mean --%s?", name, otherNames[name])
		}
	}
}
