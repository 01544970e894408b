package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/term"

	"example.com/fetch/internal/live"
)

// show shows how the test goes, on standard error and to Prometheus.
func (t *loadTest) show(ctx context.Context, mode live.Mode) (err error) {
	view := live.Load{Asked: t.begun.Asked, Target: t.flags.planned.Target}
	view.End, _ = t.flags.planned.End()
	if t.flags.metrics != "" {
		t.metrics, err = live.Serve(ctx, t.flags.metrics, func() string { return view.Metrics(t.collector.Snapshot()) })
		if err != nil {
			return usage(fmt.Errorf("--metrics: %w", err))
		}
		if !t.flags.run.quiet {
			fmt.Fprintf(t.job.streams.err, "fetch: metrics for Prometheus at http://%s/metrics\n", reachable(t.metrics.Addr()))
		}
	}
	out := t.job.streams.err
	begun := time.Now()
	t.line = live.Start(ctx, live.Options{
		Mode: mode, Out: out, Color: t.flags.run.colored(out), Stats: t.engine.Stats,
		Lines: func(width int, color bool) []string {
			return view.Lines(t.collector.Snapshot(), time.Since(begun), width, heightOf(out), color)
		},
		Event: func(final bool) string { return view.Event(t.collector.Snapshot(), time.Since(begun), final) },
		Plain: func() string { return view.Plain(t.collector.Snapshot(), time.Since(begun)) },
	})
	return nil
}

// reachable is an address that this machine can ask, where one listens at addr.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return addr.String()
}

// heightOf is the height of a terminal in lines; 0 for anything else.
func heightOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	_, height, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return height
}
