// Command bench runs fetch beside other tools on the same server and the same work, and prints what each took.
// README.md says what is compared and what the figures do not tell.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

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

	serve  string // the binary that serves
	scenes string // of the politeness work: patterns of names, with commas
	jobs   int    // runs of it at a time
	plot   string // a file for the plot of the scene "halving", or empty
}

func main() {
	b := &bench{}
	os.Setenv("XDG_CONFIG_HOME", filepath.Join(os.TempDir(), "fetch-bench-has-no-config")) // which is not there: no policy of the user's counts
	flag.StringVar(&b.fetch, "fetch", "bin/fetch", "the fetch binary to measure")
	flag.IntVar(&b.runs, "runs", 3, "runs of each tool, interleaved; the median counts")
	flag.IntVar(&b.n, "n", 100_000, "requests of throughput, load and files, rows of select")
	flag.DurationVar(&b.unit, "unit", 100*time.Millisecond, "one unit of the slow work's waits (7 2 6 4 0 9 4 2 5 5)")
	flag.IntVar(&b.flight, "inflight", 10_000, "requests in flight at once in the inflight work")
	flag.BoolVar(&b.own, "own", false, "measure throughput against our own server although there is nginx")
	flag.StringVar(&b.serve, "serve", "", "the fetch binary that serves (default: the one to measure)")
	flag.StringVar(&b.scenes, "scenes", "*", "the scenes of the politeness work, as patterns: quota-*,noise")
	flag.IntVar(&b.jobs, "jobs", 8, "runs of the politeness work at a time")
	flag.StringVar(&b.plot, "plot", "", "write the plot of the scene halving to this file, as SVG")
	flag.StringVar(&b.dir, "dir", "", "the folder for what is made, and removed at the end (default: that for temporary files)")
	works := flag.String("work", "throughput,load,files,select,slow,inflight", "the works to do; there is politeness, too")
	markdown := flag.String("markdown", "", "also write the tables to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := b.run(ctx, *works, *markdown)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, only, markdown string) (err error) {
	if b.runs < 1 || b.n < 100 || b.flight < 10 || b.unit <= 0 || b.jobs < 1 {
		return errors.New("-runs must be at least 1, -n 100, -inflight 10, -jobs 1, and -unit more than 0")
	}
	b.serve = cmp.Or(b.serve, b.fetch)
	b.dir = cmp.Or(b.dir, os.TempDir())
	for _, path := range []*string{&b.fetch, &b.serve, &b.dir} { // the tools run in folders of their own
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if _, err := os.Stat(b.fetch); err != nil {
		return fmt.Errorf("no fetch to measure: %w; run make build", err)
	}
	if b.dir, err = os.MkdirTemp(b.dir, "fetch-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.python = findPython(ctx)

	report := machine() + "\n\n"
	fmt.Print(report)
	for name := range strings.SplitSeq(only, ",") {
		do, ok := works[name]
		if !ok {
			return fmt.Errorf("no work %q: there are throughput, load, files, select, slow, inflight and politeness", name)
		}
		text, err := do(b, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Print(text)
		report += text
	}
	if markdown == "" {
		return nil
	}
	return os.WriteFile(markdown, []byte(report), 0o644)
}
