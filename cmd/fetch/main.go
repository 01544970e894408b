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
	streams := run.Streams{In: stdin, Out: stdout, Err: stderr}
	root, program := newRoot(streams)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		program.AddCompletions()
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

const rootLong = `fetch sends many HTTP requests in parallel and reports what succeeded, what
failed, and why. It keeps to rate limits, and adapts to what each server takes.`

const rootExamples = `  fetch -c 5 urls.txt                        five at a time
  fetch -r 5/s -o out urls.txt               five a second, each body in a file
  fetch --rows ids.csv 'https://api.example.com/{id}' --select .name -f csv
                                             a table in, a table out
  fetch --testserver testdata/quick.txt      try it without a network`

// essential are the flags of a run that fetch -h lists.
var essential = []string{"concurrency", "rate", "timeout", "retries", "rows", "header", "data", "user", "output",
	"select", "format", "journal"}

// newProgram is fetch and its commands.
func newProgram(s run.Streams) *cli.Program {
	flags := cli.NewFlags()
	showVersion := false
	general := pflag.NewFlagSet("", pflag.ContinueOnError)
	general.Bool("help", false, "this text; -h is the short one")
	general.BoolVarP(&showVersion, "version", "V", false, "the version")
	return &cli.Program{
		Root: &cli.Command{
			Short:     "send many HTTP requests in parallel, within limits",
			Long:      rootLong,
			Example:   rootExamples,
			Arguments: "SOURCE...",
			Groups:    append(slices.Clip(flags.Groups), cli.Group{Title: "About", Flags: general}),
			Essential: essential,
			Run: func(ctx context.Context, args []string) error {
				if showVersion {
					_, err := fmt.Fprintln(s.Out, "fetch", spec.Version)
					return err
				}
				f, err := flags.Settle("run")
				if err != nil {
					return err
				}
				return run.List(ctx, f, args, s)
			},
		},
		Commands: append(commands(s, flags), diffCommand(s), policyCommand(s, flags), serveCommand(s)),
	}
}

// newRoot is the program, as cobra has it, too.
func newRoot(s run.Streams) (*cobra.Command, *cli.Program) {
	p := newProgram(s)
	root := p.Cobra()
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetIn(s.In)
	return root, p
}
