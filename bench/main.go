// Command bench runs fetch beside other tools on the same server and the same work, and prints what each took.
// README.md says what is compared and what the figures do not tell.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxRun is the longest that one run of one tool may take.
const maxRun = 3 * time.Minute

// bench is what all works share.
type bench struct {
	fetch  string        // the path of our binary
	dir    string        // for lists, configurations and what tools cannot but save; removed at the end
	runs   int           // of each tool; the median counts
	n      int           // requests of the throughput, load and files works, rows of the select work
	unit   time.Duration // of the slow work
	flight int           // requests in flight
	own    bool          // measure against our own server even if there is nginx
	python string        // a Python that has aiohttp, or empty

	serve    string // the binary that serves
	scenes   string // of the politeness work: patterns of names, with commas
	jobs     int    // runs of it at a time
	oursOnly bool   // leaves the aiohttp loop out
	plot     string // a file for the plot of the scene "halving", or empty

	log io.Writer // what is being done
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	b := &bench{log: stderr}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&b.fetch, "fetch", "bin/fetch", "the fetch binary to measure")
	flags.IntVar(&b.runs, "runs", 3, "runs of each tool, interleaved; the median counts")
	flags.IntVar(&b.n, "n", 100_000, "requests of throughput, load and files, rows of select")
	flags.DurationVar(&b.unit, "unit", 100*time.Millisecond, "one unit of the slow work's waits (7 2 6 4 0 9 4 2 5 5)")
	flags.IntVar(&b.flight, "inflight", 10_000, "requests in flight at once in the inflight work")
	flags.BoolVar(&b.own, "own", false, "measure throughput against our own server although there is nginx")
	flags.StringVar(&b.serve, "serve", "", "the fetch binary that serves (default: the one to measure)")
	flags.StringVar(&b.scenes, "scenes", "*", "the scenes of the politeness work, as patterns: quota-*,noise")
	flags.IntVar(&b.jobs, "jobs", 8, "runs of the politeness work at a time")
	flags.BoolVar(&b.oursOnly, "ours", false, "leave the aiohttp loop out of the politeness work")
	flags.StringVar(&b.plot, "plot", "", "write the plot of the scene halving to this file, as SVG")
	only := flags.String("work", "throughput,load,files,select,slow,inflight", "the works to do; there is politeness, too")
	dir := flags.String("dir", "", "the folder for what is made, and removed at the end (default: that for temporary files)")
	markdown := flags.String("markdown", "", "also write the tables to this file, as Markdown")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if b.runs < 1 || b.n < 100 || b.flight < 10 || b.unit <= 0 || b.jobs < 1 {
		return errors.New("-runs must be at least 1, -n 100, -inflight 10, -jobs 1, and -unit more than 0")
	}
	fetch, err := filepath.Abs(b.fetch)
	if err != nil {
		return err
	}
	if _, err := os.Stat(fetch); err != nil {
		return fmt.Errorf("no fetch to measure: %w; run make build", err)
	}
	b.fetch, b.python = fetch, findPython(ctx)
	if b.serve, err = filepath.Abs(cmp.Or(b.serve, b.fetch)); err != nil {
		return err
	}
	if *dir != "" { // the tools run in folders of their own
		if *dir, err = filepath.Abs(*dir); err != nil {
			return err
		}
	}
	if b.dir, err = os.MkdirTemp(*dir, "fetch-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)

	report := &bytes.Buffer{}
	fmt.Fprintf(report, "%s\n\n", machine())
	fmt.Fprint(stdout, report.String())
	for name := range strings.SplitSeq(*only, ",") {
		i := slices.IndexFunc(works, func(w work) bool { return w.name == name })
		if i < 0 {
			return fmt.Errorf("no work %q: there are throughput, load, files, select, slow, inflight and politeness", name)
		}
		t, err := works[i].run(b, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprint(stdout, t.text())
		report.WriteString(t.markdown())
	}
	if *markdown == "" {
		return nil
	}
	return os.WriteFile(*markdown, report.Bytes(), 0o644)
}
