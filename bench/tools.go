package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// job is one piece of work, the same for all tools.
type job struct {
	n, c     int              // requests, and how many at a time
	path     func(int) string // the path and query of request i
	base     string           // what comes before it: the server's URL
	duration time.Duration    // for tools that count time instead of requests
	dir      string           // of the files that are made from it, and of saved/ for what cannot be dropped
}

func (j job) url(i int) string { return j.base + j.path(i) }

func (j job) file(name string) string { return filepath.Join(j.dir, name) }

// tool is one program to measure.
type tool struct {
	name    string
	command string          // what is run in the job's folder, with names in braces for what argv fills in
	most    int             // requests it is given at the most; 0: all
	times   int             // it is given so many times the requests; 0: once
	counted *regexp.Regexp  // finds the number of requests in what it prints; nil: all it was given
	check   func(job) error // looks at what it has left in the job's folder; nil: nothing
}

var (
	fetchTool   = tool{name: "fetch", command: "{fetch} -q -c {c} --no-results list.txt"}
	curlTool    = tool{name: "curl -Z", command: "curl -s -Z --parallel-max {c} --parallel-immediate -K curl.conf"}
	wget2Saves  = tool{name: "wget2 (saves)", command: "wget2 -q --max-threads {c} -P saved -i list.txt", most: 5000}
	aria2cSaves = tool{name: "aria2c (saves)", command: "aria2c -q -j {c} --file-allocation=none -d saved -i aria.txt", most: 2000}

	// loadTools send one URL again and again.
	loadTools = []tool{
		{name: "hey", command: "hey -n {n} -c {c} -t 30 {url}"},
		{name: "ab", command: "ab -q -k -n {n} -c {c} {url}"},
		{name: "wrk", command: "wrk -t 1 -c {c} -d {seconds}s --timeout 30s {url}", counted: regexp.MustCompile(`(\d+) requests in`)},
	}

	// downloadTools are made for files rather than for requests, or start a process for each.
	downloadTools = []tool{
		{name: "wget2", command: "wget2 -q --max-threads {c} -O /dev/null -i list.txt", most: 5000},
		wget2Saves,
		aria2cSaves,
		{name: "parallel curl", command: "parallel -j {c} curl -s -o /dev/null {} :::: list.txt", most: 500},
		{name: "xargs curl", command: "xargs -a list.txt -P {c} -n 1 curl -s -o /dev/null", most: 500},
	}
)

//go:embed aiohttp.py
var aiohttpScript string

func aiohttpTool(most int) tool {
	return tool{name: "aiohttp", command: "{python} -c {aiohttp} {c} list.txt", most: most}
}

// argv is the command of a tool for a job.
func (b *bench) argv(t tool, j job, s *server) []string {
	fill := strings.NewReplacer("{fetch}", b.fetch, "{python}", b.python, "{aiohttp}", aiohttpScript,
		"{n}", strconv.Itoa(j.n), "{c}", strconv.Itoa(j.c), "{seconds}", fmt.Sprintf("%.0f", j.duration.Seconds()),
		"{url}", j.url(0), "{rows}", j.base+s.template, "{query}", s.query, "{answers}", `exec "$@" > answers.csv`)
	argv := strings.Fields(t.command)
	for i := range argv {
		argv[i] = fill.Replace(argv[i])
	}
	return argv
}

// findPython is a Python that has aiohttp, or empty.
func findPython(ctx context.Context) string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(ctx, python, "-c", "import aiohttp").Run() == nil {
			return python
		}
	}
	return ""
}

// prepare writes the files that tool will read.
func (b *bench) prepare(j *job, t tool) error {
	if t.most > 0 {
		j.n = min(j.n, t.most)
	}
	j.n *= max(t.times, 1)
	var err error
	if j.dir, err = os.MkdirTemp(b.dir, "job-"); err != nil {
		return err
	}
	for name, line := range map[string]func(i int) string{
		"list.txt":    j.url,
		"curl.conf":   func(i int) string { return fmt.Sprintf("url = %q\noutput = %q", j.url(i), os.DevNull) },
		"saving.conf": func(i int) string { return fmt.Sprintf("url = %q\noutput = \"saved/%d\"", j.url(i), i) },
		"rows.csv":    tableLine,
		"aria.txt":    func(i int) string { return fmt.Sprintf("%s\n  out=%d", j.url(i), i) },
	} {
		if err := writeLines(j.file(name), j.n, line); err != nil {
			return err
		}
	}
	return os.Mkdir(j.file("saved"), 0o777)
}

// tableLine is a line of a table with the columns id and name, the head first.
func tableLine(i int) string {
	if i == 0 {
		return "id,name\n1,compound 1"
	}
	return fmt.Sprintf("%d,compound %d", i+1, i+1)
}

func writeLines(path string, n int, line func(int) string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	for i := range n {
		fmt.Fprintln(w, line(i))
	}
	return errors.Join(w.Flush(), file.Close())
}
