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
func (t *loadTest) show(ctx context.Context, mode live.Mode) (err error) {
	view := &live.Load{Asked: t.begun.Asked, Target: t.flags.Planned.Target, Snapshot: t.collector.Snapshot, Begun: time.Now()}
	view.End, _ = t.flags.Planned.End()
	if t.flags.Metrics != "" {
		t.metrics, err = live.Serve(ctx, t.flags.Metrics, view.Metrics)
		if err != nil {
			return exit.Usage(fmt.Errorf("--metrics: %w", err))
		}
		if !t.flags.Run.Quiet {
			fmt.Fprintf(t.streams.Err, "fetch: metrics for Prometheus at http://%s/metrics\n", reachable(t.metrics.Addr()))
		}
	}
	out := t.streams.Err
	t.line = live.Start(ctx, live.Options{Mode: mode, Out: out, Color: Colored(t.flags.Run.Color, out), Look: view.Look})
	return nil
}

// reachable is an address that this machine can ask, where one listens at addr.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return addr.String()
}
