package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/run"
)

// TestHelpTellsOfEveryFlag: of each with its short form, if it has one.
func TestHelpTellsOfEveryFlag(t *testing.T) {
	var out, errs bytes.Buffer
	if code := execute(t.Context(), []string{"-h"}, nil, &out, &errs); code != exit.OK || errs.Len() > 0 {
		t.Fatalf("exit code %d, standard error %q", code, errs.String())
	}
	n := 0
	newRoot(run.Streams{}).Flags().VisitAll(func(f *pflag.Flag) {
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
	flags := newRoot(run.Streams{}).Flags()
	for _, name := range slices.Sorted(maps.Keys(cli.OtherNames)) {
		if flags.Lookup(cli.OtherNames[name]) == nil || flags.Lookup(name) != nil {
			t.Errorf("--%s: did you mean --%s?", name, cli.OtherNames[name])
		}
	}
}
