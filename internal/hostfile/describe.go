package hostfile

import (
	"fmt"
	"strings"
	"time"

	"example.com/fetch/internal/units"
)

// Row is one thing that is known of a host, for people.
type Row struct{ Name, Text string }

// Describe says what is kept of a host, how old it is, and how its budget stands.
func (d *Folder) Describe(host string) (rows []Row) {
	now := time.Now()
	if k := d.load(host, now); k != nil && k.known(now) != nil {
		var parts []string
		add := func(holds bool, text string) {
			if holds {
				parts = append(parts, text)
			}
		}
		add(k.Pace > 0, "pace "+units.PerSecond(k.Pace))
		add(k.Slots > 0, fmt.Sprintf("%.0f at once", k.Slots))
		add(k.Concurrency > 0, fmt.Sprintf("best with %d at once", k.Concurrency))
		if len(parts) > 0 {
			rows = append(rows, Row{"kept", strings.Join(parts, ", ") + ", learned " + ago(now.Sub(k.Found))})
		}
		if wait := k.Until.Sub(now); wait > 0 {
			rows = append(rows, Row{"kept", "to be left alone for " + inSeconds(wait)})
		}
	}
	b, ok := d.peek(host, now)
	if !ok {
		return rows
	}
	for _, r := range b.Rates {
		rows = append(rows, Row{"shared", units.Rate(r.Events, r.Per) + ", last asked for " + ago(now.Sub(time.Unix(0, int64(r.Asked))))})
	}
	if wait := b.Until - wall(now); wait > 0 {
		rows = append(rows, Row{"shared", "to be left alone for " + inSeconds(wait)})
	}
	return rows
}

func inSeconds(d time.Duration) string { return units.Bare(d.Round(time.Second)) }
