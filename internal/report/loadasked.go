package report

import (
	"math"
	"strconv"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// loadAsked says what was asked for, and of whom.
func loadAsked(a *measure.Asked) []string {
	load := rateOf(a)
	if a.Model == measure.ModelClosed {
		load = usersOf(a)
	}
	if a.For > 0 {
		load += " for " + given(a.For)
	}
	if a.Requests > 0 {
		load += ", " + units.Counted(a.Requests, "request", "requests")
	}
	if a.Model == measure.ModelOpen && a.Arrivals != "" {
		load += ", " + arrivalWords(a.Arrivals) + " arrivals"
	}
	parts := []string{record.Printable(a.Target), load}
	if a.Model == measure.ModelOpen && a.MaxInFlight > 0 {
		parts = append(parts, "at most "+units.Count(int64(a.MaxInFlight))+" in flight")
	}
	if a.Think > 0 {
		parts = append(parts, "thinking for "+given(a.Think)+" in between")
	}
	if a.WarmUp > 0 {
		parts = append(parts, given(a.WarmUp)+" of warm-up before")
	}
	if a.Seed > 0 {
		parts = append(parts, "seed "+strconv.FormatUint(a.Seed, 10))
	}
	return parts
}

func rateOf(a *measure.Asked) string {
	switch {
	case a.Stages != "":
		return "a rate in stages " + record.Printable(a.Stages)
	case a.Rate == math.Trunc(a.Rate) && a.Rate < math.MaxInt64:
		return units.Count(int64(a.Rate)) + "/s"
	}
	return strconv.FormatFloat(a.Rate, 'g', 4, 64) + "/s"
}

func usersOf(a *measure.Asked) string {
	if a.Stages != "" {
		return "users in stages " + record.Printable(a.Stages)
	}
	return units.Counted(int64(a.Concurrency), "user", "users")
}

func arrivalWords(arrivals string) string {
	if arrivals == "poisson" {
		return "Poisson"
	}
	return record.Printable(arrivals)
}

// given is a time as one would give it, with all its digits: 0.25ms, 1.06s, 10s, 1m30s, 2h.
func given(m record.Micros) string {
	if m > 0 && m < 1e6 {
		return micros(&m) + "ms"
	}
	s := m.Duration().String()
	for _, end := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, end) {
			s = s[:len(s)-len("0s")]
		}
	}
	return s
}
