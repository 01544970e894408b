package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"example.com/fetch/testserver"
)

//go:embed semaphore.py
var semaphoreScript string

// maxScene is the longest that one run of one scene may take.
const maxScene = 25 * time.Minute

// outcome is one run of a scene: what the tool says of it, and what the server does.
type outcome struct {
	wall       time.Duration
	ok, failed int

	refused int // as the server has counted: 403, 429 and 503
	each    testserver.LimitCount
	hops    []testserver.Hop // of the last server
	look    remark
	err     error
}

// played is a scene with its runs by one tool.
type played struct {
	scene
	tool string
	runs []outcome
}

// play runs the scenes, each run with a server of its own, some at a time: what they wait for is the servers, not the machine.
func (b *bench) play(ctx context.Context, chosen []scene) (all []*played, err error) {
	for _, s := range chosen {
		all = append(all, &played{s, "fetch", make([]outcome, b.runs)})
		if s.loop != "" && b.python != "" && !b.oursOnly {
			all = append(all, &played{s, "aiohttp loop", make([]outcome, b.runs)})
		}
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, b.jobs)
	for n := range b.runs {
		for _, p := range all {
			places <- struct{}{}
			wg.Go(func() {
				defer func() { <-places }()
				o := &p.runs[n]
				o.err = b.act(ctx, p, o)
				fmt.Fprintf(os.Stderr, "%s, run %d, %s: %.1f s, %d ok, %d failed, %d refused, error: %v\n",
					p.name, n+1, p.tool, o.wall.Seconds(), o.ok, o.failed, o.refused, o.err)
			})
		}
	}
	wg.Wait()
	i := slices.IndexFunc(all, func(p *played) bool { return p.name == "halving" && p.runs[0].err == nil })
	if b.plot != "" && i >= 0 {
		err = os.WriteFile(b.plot, []byte(plotHalving(all[i].runs[0].each)), 0o644)
	}
	return all, errors.Join(err, ctx.Err())
}

// act is one run: a server is started and set, the tool runs, and the server is asked.
func (b *bench) act(ctx context.Context, p *played, o *outcome) error {
	ctx, cancel := context.WithTimeout(ctx, maxScene)
	defer cancel()
	s, err := b.startOwn(ctx, 0)
	if err != nil {
		return err
	}
	defer func() { s.stop() }()
	dead, err := freePort(0)
	if err != nil {
		return err
	}
	for _, set := range p.set {
		if _, err := s.ask(ctx, http.MethodPut, "/limit/"+set); err != nil {
			return err
		}
	}
	report, direct, argv := "", s.url, []string{b.python, "-c", semaphoreScript, "10", p.loop}
	if p.tool == "fetch" {
		report, direct = "report.json", ""
		argv = append([]string{b.fetch, "-q", "--progress", "none", "--no-results", "--testserver=" + s.url[len("http://"):], "--report", report}, p.args...)
	}
	j := job{n: p.n, path: func(i int) string { return p.entry(direct, dead, i) }}
	if err := b.prepare(&j, tool{}); err != nil {
		return err
	}
	defer os.RemoveAll(j.dir)

	var restarted chan error
	if p.down > 0 {
		restarted = make(chan error, 1)
		go func() { restarted <- b.restart(ctx, &s, o, p.down) }()
	}
	err = o.run(ctx, j.dir, append(argv, "list.txt"), report)
	if restarted != nil {
		err = errors.Join(err, <-restarted)
	}
	if err == nil {
		err = o.count(ctx, s)
	}
	if err == nil && len(p.set) > 0 {
		err = s.read(ctx, "/limit/a/count", &o.each)
	}
	if err == nil && p.look != nil {
		var truth testserver.Truth
		err = s.read(ctx, "/__truth", &truth)
		o.hops = truth.Hops
		o.look = p.look(o)
		o.hops = nil
	}
	return err
}

// run runs a tool; what it counted stands in the file of a report of fetch, or without one in what it prints.
func (o *outcome) run(ctx context.Context, dir string, argv []string, report string) error {
	u, out, err := timed(ctx, argv, dir)
	o.wall = u.wall
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 3) { // 3: some requests failed
		return err
	}
	text := []byte(out)
	var counts struct{ OK, Failed int }
	var of any = &counts
	if report != "" {
		if text, err = os.ReadFile(filepath.Join(dir, report)); err != nil {
			return err
		}
		of = &struct{ Summary any }{of}
	}
	err = json.Unmarshal(text, of)
	o.ok, o.failed = counts.OK, counts.Failed
	return err
}

// restart kills the server in the middle of a run, and starts it again at the same port. What the killed one has counted is
// added to the outcome.
func (b *bench) restart(ctx context.Context, s **server, o *outcome, down time.Duration) error {
	time.Sleep(2 * time.Second)
	if err := o.count(ctx, *s); err != nil {
		return err
	}
	if err := (*s).cmd.Process.Kill(); err != nil {
		return err
	}
	_ = (*s).cmd.Wait()
	time.Sleep(down)
	next, err := b.startOwn(ctx, (*s).port)
	if err == nil {
		*s = next
	}
	return err
}

// count adds what a server has counted.
func (o *outcome) count(ctx context.Context, s *server) error {
	t, err := s.tally(ctx)
	o.refused += int(t.Status[403] + t.Status[429] + t.Status[503])
	return err
}
