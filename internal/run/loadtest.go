package run

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/explain"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/load"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/network"
	"example.com/fetch/internal/process"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/spec"
)

// loadTest is one load test, from its flags to its figures: figures ← fetcher ← load ← list.
type loadTest struct {
	job       // the list, the credentials, and what is common with list runs
	flags     *spec.Load
	load      *load.Load
	begun     measure.Beginning
	collector *measure.LoadCollector
	early     [][]byte     // journal lines from before the journal is begun
	reports   *loadReports // nil: no reports, as in a sweep

	ended atomic.Int64 // when the load ended, as a time.Duration since the start; 0: not yet
	leave func()       // ends the plan early; set by measure

	limits  atomic.Pointer[[]live.Limit] // limits of the last second; nil: none yet
	aborted atomic.Pointer[string]       // why --abort-on-fail ended the test; nil: it did not
	all     int64                        // requests due at a rate, counted once by due; 0: not counted yet
}

// lateStart is how long after the end of the plan a request that was due before may still be sent, because
// timers fire late.
const lateStart = 100 * time.Millisecond

// newLoadTest prepares the test. Nothing is sent.
func newLoadTest(ctx context.Context, flags *spec.Load, sources []string, part *part, s Streams) (_ *loadTest, err error) {
	t := &loadTest{flags: flags, job: job{flags: &flags.Run, streams: s, part: part}}
	defer func() {
		if err != nil {
			t.Close()
			part.discard()
		}
	}()
	mode, err := t.prepare(ctx, sources)
	if err != nil {
		return nil, err
	}
	mix, err := t.readMix(ctx)
	if err != nil {
		return nil, exit.Usage(err)
	}
	network.Settle(flags, mix)
	if err := t.openEngine(ctx); err != nil {
		return nil, err
	}
	if flags.Planned.Open && flags.MaxInFlight == 0 { // a limit that nobody asked for does not predict how many there will be
		t.network.Transport.ReadBufferSize, t.network.Transport.WriteBufferSize = 0, 0
	}
	connections := network.Connect(&flags.Connections, t.network.Transport)
	t.opened(connections.CloseIdleConnections)
	t.engine.Transport = connections
	t.engine.Ended = func(r *fetcher.Result) {
		explain.Result(t.job.flags, r)
		t.load.Ended(r)
	}
	t.engine.Uncompressed = !flags.Compressed
	t.engine.NoAdapt, t.engine.FineTimer = true, true
	t.engine.LookAhead = max(fetcher.DefaultLookAhead, flags.Run.Concurrency)
	if !flags.Planned.Open {
		t.printSlotLimit(min(flags.Wanted(), int(cmp.Or(flags.Count, math.MaxInt32))))
	}
	t.begun = measure.Begin(askedOf(flags, targetOf(mix, sources, flags.Run.Secrets())), time.Now())
	t.collector = measure.NewLoad(measure.LoadConfig{
		Beginning: t.begun, Retries: flags.Run.Retries, Timeout: time.Duration(flags.Run.Timeout), Line: t.put,
	})
	return t, t.showLoad(ctx, mode)
}

// readMix reads the list into memory.
func (t *loadTest) readMix(ctx context.Context) (*load.Mix, error) {
	mix, err := load.NewMix(t.sendable(ctx), load.MixOptions{Weight: t.flags.Weight, Random: t.flags.Random, Seed: t.flags.Seed})
	if err == nil {
		err = cmp.Or(checkGroupBy(t.flags.GroupBy, mix), checkGroups(t.flags, mix))
	}
	if err == nil {
		t.load, err = load.New(t.flags.Planned, mix.All())
	}
	return mix, err
}

