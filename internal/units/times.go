// Package units formats values for people: times, sizes, counts, rates, names of hosts and commands, and text in
// columns, so that all reports format them alike. Its functions are safe for concurrent use.
package units

import (
	"fmt"
	"math"
	"strings"
	"time"

	"example.com/fetch/internal/record"
)

// None stands for a missing value.
const None = "-"

// Seconds formats a time with two to four digits: 0.42ms, 4.2ms, 123ms, 9.0s, 123s, 12m05s, 3h07m, 4d04h.
func Seconds(m record.Micros) string {
	ms := m.Milliseconds()
	s := ms / 1000
	switch {
	case m < 0:
		return "-" + Seconds(-max(m, -math.MaxInt64))
	case m == 0:
		return "0ms"
	case ms < 0.995:
		return fmt.Sprintf("%.2fms", ms)
	case ms < 9.95:
		return fmt.Sprintf("%.1fms", ms)
	case ms < 999.5:
		return fmt.Sprintf("%.0fms", ms)
	case s < 99.95:
		return fmt.Sprintf("%.1fs", s)
	case s < 599.5:
		return fmt.Sprintf("%.0fs", s)
	case s < 3599.5:
		n := int64(math.Round(s))
		return fmt.Sprintf("%dm%02ds", n/60, n%60)
	case s < 100*3600-30:
		n := int64(math.Round(s / 60))
		return fmt.Sprintf("%dh%02dm", n/60, n%60)
	}
	n := int64(math.Round(s / 3600))
	return fmt.Sprintf("%dd%02dh", n/24, n%24)
}

// SecondsOf is Seconds for a value that may be missing.
func SecondsOf(m *record.Micros) string {
	if m == nil {
		return None
	}
	return Seconds(*m)
}

// SecondsCompared is Seconds for comparison with another that may differ by a few percent: from 1 s to 10 s it
// has a second digit after the point.
func SecondsCompared(m record.Micros) string {
	if s := m.Milliseconds() / 1000; s >= 0.9995 && s < 9.995 {
		return fmt.Sprintf("%.2fs", s)
	}
	return Seconds(m)
}

// Bare formats a time in Go's syntax, which flags accept, too, without parts that are 0.
func Bare(d time.Duration) string { return withoutZeros.Replace(d.String()) }

var withoutZeros = strings.NewReplacer("h0m0s", "h", "m0s", "m")
