package units

import (
	"fmt"
	"strconv"
	"time"

	"example.com/fetch/internal/record"
)

// asAsked stands for an allowance that nothing learned bounds.
const asAsked = "as asked"

// Change says what a host taught, without the reason: "5.0/s → 2.5/s", "10 → 3 slots", "paused 12s", "given up". Nothing in it
// is obeyed by a terminal.
func Change(e *record.HostEvent) string {
	switch e.Change {
	case "pace":
		return allowance(e.From, PerSecond) + " → " + allowance(e.To, PerSecond)
	case "slots":
		if e.To <= 0 {
			return allowance(e.From, slots) + " slots → " + asAsked
		}
		return allowance(e.From, slots) + " → " + slots(e.To) + " slots"
	case "pause":
		return "paused " + Seconds(record.Micros(min(e.To, 1e9)*1e6))
	case "circuit_open":
		return "given up"
	case "circuit_closed":
		return "responds again"
	case "quota":
		quota := "states a limit of " + strconv.FormatFloat(e.To, 'g', 6, 64)
		if e.From > 0 {
			quota += " in " + shortest(e.From)
		}
		return quota
	case "lost":
		return strconv.FormatFloat(e.To, 'g', 15, 64) + " changes before this are not told"
	}
	return record.Printable(e.Change)
}

// ChangeWhy is Change with the reason, if one is known.
func ChangeWhy(e *record.HostEvent) string {
	change, why := Change(e), record.Printable(e.Why)
	lower := (e.Change == "pace" || e.Change == "slots") && e.To > 0 && (e.From <= 0 || e.To < e.From) && why != "" && '0' <= why[0] && why[0] <= '9'
	switch {
	case why == "":
		return change
	case lower:
		return change + " after " + why
	case e.Change == "circuit_open":
		return change + ": " + why
	}
	return change + " (" + why + ")"
}

func allowance(n float64, words func(float64) string) string {
	if n <= 0 {
		return asAsked
	}
	return words(n)
}

func slots(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// shortest is a number of seconds in Go's way, without parts that are 0: 60 is "1m".
func shortest(seconds float64) string {
	if seconds > 1e9 {
		return fmt.Sprintf("%g s", seconds)
	}
	d := time.Duration(seconds * float64(time.Second))
	for _, unit := range []struct {
		d    time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= unit.d && d%unit.d == 0 {
			return fmt.Sprintf("%d%s", d/unit.d, unit.name)
		}
	}
	return d.String()
}
