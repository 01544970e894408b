package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

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
		if f.Hidden { // what another tool calls it
			return
		}
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
