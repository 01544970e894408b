package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/journal"
)

const (
	noteFewer   = "tools that take fewer requests are given fewer, so their start weighs more"
	noteChecked = "every run was checked against the server's own count of requests"
)

// throughput: as many small answers as one core can take, 50 at a time; what a request costs.
func (b *bench) throughput(s *server) *table {
	return &table{
		title:   fmt.Sprintf("%d requests of 1 KB, 50 at a time, bodies dropped", b.n),
		columns: []column{cpuEach, wallEach, memory},
		notes: []string{
			"hey, ab and wrk ask for one URL again and again; the others read a list of distinct URLs",
			noteFewer,
			noteChecked,
			"memory of parallel and xargs is that of one process, not of all together",
		},
		tools: slices.Concat([]tool{fetchTool, curlTool}, loadTools, []tool{aiohttpTool(20_000)}, downloadTools),
		job: job{n: b.n, c: 50, duration: 5 * time.Second, path: func(i int) string {
			return fmt.Sprintf("%s?i=%d", s.small, i)
		}},
	}
}

// load: the same from one URL, as a load test. All the tools do the same here, so the ratios are to the best known.
func (b *bench) load(s *server) *table {
	return &table{
		title:   fmt.Sprintf("%d requests of 1 KB to one URL, 50 at a time, as a load test", b.n),
		against: "hey",
		columns: []column{cpuEach, perSecond, memory},
		notes: []string{
			"wrk is given 5 s, and the others a number of requests",
			"fetch load --records keeps a record of each request in a journal besides",
			noteChecked,
		},
		tools: append([]tool{
			{name: "fetch load", command: "{fetch} load -q -c {c} -n {n} {url}"},
			{name: "fetch load --records", command: "{fetch} load -q -c {c} -n {n} --records -j load.jsonl {url}"},
		}, loadTools...),
		job: job{n: b.n, c: 50, path: s.smallPath, duration: 5 * time.Second},
	}
}

// files: small answers, each saved to a file of its own; what a file costs. Where they go is b.dir: on a disk most of it is
// the file system's, and differs from minute to minute; in memory (-dir /dev/shm) it is the programs'.
func (b *bench) files(s *server) *table {
	return &table{
		title:   fmt.Sprintf("%d requests of 1 KB, 50 at a time, each body saved to its own file", b.n),
		columns: []column{cpuEach, wallEach, memory},
		notes: []string{
			"the folder is in " + filepath.Dir(b.dir),
			"fetch gives a file its name when it is whole; curl and wget2 write under the final name from the start",
			noteFewer,
			"after every run the files were counted, and the server's own count of requests checked",
		},
		tools: []tool{
			{name: "fetch", command: "{fetch} -q -c {c} --no-results -o saved/ list.txt", check: allSaved},
			{name: "curl -Z", command: "curl -s -Z --parallel-max {c} --parallel-immediate -K saving.conf", check: allSaved},
			{name: "wget2", command: wget2Saves.command, check: allSaved},
			{name: "aria2c", command: aria2cSaves.command, most: aria2cSaves.most, check: allSaved},
		},
		job: job{n: b.n, c: 50, path: func(i int) string { return fmt.Sprintf(s.distinct, i) }},
	}
}

// allSaved says what is missing of the files of a run, empty ones included.
func allSaved(j job) error {
	files, err := os.ReadDir(j.file("saved"))
	if err != nil {
		return err
	}
	n := 0
	for _, f := range files {
		if info, err := f.Info(); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			n++
		}
	}
	if n < j.n {
		return fmt.Errorf("%d files of %d", n, j.n)
	}
	return nil
}

