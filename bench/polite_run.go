package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
		if s.loop != "" && b.python != "" {
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

// politeTables are what the politeness work finds: a line for each scene and tool. Where the runs differ, a cell has the least
// and the most, since what is rare matters.
func politeTables(all []*played) string {
	lines := map[bool][][]string{}
	for _, p := range all {
		lines[p.dialect] = append(lines[p.dialect], p.line())
	}
	var text strings.Builder
	for dialect, title := range []string{"Servers that say slow down, or fail", "Servers that tell their limits"} {
		if rows := lines[dialect == 1]; rows != nil {
			head := []string{[]string{"server", "dialect"}[dialect], "tool", "rows", "wall, s", "floor, s", "over floor", "failed", "refused", "of the rows", ""}
			text.WriteString("\n" + tableOf(title, "|---|---|--:|--:|--:|--:|--:|--:|--:|---", append([][]string{head}, rows...)))
		}
	}
	return text.String()
}

func (p *played) line() []string {
	var runs []outcome
	var errs strings.Builder
	for _, o := range p.runs {
		if o.err != nil {
			errs.WriteString(" (" + o.err.Error() + ")")
			continue
		}
		runs = append(runs, o)
	}
	each := func(f func(outcome) float64) string {
		var values []float64
		for _, o := range runs {
			values = append(values, f(o))
		}
		return fromLeastToMost(values)
	}
	failed := func(o outcome) float64 { return float64(o.failed) }
	floor, over := "", ""
	if p.floor > 0 {
		floor = number(p.floor.Seconds())
		if each(failed) == "0" || strings.HasSuffix(p.name, "-among") { // a list that was given up is no fast one
			over = each(func(o outcome) float64 { return o.wall.Seconds() / p.floor.Seconds() })
		}
	}
	return []string{
		p.about, p.tool, strconv.Itoa(p.n), each(func(o outcome) float64 { return o.wall.Seconds() }), floor, over, each(failed),
		each(func(o outcome) float64 { return float64(o.refused) }),
		each(func(o outcome) float64 { return 100 * float64(o.refused) / float64(p.n) }) + " %", remarks(runs) + errs.String(),
	}
}

// remarks is what else was to be seen in the runs, those together that say the same of different values.
func remarks(runs []outcome) string {
	var texts []string
	values := map[string][][]float64{}
	for _, o := range runs {
		if o.look.text == "" {
			continue
		}
		if values[o.look.text] == nil {
			texts = append(texts, o.look.text)
		}
		values[o.look.text] = append(values[o.look.text], o.look.values)
	}
	for i, text := range texts {
		for n := range values[text][0] {
			var column []float64
			for _, v := range values[text] {
				column = append(column, v[n])
			}
			texts[i] = strings.Replace(texts[i], "#", fromLeastToMost(column), 1)
		}
	}
	return strings.Join(texts, "; ")
}

// fromLeastToMost is the one number that all are, or the least and the most; NaN counts as the most, and means never.
func fromLeastToMost(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	for i, v := range values {
		if math.IsNaN(v) {
			values[i] = math.Inf(1)
		}
	}
	least, most := slices.Min(values), slices.Max(values)
	if number(least) == number(most) {
		return number(least)
	}
	return number(least) + "–" + number(most)
}

// number has three digits.
func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "never"
	case math.Abs(v) >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// plotHalving draws, as SVG, what a server whose limit halves admitted and refused in each second, and what it could have
// admitted.
func plotHalving(c testserver.LimitCount) string {
	const width, height, left, bottom, top = 760, 300, 44, 36, 28
	seconds, most := max(len(c.EachRequests), 1), int(slices.Max(append(c.EachRequests, 60)))
	x := func(second float64) float64 { return left + second/float64(seconds)*(width-left-20) }
	y := func(n float64) float64 { return height - bottom - n/float64(most)*(height-bottom-top) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for n := 0; n <= most; n += 20 {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d</text>`+"\n", left, y(float64(n)), width-20, left-6, y(float64(n))+4, n)
	}
	for second := 0; second <= seconds; second += 10 {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d s</text>`+"\n", x(float64(second)), height-bottom+18, second)
	}
	bar := func(second, from, to int, colour string) {
		if to > from {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n",
				x(float64(second)), y(float64(to)), x(1)-x(0)-0.6, y(float64(from))-y(float64(to)), colour)
		}
	}
	for second, all := range c.EachRequests {
		n, admitted := int(all), int(all-c.EachRefused[second])
		bar(second, 0, admitted, "#4a7fb5")
		bar(second, admitted, n, "#c0392b")
	}
	fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1fV%.1fH%.1fV%.1fH%.1f" fill="none" stroke="#222" stroke-width="2"/>`+"\n",
		x(0), y(40), x(20), y(20), x(60), y(40), x(float64(seconds)))
	for i, key := range [][2]string{{"#4a7fb5", "served each second"}, {"#c0392b", "refused"}, {"#222", "what the server can take"}} {
		fmt.Fprintf(&b, `<rect x="%d" y="8" width="12" height="12" fill="%s"/><text x="%d" y="18">%s</text>`+"\n", left+i*170, key[0], left+i*170+18, key[1])
	}
	return b.String() + "</svg>\n"
}
