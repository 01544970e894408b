package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"example.com/fetch/internal/report"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// execute is the whole program: it returns the exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(streams{stdin, stdout, stderr})
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !silent(err) {
		fmt.Fprintln(stderr, "fetch: "+strings.TrimPrefix(err.Error(), "fetch: "))
	}
	return codeOf(err)
}

const rootLong = `fetch takes a list of HTTP requests, carries them out concurrently, as fast as
their servers allow and no faster, and tells what happened: each latency, each
error, the speedup against doing one thing at a time, and what bounded it.

A SOURCE is a file, a URL, or - for standard input. A file has one URL a line (a
name may stand before it), or is a CSV, TSV or JSONL table, a list of vegeta or
aria2, a HAR file or a sitemap. With --rows or --set a URL is a template: a
request for each row, {column} standing for its cell.`

const rootExamples = `  fetch -c 5 urls.txt                        five at a time
  fetch -r 5/s -o out urls.txt               five a second, each body in a file
  fetch --rows ids.csv 'https://api.example.com/{id}' --select .name -f csv
                                             a table in, a table of answers out
  fetch --testserver testdata/quick.txt      see it work, without a network`

func newRoot(s streams) *cobra.Command {
	flags := newCommandFlags()
	groups := flags.groups
	showVersion := false
	general := pflag.NewFlagSet("", pflag.ContinueOnError)
	general.BoolP("help", "h", false, "this text")
	general.BoolVarP(&showVersion, "version", "V", false, "the version")
	groups = append(groups, group{"About", general})

	root := &cobra.Command{
		Use:               "fetch [flags] SOURCE...",
		Short:             "carry out a list of HTTP requests, fast and within limits",
		Long:              rootLong,
		Example:           rootExamples,
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if showVersion {
				_, err := fmt.Fprintln(s.out, "fetch", version)
				return err
			}
			return withNearestCommand(runList(cmd.Context(), flags.parsed(), args, s), args)
		},
	}
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetIn(s.in)
	for _, g := range groups {
		root.Flags().AddFlagSet(g.flags)
	}
	root.Flags().SortFlags = false
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(withNearestFlag(cmd, err)) })
	root.SetHelpFunc(helpWith(root, groups))
	root.AddCommand(newPlan(s), newLoad(s), newSweep(s), newResume(s), newRetry(s), newReport(s), newDiff(s), newSync(s), newServe(s))
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetHelpCommand(helpCommand(root))
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.Short = "completion for bash, zsh, fish and powershell"
	}
	refuseArguments(root)
	root.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.Formats(), cobra.ShellCompDirectiveNoFileComp))
	root.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions(
		[]string{"auto", "bar", "plain", "json", "none"}, cobra.ShellCompDirectiveNoFileComp))
	root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions(
		[]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	return root
}
