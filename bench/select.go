package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// selection: the rows of a table through a template, to a table of answers; what the values cost beside the same run
// without them, and whether memory stays as it is with ten times the rows. No other tool does this.
func (b *bench) selection(ctx context.Context, server *server) (result, error) {
	t := &table{
		title:   fmt.Sprintf("%d rows of a table through a template, 50 at a time, CSV", b.n),
		columns: []column{cpuEach, wallEach, memory},
		notes: []string{
			"server: " + server.name + "; " + pinning(),
			"--select " + server.query,
			"the ratios are to the run without --select, which writes the columns of the record instead",
			"after every run the rows that came out were counted",
		},
	}
	without := b.tableTool("fetch, without --select", server)
	with := b.tableTool("fetch --select", server, "--select", server.query)
	more := with
	more.name, more.times = "fetch --select, ten times the rows", 10
	tools := []tool{
		without, with, more,
		b.tableTool("fetch --no-results, without --select", server, "--no-results"),
		b.tableTool("fetch --no-results --select", server, "--no-results", "--select", server.query),
	}
	for i := range tools[:3] {
		tools[i].check = allRows
	}
	path := func(i int) string { return server.small }
	return t, b.compare(ctx, t, tools, b.runs, job{n: b.n, c: 50, path: path}, always(server))
}

// tableTool runs fetch with the table of the job. What it prints goes to a file, since a program that reads it would take
// time of the same cores.
func (b *bench) tableTool(name string, s *server, flags ...string) tool {
	return tool{name: name, program: b.fetch, command: func(j job) []string {
		argv := []string{"sh", "-c", `exec "$@" > answers.csv`, "sh", b.fetch, "-q", "-c", strconv.Itoa(j.c), "-f", "csv", "--rows", j.rows}
		return append(append(argv, flags...), j.base+s.template)
	}}
}

// allRows says what is missing of the rows of a run. Their cells have no line breaks.
func allRows(j job) error {
	f, err := os.Open(filepath.Join(j.dir, "answers.csv"))
	if err != nil {
		return err
	}
	defer f.Close()
	lines, buffer := 0, make([]byte, 64<<10)
	for {
		n, err := f.Read(buffer)
		lines += bytes.Count(buffer[:n], []byte{'\n'})
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if lines != j.n+1 {
		return fmt.Errorf("%d lines came out, want the head and %d", lines, j.n)
	}
	return nil
}
