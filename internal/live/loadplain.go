package live

import (
	"fmt"
	"strings"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/units"
)

// Plain is the view as one line of a log, without its end. The rate and the percentiles are those of the last 10 s.
func (v Load) Plain(l measure.Live, elapsed time.Duration) string {
	p := v.progress(&l, elapsed)
	parts := []string{
		units.PerSecond(recentRate(&l)),
		units.Count(l.OK) + " ok",
		units.Count(l.Failed) + " failed",
	}
	if l.Failed > 0 {
		var most []string
		for _, it := range counted(l.Classes)[:min(len(l.Classes), 3)] {
			most = append(most, it.text)
		}
		parts[2] += " (" + strings.Join(most, ", ") + ")"
	}
	parts = append(parts,
		fmt.Sprintf("p50 %s, p99 %s", units.SecondsOf(l.Recent.Response.P50), units.SecondsOf(l.Recent.Response.P99)),
		units.Count(l.InFlight)+" in flight")
	if l.Waiting > 0 {
		parts = append(parts, units.Count(l.Waiting)+" waiting")
	}
	return p.text + p.ending() + ": " + strings.Join(parts, ", ")
}
