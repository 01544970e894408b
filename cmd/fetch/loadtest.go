package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/load"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
)

// loadTest is one load test, from its flags to its figures: figures ← fetcher ← load ← list.
type loadTest struct {
	flags       *loadFlags
	job         *job // the list, and who asks
	network     *network
	connections connections
	engine      *fetcher.Fetcher
	load        *load.Load
	begun       measure.Beginning
	collector   *measure.LoadCollector
	line        *live.Line
	metrics     *live.Server // nil without --metrics
	leg         *leg         // nil: no record is kept
	early       [][]byte     // lines for the journal from before it is begun
	reports     *loadReports // nil: none, as in a sweep

	start time.Time
	mu    sync.Mutex
	ended time.Duration // when nothing more was to be due, from the start; 0: not yet
	leave func()        // ends the plan before its time; set by measure

	signals *interrupts // caught until all is written, so that a broken pipe is an error like others; set by measure
}

// lateStart is how long after the end of the plan what was due before it may still be sent: timers are late.
const lateStart = 100 * time.Millisecond

// newLoadTest gets everything ready. Nothing is sent.
func newLoadTest(ctx context.Context, flags *loadFlags, sources []string, leg *leg, s streams) (_ *loadTest, err error) {
	t := &loadTest{flags: flags, leg: leg, job: &job{flags: &flags.run, streams: s}}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	mode, err := live.ParseMode(flags.run.progress)
	if err != nil {
		return nil, usage(fmt.Errorf("--progress: %w", err))
	}
	if flags.run.quiet {
		mode = live.None
	}
	mix, err := t.openList(ctx, sources)
	if err != nil {
		return nil, err
	}
	if err := t.openEngine(ctx, mix); err != nil {
		return nil, err
	}
	t.begun = measure.Begin(flags.asked(targetOf(mix, sources, flags.run.secrets())), time.Now())
	t.collector = measure.NewLoad(measure.LoadConfig{Beginning: t.begun, URLOf: nameOfRequest, Line: t.put})
	return t, t.show(ctx, mode)
}

// openList reads what is asked of whom, into memory.
func (t *loadTest) openList(ctx context.Context, sources []string) (*load.Mix, error) {
	if err := t.job.open(ctx, sources); err != nil {
		return nil, err
	}
	if err := t.job.keep(ctx); err != nil {
		return nil, err
	}
	mix, err := load.NewMix(t.job.sendable(ctx), load.MixOptions{Weight: t.flags.weight, Random: t.flags.random, Seed: t.flags.seed})
	if err == nil {
		err = cmp.Or(checkGroupBy(t.flags.groupBy, mix), t.flags.checkGroups(mix))
	}
	if err == nil {
		t.load, err = load.New(t.flags.planned, mix.All())
	}
	if err != nil {
		return nil, usage(err)
	}
	return mix, nil
}

// openEngine makes the engine, which has the plan in the place of limits.
func (t *loadTest) openEngine(ctx context.Context, mix *load.Mix) (err error) {
	f := t.flags
	f.connect(mix)
	if t.network, err = f.run.network(ctx); err != nil {
		return usage(err)
	}
	if f.planned.Open && f.maxInFlight == 0 { // a bound that nobody asked for says nothing of how many there will be
		t.network.transport.ReadBufferSize, t.network.transport.WriteBufferSize = 0, 0
	}
	t.engine = f.run.fetcher()
	t.engine.Handle = t.job.bodies.handler()
	t.engine.Ended = t.load.Ended
	t.engine.Uncompressed = !f.compressed
	t.engine.NoAdapt, t.engine.FineTimer = true, true
	t.engine.LookAhead = max(fetcher.DefaultLookAhead, f.run.concurrency)
	t.connections = f.connections.transport(t.network.transport)
	t.engine.Transport = t.connections
	return nil
}

// Close ends everything that is still open.
func (t *loadTest) Close() {
	if t.line != nil {
		t.line.Stop()
	}
	if t.signals != nil {
		t.signals.Close()
	}
	if t.metrics != nil {
		t.metrics.Close()
	}
	if t.reports != nil {
		t.reports.Close()
	}
	if t.network != nil {
		t.connections.CloseIdleConnections()
		t.network.Close()
	}
	t.leg.Close()
	t.job.Close()
}

