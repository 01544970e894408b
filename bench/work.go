package main

import (
	"context"
	"fmt"
	"time"
)

// throughput: as many small answers as one core can take, 50 at a time; what a request costs.
func (b *bench) throughput(ctx context.Context, server *server) (result, error) {
	t := &table{
		title:   fmt.Sprintf("%d requests of 1 KB, 50 at a time, bodies dropped", b.n),
		columns: []column{cpuEach, wallEach, memory},
		notes: []string{
			"server: " + server.name + "; " + pinning(),
			"hey, ab and wrk ask for one URL again and again; the others read a list of distinct URLs",
			"tools that take fewer requests are given fewer, so their start weighs more",
			"every run was checked against the server's own count of requests",
			"memory of parallel and xargs is that of one process, not of all together",
		},
	}
	tools := append([]tool{b.fetchTool("--no-results"), curlTool}, loadTools...)
	tools = append(tools, b.aiohttpTool(20_000))
	tools = append(tools, downloadTools...)
	path := func(i int) string { return fmt.Sprintf("%s?i=%d", server.small, i) }
	return t, b.compare(ctx, t, tools, b.runs, job{n: b.n, c: 50, path: path, duration: 5 * time.Second}, always(server))
}

// load: the same from one URL, as a load test. All the tools do the same here, so the ratios are to the best known.
func (b *bench) load(ctx context.Context, server *server) (result, error) {
	t := &table{
		title:   fmt.Sprintf("%d requests of 1 KB to one URL, 50 at a time, as a load test", b.n),
		against: heyTool.name,
		columns: []column{cpuEach, perSecond, memory},
		notes: []string{
			"server: " + server.name + "; " + pinning(),
			"wrk is given 5 s, and the others a number of requests",
			"fetch load --records keeps a record of each request in a journal besides",
			"every run was checked against the server's own count of requests",
		},
	}
	tools := append([]tool{b.loadTool("fetch load"), b.loadTool("fetch load --records", "--records", "-j", "load.jsonl")}, loadTools...)
	path := func(int) string { return server.small }
	return t, b.compare(ctx, t, tools, b.runs, job{n: b.n, c: 50, path: path, duration: 5 * time.Second}, always(server))
}

// waits are the ten waits of the slow work, in units.
var waits = []int{7, 2, 6, 4, 0, 9, 4, 2, 5, 5}

// slow: ten requests at once, each with its own wait. The floor is the longest wait.
func (b *bench) slow(ctx context.Context, server *server) (result, error) {
	longest, sum := 0, 0
	for _, w := range waits {
		longest, sum = max(longest, w), sum+w
	}
	floor := time.Duration(longest) * b.unit
	t := &table{
		title:   fmt.Sprintf("10 requests that wait 7 2 6 4 0 9 4 2 5 5 times %v, 10 at a time", b.unit),
		columns: []column{overFloor(floor), wallTotal, cpuTotal, memory},
		notes: []string{
			"server: " + server.name + "; " + pinning(),
			fmt.Sprintf("floor %v (the longest wait), one at a time %v; starting the program is part of the wall", floor, time.Duration(sum)*b.unit),
		},
	}
	plainCurl := curl("curl -Z, without --parallel-immediate", func(j job) string { return j.config })
	tools := append([]tool{b.fetchTool("--no-results"), curlTool, plainCurl, b.aiohttpTool(0)}, downloadTools...)
	path := func(i int) string {
		return fmt.Sprintf("/%g?i=%d", (time.Duration(waits[i%len(waits)]) * b.unit).Seconds(), i)
	}
	return t, b.compare(ctx, t, tools, b.runs, job{n: len(waits), c: 10, path: path}, always(server))
}

// inFlight: very many requests at once that each wait two seconds; what one in flight costs in memory.
func (b *bench) inFlight(ctx context.Context) (result, error) {
	n := b.flight
	t := &table{}
	if room := openFiles() - 500; room > 0 && n > room {
		n = room
		t.notes = append(t.notes, fmt.Sprintf("fewer than asked for: at most %d files may be open here (ulimit -n)", openFiles()))
	}
	t.title = fmt.Sprintf("%d requests in flight at once, each waiting 2 s", n)
	t.columns = []column{memoryEach(n), memory, atOnce, cpuEach, wallTotal}
	t.notes = append(t.notes,
		"server: our own, a process of its own, started anew for each run so that no port is still held by the run before; "+pinning(),
		"memory each is the whole program's largest resident set divided by the requests",
		"one run each; wrk keeps at it for 4 s, so its CPU and wall say nothing here",
		"a server whose queue of new connections is full makes the kernel try again after 1, 3 and 7 s: that is in the wall of all",
	)
	tools := append([]tool{b.fetchTool("--no-results")}, loadTools...)
	tools = append(tools, b.aiohttpTool(0))
	j := job{n: n, c: n, path: func(i int) string { return fmt.Sprintf("/2?i=%d", i) }, duration: 4 * time.Second}
	return t, b.compare(ctx, t, tools, 1, j, b.freshOwn)
}
