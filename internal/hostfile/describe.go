package hostfile

import (
	"fmt"
	"time"

	"example.com/fetch/internal/units"
)

// Row is one thing that is known of a host, for people.
type Row struct {
	What  string // pace, slots, concurrency, pause or shared
	Value string
	From  string // whence it is known, with its age
}

// Describe says what is kept of a host, how old it is, and how its budget stands.
func (d *Folder) Describe(host string) (rows []Row) {
	now := time.Now()
	add := func(holds bool, what, value, from string) {
		if holds {
			rows = append(rows, Row{what, value, from})
		}
	}
	if k := d.load(host, now); k != nil && k.known(now) != nil {
		from, wait := k.known(now).Why, k.Until.Sub(now)
		add(k.Pace > 0, "pace", units.PerSecond(k.Pace), from)
		add(k.Slots > 0, "slots", fmt.Sprintf("%.0f", k.Slots), from)
		add(k.Concurrency > 0, "concurrency", fmt.Sprint(k.Concurrency), from)
		add(wait > 0, "pause", "for "+inSeconds(wait), from)
	}
	if b, ok := d.peek(host, now); ok {
		for _, r := range b.Rates {
			add(true, "shared", units.Rate(r.Events, r.Per), "last asked for "+ago(now.Sub(time.Unix(0, int64(r.Asked)))))
		}
		wait := b.Until - wall(now)
		add(wait > 0, "pause", "for "+inSeconds(wait), "another run was told")
	}
	return rows
}

func inSeconds(d time.Duration) string { return units.Bare(d.Round(time.Second)) }
