package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/nearest"
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
	flags := &runFlags{}
	groups := flags.groups()
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
	root.AddCommand(newPlan(s), newLoad(s), newSweep(s), newResume(s), newRetry(s), newReport(s), newDiff(s), newSync(s), newServe(s))
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetHelpCommand(helpCommand(root))
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.Short = "completion for bash, zsh, fish and powershell"
	}
	refuseArguments(root)
	root.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames(), cobra.ShellCompDirectiveNoFileComp))
	root.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions(
		[]string{"auto", "bar", "plain", "json", "none"}, cobra.ShellCompDirectiveNoFileComp))
	root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions(
		[]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	return root
}

// helpCommand is cobra's help command, but for a topic that there is not.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "what a command does",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usage(fmt.Errorf("no help on %q; see fetch -h", strings.Join(args, " ")))
			}
			return cmd.Help()
		},
	}
}

// goNumberError is how Go says that something is no number.
var goNumberError = regexp.MustCompile(`strconv\.\w+: parsing ".*": [a-z ]+`)

// withNearestFlag adds to an error about an unknown flag which one was probably meant.
func withNearestFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return errors.New(goNumberError.ReplaceAllString(err.Error(), "write a number"))
	}
	name := unknown.GetSpecifiedName()
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if len(name) > 1 {
		near := otherNames[name]
		if near == "" {
			near = nearest.To(name, names)
		}
		if near != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return fmt.Errorf("%w; see %s -h", err, cmd.CommandPath())
}

// refuseArguments has the commands refuse arguments that they know nothing of, where cobra would print help and call it a
// success.
func refuseArguments(root *cobra.Command) {
	for _, c := range root.Commands() {
		if c.Name() == "help" || ownFlags(c) != nil || c.Annotations[journalsKey] != "" || c.Annotations[sourcesKey] != "" {
			continue
		}
		c.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return usage(fmt.Errorf("%s: unexpected argument %q; see %s -h", cmd.CommandPath(), args[0], cmd.CommandPath()))
		}
		if !c.Runnable() && c.HasSubCommands() {
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
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
