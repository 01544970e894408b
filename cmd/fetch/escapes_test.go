package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/run"
)

// TestArgumentsInMessages: what messages repeat of the command line and of the environment reaches standard error with everything
// escaped that a terminal would obey: C0, DEL, C1, bidi.
func TestArgumentsInMessages(t *testing.T) {
	const awkward = "x\x1b[31m\x07\x7f\u009b31m\u202ey"
	t.Chdir(t.TempDir())
	t.Setenv("http_proxy", "http://"+awkward+":1")
	const url = "http://127.0.0.1:1/"
	lines := [][]string{
		{"--" + awkward}, {"-" + awkward}, {"-\x1b"}, {"-c", awkward}, {awkward}, {"help", awkward}, {"completion", awkward},
		{"completion", "bash", awkward}, {"completion", "bash", "--" + awkward}, {"__complete", awkward, "--" + awkward, ""},
		{"--rows", awkward, "http://127.0.0.1:1/{id}"}, {"http://127.0.0.1:1/" + awkward, "--retries=0"},
		{"-K", awkward, url}, {"http://host.test/", "--retries=0"}, {"serve", awkward}, {"serve", "--listen", awkward}, {"diff", awkward, awkward},
	}
	root, _ := newRoot(run.Streams{In: strings.NewReader(""), Out: new(bytes.Buffer), Err: new(bytes.Buffer)})
	for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
		words := []string{}
		if c != root {
			words = append(words, c.Name())
		}
		with := func(more ...string) { lines = append(lines, append(append([]string{}, words...), more...)) }
		with("--" + awkward)
		with(awkward)
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if c.Name() == "serve" || c.Name() == "load" || c.Name() == "sweep" { // which would go on for long
				with("--"+f.Name+"="+awkward, "--"+awkward)
				return
			}
			with("--"+f.Name+"="+awkward, url, "--retries=0", "--connect-timeout=1")
		})
	}
	for _, line := range lines {
		var out, errs bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		execute(ctx, line, strings.NewReader(""), &out, &errs)
		cancel()
		if said := errs.String(); strings.ContainsFunc(strings.NewReplacer("\n", "", "\t", "").Replace(said), record.IsControl) {
			t.Errorf("fetch %q: %q", line, said)
		}
	}
	t.Logf("%d command lines", len(lines))
}
