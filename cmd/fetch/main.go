package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/spec"
)

// gcPercent trades memory that a run hardly uses for a good part of the garbage collector's time. GOGC, if set, holds.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log.SetOutput(io.Discard) // net/http prints there what servers send unasked
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// execute is the whole program: it returns the exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(run.Streams{In: stdin, Out: stdout, Err: stderr})
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		args = slices.Clone(args)
		for i := range args { // cobra prints them on the process's own standard error; nothing of ours is completed by what changes
			args[i] = record.Printable(args[i])
		}
	}
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !exit.Silent(err) {
		run.Say(stderr, "%s", strings.TrimPrefix(err.Error(), "fetch: "))
	}
	return exit.CodeOf(err)
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

func newRoot(s run.Streams) *cobra.Command {
	flags := cli.NewFlags()
	groups := flags.Groups
	showVersion := false
	general := pflag.NewFlagSet("", pflag.ContinueOnError)
	general.BoolP("help", "h", false, "this text")
	general.BoolVarP(&showVersion, "version", "V", false, "the version")
	groups = append(groups, cli.Group{Title: "About", Flags: general})

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
				_, err := fmt.Fprintln(s.Out, "fetch", spec.Version)
				return err
			}
			f, err := flags.Settle("run")
			if err == nil {
				err = run.List(cmd.Context(), f, args, s)
			}
			return cli.WithNearestCommand(cmd, err, args)
		},
	}
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetIn(s.In)
	for _, g := range groups {
		root.Flags().AddFlagSet(g.Flags)
	}
	root.Flags().SortFlags = false
	cli.AddAliases(root.Flags())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return exit.Usage(cli.WithNearestFlag(cmd, err)) })
	root.SetHelpFunc(cli.RootHelp(root, groups))
	for _, c := range append(commands(s, flags), diffCommand(s), policyCommand(s, flags), serveCommand(s)) {
		root.AddCommand(c.Cobra())
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetHelpCommand(cli.HelpCommand(root))
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.Short = "completion for bash, zsh, fish and powershell"
		c.Args = cli.NoArguments
		c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	for flag, values := range map[string][]string{
		"format": report.Formats(), "progress": {"auto", "bar", "plain", "json", "none"}, "color": {"auto", "always", "never"},
	} {
		root.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return root
}
