package units

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"example.com/fetch/internal/record"
)

// asAsked stands for an allowance without a learned limit.
const asAsked = "as asked"

// Change describes a change of a host, without the reason: "5.0/s → 2.5/s", "10 → 3 slots", "paused 12s", "given
// up". Control characters are escaped.
func Change(e *record.HostEvent) string {
	switch e.Change {
	case "pace":
		return allowance(e.From, PerSecond) + " → " + allowance(e.To, PerSecond)
	case "slots":
		if e.To <= 0 {
			return allowance(e.From, slots) + " → " + asAsked
		}
		return allowance(math.Round(e.From), number) + " → " + slots(e.To)
	case "pause":
		return "paused " + Seconds(record.Micros(min(e.To, 1e9)*1e6))
	case "circuit_open":
		return "given up"
	case "circuit_closed":
		return "responds again"
	case "quota":
		return "states a limit of " + Quota(e.To, e.From)
	case "robots":
		return "robots.txt"
	case "lost":
		return strconv.FormatFloat(e.To, 'g', 15, 64) + " earlier changes are not listed"
	}
	return record.Printable(e.Change)
}

// Quota formats a limit as a host states it: "5000 in 24h" or, without a period, "40 requests".
func Quota(requests, seconds float64) string {
	n := number(requests)
	if len(n) > 9 {
		n = strconv.FormatFloat(requests, 'g', 6, 64)
	}
	switch {
	case seconds > 0:
		return n + " in " + shortest(seconds)
	case requests == 1:
		return "1 request"
	}
	return n + " requests"
}

// ChangeWhy is Change with the reason, if one is known and the change is not its own.
func ChangeWhy(e *record.HostEvent) string {
	change, why := Change(e), record.Printable(e.Why)
	lower := (e.Change == "pace" || e.Change == "slots") && e.To > 0 && (e.From <= 0 || e.To < e.From) && why != "" && '0' <= why[0] && why[0] <= '9'
	switch {
	case why == "", e.Change == "quota":
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

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func slots(n float64) string {
	if n = math.Round(n); n == 1 {
		return "1 slot"
	}
	return number(n) + " slots"
}

// shortest is Bare for a number of seconds: 60 is "1m".
func shortest(seconds float64) string {
	if seconds > 1e9 {
		return fmt.Sprintf("%g s", seconds)
	}
	return Bare(time.Duration(seconds * float64(time.Second)))
}