// measure sends the load. Its summary is nil if nothing was begun; otherwise an error says what the test was ended by.
func (t *loadTest) measure(parent context.Context) (summary *measure.LoadSummary, signal os.Signal, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	if err := t.beginJournal(cancel); err != nil {
		return nil, nil, err
	}
	reading, leave := context.WithCancel(ctx)
	defer leave()
	t.leave = leave
	t.start = time.Now()
	t.signals = catchSignals(t.interrupted, cancel)
	if end, ok := t.flags.planned.End(); ok {
		over := time.AfterFunc(end+lateStart, t.drain)
		defer over.Stop()
	}
	join := t.tick()
	err = t.consume(ctx, reading)
	wall := time.Since(t.start)
	join()
	t.line.Stop()
	if end, ok := t.flags.planned.End(); ok && err == nil {
		t.endPlan(end) // the last answer has come before, if the last request was due before
	}
	t.endPlan(wall)
	summary = t.collector.Finish(t.final())
	judge(summary, t.flags.limits)
	ended := t.endJournal(wall, summary, codeOf(t.verdict(summary, err, nil, t.signals.signal())))
	return summary, t.signals.signal(), errors.Join(err, ended)
}

// consume takes the results as they come.
func (t *loadTest) consume(ctx, reading context.Context) error {
	for result, err := range t.engine.Run(ctx, t.load.Requests(reading)) {
		if err != nil {
			return err
		}
		t.collector.Add(result)
		if t.flags.records && result.Due >= t.flags.planned.WarmUp {
			if err := t.leg.writer.Append(record.From(result), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// tick has the collector look at the engine at each second of the run, and at the end of the warm-up, until the function that
// it gives is called.
func (t *loadTest) tick() (join func()) {
	t.collector.Tick(0, t.gauges())
	quit := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		for at := time.Duration(0); ; {
			at = nextTick(at, t.flags.planned.WarmUp)
			timer := time.NewTimer(time.Until(t.start.Add(at)))
			select {
			case <-timer.C:
				t.collector.Tick(time.Since(t.start), t.gauges())
			case <-quit:
				timer.Stop()
				t.collector.Tick(time.Since(t.start), t.gauges())
				return
			}
		}
	})
	return func() { close(quit); ticking.Wait() }
}

// nextTick is the next full second, or the end of the warm-up if that is before.
func nextTick(at, warmUp time.Duration) time.Duration {
	next := at.Truncate(time.Second) + time.Second
	if at < warmUp && warmUp < next {
		return warmUp
	}
	return next
}

func (t *loadTest) gauges() measure.Gauges {
	s := t.engine.Stats()
	return measure.Gauges{Sent: s.Sent, InFlight: s.InFlight, Peak: s.Peak, Waiting: s.Waiting, CPU: processTime()}
}

// interrupted is the first signal.
func (t *loadTest) interrupted(os.Signal) {
	t.drain()
	t.engine.Stop()
	t.line.Stop()
	if !t.flags.run.quiet {
		fmt.Fprintf(t.job.streams.err, "fetch: stopping; what is in flight has %v. Again to quit at once.\n", stopGrace)
	}
}

// drain lets no further request be sent. What was begun may end.
func (t *loadTest) drain() {
	t.endPlan(time.Since(t.start))
	t.leave()
	t.engine.Drain()
}

// endPlan puts down when nothing more was to be due.
func (t *loadTest) endPlan(at time.Duration) {
	if end, ok := t.flags.planned.End(); ok {
		at = min(at, end)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended == 0 {
		t.ended = at
	}
}

// final is what is known at the end.
func (t *loadTest) final() measure.Final {
	f := measure.Final{MaxOpenFiles: int64(openFiles())}
	plan := &t.flags.planned
	if plan.Count == 0 {
		f.Planned = record.MicrosOf(max(t.ended-plan.WarmUp, 0))
	}
	measured, _ := t.load.Due(t.ended)
	f.NotStarted = max(measured-(t.engine.Stats().Done-t.collector.Snapshot().WarmUp.Requests), 0)
	if plan.Open {
		if rate := t.flags.rate.perSecond; rate > 0 && measured == plan.Count && !plan.Poisson {
			f.Planned = record.Micros(1e6 * float64(measured) / rate) // the last request has its time, too
		}
	}
	return f
}

// targetOf says in words what the load is aimed at.
func targetOf(mix *load.Mix, sources []string, rules *secret.Rules) string {
	if mix.Len() == 1 {
		return nameOfRequest(mix.At(0))
	}
	name := rules.MaskURL(sources[0])
	switch {
	case len(sources) > 1:
		name = fmt.Sprintf("%d sources", len(sources))
	case name == stdinSource:
		name = "standard input"
	}
	return fmt.Sprintf("%d requests of %s", mix.Len(), name)
}

// nameOfRequest is its URL without secrets, and its method if that is not the usual one.
func nameOfRequest(r *fetcher.Request) string {
	name := secret.Of(r).ShownURL()
	if r.Method != "" && r.Method != "GET" {
		name = r.Method + " " + name
	}
	return name
}