// measure sends the load. Summary is nil if nothing was sent; otherwise err says what ended the test.
func (t *loadTest) measure(parent context.Context) (summary *measure.LoadSummary, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	err = t.beginJournal(t.begun.Started, cancel, func(w *journal.Writer) (err error) {
		for _, line := range t.early {
			err = cmp.Or(err, w.Line(line))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	reading, leave := context.WithCancel(ctx)
	defer leave()
	t.leave = leave
	t.start = time.Now()
	t.catchSignals(func() { t.drain(); t.interrupted() }, cancel)
	end, ends := t.flags.Planned.End()
	if ends {
		over := time.AfterFunc(end+lateStart, t.drain)
		defer over.Stop()
	}
	join := t.tick()
	err = t.consume(ctx, reading)
	if ends && err == nil && !t.countedOut(end) { // the last response of -n requests may come early: that ends no stage and no -z
		select {
		case <-time.After(time.Until(t.start.Add(end))):
		case <-reading.Done():
		}
	}
	wall := time.Since(t.start)
	join()
	t.line.Stop()
	if ends && err == nil {
		t.endPlan(end) // with the last response, if the last request was due before the end
	}
	t.endPlan(wall)
	summary = judge(t.collector.Finish(t.final()), t.flags.Limits)
	ended := t.part.finish(measure.End{Wall: wall, NotStarted: summary.Unsent}, t.verdict(summary, err, nil))
	return summary, joinOnce(err, ended)
}

// consume handles the results as they arrive.
func (t *loadTest) consume(ctx, reading context.Context) error {
	var full error // a journal that cannot be written ends the test; requests in flight still count
	for result, err := range t.engine.Run(ctx, t.load.Requests(reading)) {
		switch {
		case errors.Is(err, fetcher.ErrStopped): // which is how every test ends whose time is over
			return full
		case err != nil:
			return cmp.Or(full, err)
		}
		t.collector.Add(result)
		if t.flags.Records && result.Due >= t.flags.Planned.WarmUp {
			if err := t.part.writer.Append(record.From(result), nil); err != nil && full == nil {
				full = err
				t.drain()
			}
		}
	}
	return full
}

// tick has the collector sample the engine at each full second of the run and at the end of the warm-up. It
// stops when the returned function is called.
func (t *loadTest) tick() (join func()) {
	t.collector.Tick(0, t.gauges())
	quit := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		for at, over := time.Duration(0), false; !over; {
			at = nextTick(at, t.flags.Planned.WarmUp)
			select {
			case <-time.After(time.Until(t.start.Add(at))):
			case <-quit:
				over = true
			}
			t.collector.Tick(time.Since(t.start), t.gauges())
			if !over {
				t.judgeNow()
			}
		}
	})
	return func() { close(quit); ticking.Wait() }
}

// countedOut reports whether all requests of -n have ended.
func (t *loadTest) countedOut(end time.Duration) bool {
	n := t.flags.Planned.Count
	return n > 0 && t.load.Due(end) >= n
}

// nextTick returns the next full second, or the end of the warm-up if that is earlier.
func nextTick(at, warmUp time.Duration) time.Duration {
	next := at.Truncate(time.Second) + time.Second
	if at < warmUp && warmUp < next {
		return warmUp
	}
	return next
}

func (t *loadTest) gauges() measure.Gauges {
	s := t.engine.Stats()
	return measure.Gauges{Sent: s.Sent, InFlight: s.InFlight, Peak: s.Peak, Waiting: s.Waiting,
		CPU: process.CPUTime(), Opened: t.network.Opened()}
}

// drain stops sending. Requests in flight may finish.
func (t *loadTest) drain() {
	t.endPlan(time.Since(t.start))
	t.leave()
	t.engine.Drain()
}

// endPlan records when the load ended.
func (t *loadTest) endPlan(at time.Duration) {
	if end, ok := t.flags.Planned.End(); ok {
		at = min(at, end)
	}
	t.ended.CompareAndSwap(0, int64(at))
}

// final returns what is known only at the end.
func (t *loadTest) final() measure.Final {
	f, ended := measure.Final{MaxOpenFiles: int64(process.OpenFiles()), Proxies: t.network.Proxies()}, time.Duration(t.ended.Load())
	plan := &t.flags.Planned
	if why := t.aborted.Load(); why != nil {
		f.Aborted = *why
	}
	if t.flags.Connections.Most == 0 && len(t.flags.Run.PerHost.Values()) == 0 { // otherwise users are meant to wait
		f.Idle = t.load.Idle(ended)
	}
	if plan.Count == 0 {
		f.Planned = record.MicrosOf(max(ended-plan.WarmUp, 0))
	}
	measured := t.load.Due(ended)
	f.NotStarted = max(measured-(t.engine.Stats().Done-t.collector.Snapshot().WarmUp.Requests), 0)
	if plan.Open {
		if rate := t.flags.Rate.PerSecond; rate > 0 && measured == plan.Count && !plan.Poisson {
			f.Planned = record.Micros(1e6 * float64(measured) / rate) // including the time slot of the last request
		}
	}
	return f
}

// loadCommand is the Command in the journals of load tests.
const loadCommand = "load"

// Load is `fetch load`.
func Load(ctx context.Context, flags *spec.Load, sources []string, s Streams) error {
	if err := s.ready(&flags.Run, flags.Check(), sources); err != nil {
		return err
	}
	part, err := newPart(&flags.Run, loadCommand)
	if err != nil {
		return err
	}
	if part != nil { // load tests cannot be resumed, so the journal needs neither flags nor list
		part.line.Args = spec.Invocation(loadCommand, flags.Run.Given, sources, spec.Secrets{Rules: flags.Run.Secrets(), Further: true})
	}
	test, err := newLoadTest(ctx, flags, sources, part, s)
	if err != nil {
		return err
	}
	defer test.Close()
	if test.reports, err = openLoadReports(&flags.Run, sources, s); err != nil {
		part.discard()
		return err
	}
	defer test.reports.Close()
	test.reports.begin(test.begun)
	summary, err := test.measure(ctx)
	if summary == nil {
		return err
	}
	return test.verdict(summary, err, test.reports.finish(summary, flags.Limits))
}

// put writes a line of figures to the journal, if there is one. An error of the journal ends the test by
// itself.
func (t *loadTest) put(l measure.Line) {
	if i, ok := l.(*measure.Interval); ok && t.reports != nil {
		t.reports.interval(i)
	}
	if t.part == nil {
		return
	}
	line, err := measure.AppendLine(nil, l)
	switch {
	case err != nil: // not a line that journals have
	case t.part.writer == nil:
		t.early = append(t.early, line)
	default:
		_ = t.part.writer.Line(line)
	}
}

// showLoad shows the progress of the test on standard error and to Prometheus.
func (t *loadTest) showLoad(ctx context.Context, mode live.Mode) error {
	view := &live.Load{Asked: t.begun.Asked, Target: t.flags.Planned.Target, Snapshot: t.collector.Snapshot, Begun: time.Now()}
	view.End, _ = t.flags.Planned.End()
	if t.flags.Stages != "" {
		view.Course = t.flags.Planned.At
	}
	view.Limits = func() []live.Limit { return *cmp.Or(t.limits.Load(), new([]live.Limit)) }
	if err := t.serve(ctx, view.Metrics); err != nil {
		return err
	}
	t.show(ctx, live.Options{Mode: mode, Look: view.Look})
	return nil
}

// reachable returns an address at which this machine can reach a listener on addr.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return addr.String()
}
