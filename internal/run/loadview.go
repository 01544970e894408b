package run

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/live"
)

// show shows how the test goes, on standard error and to Prometheus.
func (t *loadTest) show(ctx context.Context, mode live.Mode) error {
	view := &live.Load{Asked: t.begun.Asked, Target: t.flags.Planned.Target, Snapshot: t.collector.Snapshot, Begun: time.Now()}
	view.End, _ = t.flags.Planned.End()
	if err := t.serve(ctx, view.Metrics); err != nil {
		return err
	}
	out := t.streams.Err
	t.line = live.Start(ctx, live.Options{Mode: mode, Out: out, Color: Colored(t.flags.Run.Color, out), Look: view.Look})
	return nil
}

// serve serves metrics where --metrics says, if it does, until the job is closed.
func (j *job) serve(ctx context.Context, metrics func() string) error {
	addr := j.flags.Metrics
	if addr == "" {
		return nil
	}
	at, stop, err := live.Serve(ctx, addr, metrics)
	if err != nil {
		return exit.Usage(fmt.Errorf("--metrics: %w", err))
	}
	j.unserve = stop
	if !j.flags.Quiet {
		fmt.Fprintf(j.streams.Err, "fetch: metrics for Prometheus at http://%s/metrics\n", reachable(at))
	}
	return nil
}

// reachable is an address that this machine can ask, where one listens at addr.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return addr.String()
}
