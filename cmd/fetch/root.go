package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// version is what -V prints and User-Agent carries.
const version = "0.1.0"

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(streams{stdin, stdout, stderr})
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !silent(err) {
		fmt.Fprintln(stderr, "fetch: "+strings.TrimPrefix(err.Error(), "fetch: "))
	}
	return codeOf(err)
}

const rootLong = `fetch takes a list of HTTP requests, carries them out concurrently, as fast as their servers
allow and no faster, and tells what happened: each latency, each error, the speedup against
doing one thing at a time, and what bounded it.

A SOURCE is a file with one URL a line (a name may stand before it), a URL, or - for standard
input.`

const rootExamples = `  fetch -c 5 urls.txt                        five at a time
  fetch -r 5/s --report out.csv urls.txt     at most five a second, and a table for later
  fetch --testserver testdata/quick.txt      see it work, without a network`

func newRoot(s streams) *cobra.Command {
	flags := &runFlags{}
	groups := flags.groups()
	showVersion := false
	general := pflag.NewFlagSet("", pflag.ContinueOnError)
	general.BoolP("help", "h", false, "this text; more in: fetch help report")
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
			return runList(cmd.Context(), flags, args, s)
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
	root.AddCommand(newServe(s), helpReport())
	root.CompletionOptions.HiddenDefaultCmd = false
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames(), cobra.ShellCompDirectiveNoFileComp))
	root.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions(
		[]string{"auto", "bar", "plain", "json", "none"}, cobra.ShellCompDirectiveNoFileComp))
	root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions(
		[]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	return root
}

// helpWith prints the root's help with its flags in groups, and other commands' as cobra does.
func helpWith(root *cobra.Command, groups []group) func(*cobra.Command, []string) {
	usual := root.HelpFunc()
	return func(cmd *cobra.Command, args []string) {
		if cmd != root {
			usual(cmd, args)
			return
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s\n\nUsage:\n  fetch [flags] SOURCE...\n  fetch COMMAND\n\nExamples:\n%s\n", root.Long, root.Example)
		for _, g := range groups {
			g.flags.SortFlags = false
			fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.flags.FlagUsagesWrapped(helpWidth))
		}
		b.WriteString("\nCommands:\n")
		for _, c := range root.Commands() {
			if c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() || c.Name() == "help" {
				name := c.Name()
				if c.IsAdditionalHelpTopicCommand() {
					name = "help " + name
				}
				fmt.Fprintf(&b, "  %-14s %s\n", name, c.Short)
			}
		}
		b.WriteString("\nA file named as a command is ./NAME. Exit codes: 0 all went well · 3 some requests failed ·\n" +
			"2 usage or unreadable input · 7 unfinished · 1 our own fault · 130, 143 interrupted.\n")
		io.WriteString(cmd.OutOrStdout(), b.String())
	}
}

const helpWidth = 100

// withNearestFlag adds to an error about an unknown flag which one was probably meant.
func withNearestFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	name := unknown.GetSpecifiedName()
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if len(name) > 1 {
		if near := nearest(name, names); near != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return fmt.Errorf("%w; see %s -h", err, cmd.CommandPath())
}

// noSource explains what is missing when no SOURCE was given.
func noSource(in io.Reader) error {
	hint := "give a file, a URL, or - for standard input; see fetch -h"
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
			hint = "standard input is a pipe: to read the list from it, write fetch -"
		}
	}
	return usage(errors.New("no SOURCE: " + hint))
}