// selection: the rows of a table through a template, to a table of answers; what the values cost beside the same run
// without them, and whether memory stays as it is with ten times the rows. No other tool does this.
func (b *bench) selection(s *server) *table {
	// What fetch prints goes to a file, since a program that reads it would take time of the same cores.
	const run, rows = "sh -c {answers} sh {fetch} -q -c {c} -f csv --rows rows.csv ", "{rows}"
	return &table{
		title:   fmt.Sprintf("%d rows of a table through a template, 50 at a time, CSV", b.n),
		columns: []column{cpuEach, wallEach, memory},
		notes: []string{
			"--select " + s.query,
			"the ratios are to the run without --select, which writes the columns of the record instead",
			"after every run the rows that came out were counted",
		},
		tools: []tool{
			{name: "fetch, without --select", command: run + rows, check: allRows},
			{name: "fetch --select", command: run + "--select {query} " + rows, check: allRows},
			{name: "fetch --select, ten times the rows", command: run + "--select {query} " + rows, check: allRows, times: 10},
			{name: "fetch --no-results, without --select", command: run + "--no-results " + rows},
			{name: "fetch --no-results --select", command: run + "--no-results --select {query} " + rows},
		},
		job: job{n: b.n, c: 50, path: s.smallPath},
	}
}

// allRows says what is missing of the rows of a run. Their cells have no line breaks.
func allRows(j job) error {
	lines, err := journal.Lines(j.file("answers.csv"))
	if err == nil && int(lines) != j.n+1 {
		err = fmt.Errorf("%d lines came out, want the head and %d", lines, j.n)
	}
	return err
}

// slow: ten requests at once, each with its own wait, in units. The floor is the longest wait.
func (b *bench) slow(*server) *table {
	waits := []int{7, 2, 6, 4, 0, 9, 4, 2, 5, 5}
	floor, each := time.Duration(slices.Max(waits))*b.unit, time.Duration(sum(waits))*b.unit
	plainCurl := tool{name: "curl -Z, without --parallel-immediate", command: "curl -s -Z --parallel-max {c} -K curl.conf"}
	return &table{
		title: fmt.Sprintf("10 requests that wait 7 2 6 4 0 9 4 2 5 5 times %v, 10 at a time", b.unit),
		columns: []column{
			{"wall over floor", func(u usage) float64 { return u.wall.Seconds() / floor.Seconds() }, "%.3f"},
			wallTotal, cpuTotal, memory,
		},
		notes: []string{
			fmt.Sprintf("floor %v (the longest wait), one at a time %v; starting the program is part of the wall", floor, each),
		},
		tools: append([]tool{fetchTool, curlTool, plainCurl, aiohttpTool(0)}, downloadTools...),
		job: job{n: len(waits), c: 10, path: func(i int) string {
			return fmt.Sprintf("/%g?i=%d", (time.Duration(waits[i%len(waits)]) * b.unit).Seconds(), i)
		}},
	}
}

// inFlight: very many requests at once that each wait two seconds; what one in flight costs in memory.
func (b *bench) inFlight(*server) *table {
	n, notes := b.flight, []string(nil)
	text, _ := exec.Command("sh", "-c", "ulimit -Hn").Output() // a number, or unlimited
	if files, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && files > 500 && n > files-500 {
		n = files - 500
		notes = append(notes, fmt.Sprintf("fewer than asked for: at most %d files may be open here (ulimit -n)", files))
	}
	return &table{
		title:  fmt.Sprintf("%d requests in flight at once, each waiting 2 s", n),
		server: "our own, a process of its own, started anew for each run so that no port is still held by the run before",
		columns: []column{
			{"memory each, KB", func(u usage) float64 { return float64(u.memory) / 1e3 / float64(n) }, "%.1f"},
			memory, atOnce, cpuEach, wallTotal,
		},
		notes: append(notes,
			"memory each is the whole program's largest resident set divided by the requests",
			"one run each; wrk keeps at it for 4 s, so its CPU and wall say nothing here",
			"a server whose queue of new connections is full makes the kernel try again after 1, 3 and 7 s: that is in the wall of all",
		),
		tools: slices.Concat([]tool{fetchTool}, loadTools, []tool{aiohttpTool(0)}),
		job:   job{n: n, c: n, path: func(i int) string { return fmt.Sprintf("/2?i=%d", i) }, duration: 4 * time.Second},
		times: 1,
		fresh: true,
	}
}
