package policy

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/units"
)

// Row is one thing that applies to a host, and why.
type Row struct {
	What  string `json:"what"`           // policy, figures, rate, slots, running-time, timeout, connect-timeout and the like, retry-on, header; of what is kept pace, slots, concurrency, pause, shared
	Value string `json:"value"`          // for people; of a secret, what stands for it
	From  string `json:"from"`           // a flag, a preset, a line of a file, or "default"
	Note  string `json:"note,omitempty"` // what else holds in its place, or which of several is the strictest
}

// Limited is a limit, and where its parts come from.
type Limited struct {
	fetcher.Limit
	Rate, Slots, RunningTime string // where it comes from
}

// Rows say what limits come to: all rates hold at once, and of slots the least.
func Rows(limits ...Limited) (rows []Row) {
	slowest, fewest := 0.0, 0
	for _, l := range limits {
		for _, r := range l.Rates {
			if n := r.PerSecond(); slowest == 0 || n < slowest {
				slowest = n
			}
		}
		if n := l.InFlight; n > 0 && (fewest == 0 || n < fewest) {
			fewest = n
		}
	}
	var rates, slots, others []Row
	for _, l := range limits {
		for _, r := range l.Rates {
			row := Row{What: "rate", Value: units.Rate(r.Events, r.Per), From: l.Rate}
			if r.Bucket() > 1 {
				row.Value += ", " + strconv.Itoa(r.Bucket()) + " at once after a pause"
			}
			if r.PerSecond() == slowest {
				row.Note = "the strictest"
			}
			rates = append(rates, row)
		}
		if n := l.InFlight; n > 0 {
			row := Row{What: "slots", Value: strconv.Itoa(n), From: l.Slots}
			if n == fewest {
				row.Note = "the strictest"
			}
			slots = append(slots, row)
		}
		if r := l.Limit.RunningTime; r.Time > 0 {
			others = append(others, Row{What: "running-time", Value: units.Bare(r.Time) + " in " + units.Bare(r.Per), From: l.RunningTime})
		}
	}
	for _, same := range [][]Row{rates, slots} {
		if len(same) == 1 {
			same[0].Note = ""
		}
	}
	return slices.Concat(rates, slots, others)
}

// Headers are the rows of header fields, those that hold a secret without it.
func Headers(h http.Header, from string, isSecret func(name string) bool) (rows []Row) {
	for name, values := range h {
		text := strings.Join(values, ", ")
		if isSecret(name) {
			text = secret.Mask
		}
		rows = append(rows, Row{What: "header", Value: name + ": " + text, From: from})
	}
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(a.Value, b.Value) })
	return rows
}
