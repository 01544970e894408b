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
	program string             // looked for in PATH
	most    int                // requests it is given at the most; 0: all
	times   int                // it is given so many times the requests; 0: once
	command func(job) []string // what is run
	counted *regexp.Regexp     // finds the number of requests in what it prints; nil: all it was given
	check   func(job) error    // looks at what it has left in the job's folder; nil: nothing
}

func (b *bench) fetchTool(flags ...string) tool {
	return tool{name: "fetch", program: b.fetch, command: func(j job) []string {
		return append([]string{b.fetch, "-q", "-c", strconv.Itoa(j.c)}, append(flags, j.file("list.txt"))...)
	}}
}

var curlTool = curl("curl -Z", "curl.conf", "--parallel-immediate")

// curl runs curl with one of the job's configurations.
func curl(name, config string, flags ...string) tool {
	return tool{name: name, program: "curl", command: func(j job) []string {
		return append(append([]string{"curl", "-s", "-Z", "--parallel-max", strconv.Itoa(j.c)}, flags...), "-K", j.file(config))
	}}
}

// loadTool is fetch as a load test.
func (b *bench) loadTool(name string, flags ...string) tool {
	return tool{name: name, program: b.fetch, command: func(j job) []string {
		argv := []string{b.fetch, "load", "-q", "-c", strconv.Itoa(j.c), "-n", strconv.Itoa(j.n)}
		return append(append(argv, flags...), j.url(0))
	}}
}

var heyTool = tool{name: "hey", program: "hey", command: func(j job) []string {
	return []string{"hey", "-n", strconv.Itoa(j.n), "-c", strconv.Itoa(j.c), "-t", "30", j.url(0)}
}}

// loadTools send one URL again and again.
var loadTools = []tool{
	heyTool,
	{name: "ab", program: "ab", command: func(j job) []string {
		return []string{"ab", "-q", "-k", "-n", strconv.Itoa(j.n), "-c", strconv.Itoa(j.c), j.url(0)}
	}},
	{name: "wrk", program: "wrk", counted: regexp.MustCompile(`(\d+) requests in`), command: func(j job) []string {
		return []string{"wrk", "-t", "1", "-c", strconv.Itoa(j.c), "-d", fmt.Sprintf("%.0fs", j.duration.Seconds()), "--timeout", "30s", j.url(0)}
	}},
}

var wget2Saves = tool{name: "wget2 (saves)", program: "wget2", most: 5000, command: func(j job) []string {
	return []string{"wget2", "-q", "--max-threads", strconv.Itoa(j.c), "-P", j.file("saved"), "-i", j.file("list.txt")}
}}

var aria2cSaves = tool{name: "aria2c (saves)", program: "aria2c", most: 2000, command: func(j job) []string {
	return []string{"aria2c", "-q", "-j", strconv.Itoa(j.c), "--file-allocation=none", "-d", j.file("saved"), "-i", j.file("aria.txt")}
}}

// downloadTools are made for files rather than for requests, or start a process for each.
var downloadTools = []tool{
	{name: "wget2", program: "wget2", most: 5000, command: func(j job) []string {
		return []string{"wget2", "-q", "--max-threads", strconv.Itoa(j.c), "-O", os.DevNull, "-i", j.file("list.txt")}
	}},
	wget2Saves,
	aria2cSaves,
	{name: "parallel curl", program: "parallel", most: 500, command: func(j job) []string {
		return []string{"parallel", "-j", strconv.Itoa(j.c), "curl", "-s", "-o", os.DevNull, "{}", "::::", j.file("list.txt")}
	}},
	{name: "xargs curl", program: "xargs", most: 500, command: func(j job) []string {
		return []string{"xargs", "-a", j.file("list.txt"), "-P", strconv.Itoa(j.c), "-n", "1", "curl", "-s", "-o", os.DevNull}
	}},
}

//go:embed aiohttp.py
var aiohttpScript string

func (b *bench) aiohttpTool(most int) tool {
	return tool{name: "aiohttp", program: b.python, most: most, command: func(j job) []string {
		return []string{b.python, "-c", aiohttpScript, strconv.Itoa(j.c), j.file("list.txt")}
	}}
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
