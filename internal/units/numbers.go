package units

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/record"
)

// Count formats an integer with thousands separators: 12,345.
func Count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// grouped adds thousands separators to an integer.
func grouped(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Counted is Count with a noun: "1 host", "2 hosts".
func Counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// ByCount returns the names by descending count.
func ByCount(counts map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
}

// Tally lists counts in descending order, each with a separator before its number. Control characters are
// escaped.
func Tally(counts map[string]int64, separator string) []string {
	names := ByCount(counts)
	for i, name := range names {
		names[i] = record.Printable(name) + separator + Count(counts[name])
	}
	return names
}

// Size formats a number of bytes in powers of 1000 (ISO 80000): 310 B, 4.2 kB, 123 kB, 1.5 GB.
func Size(n int64) string {
	v, unit := scaled(n)
	if unit != "B" && math.Abs(v) < 9.95 {
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}

// SizeCompared is Size for comparison with another that may differ by a few percent: it has up to three digits.
func SizeCompared(n int64) string {
	v, unit := scaled(n)
	return fmt.Sprintf("%.3g %s", v, unit)
}

// scaled returns a number of bytes in the unit in which it has at most three digits.
func scaled(n int64) (v float64, unit string) {
	v = float64(n)
	for _, unit = range []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"} {
		if math.Abs(v) < 999.5 {
			break
		}
		v /= 1000
	}
	return v, unit
}

// Ratio formats a speedup: 4.9x, 123x.
func Ratio(f float64) string {
	if f >= 99.95 {
		return fmt.Sprintf("%.0fx", f)
	}
	return fmt.Sprintf("%.1fx", f)
}

// Percent formats a share of 1, rounded; only exactly 1 is shown as 100 %.
func Percent(share float64) string {
	if share < 1 {
		share = min(share, 0.999)
	}
	return fmt.Sprintf("%.1f %%", math.Round(share*1000)/10)
}

// Rounded rounds a number for programs, to remove floating-point noise: to four decimals, or to four digits if it
// is less than 0.1; 0 for NaN and infinities.
func Rounded(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	format := byte('f')
	if math.Abs(f) < 0.1 {
		format = 'g'
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, format, 4, 64), 64) // cannot fail for formatted numbers
	return f
}

// Rate formats a rate in the syntax of flags: 5/s, 400/m, 3/10s.
func Rate(events float64, per time.Duration) string {
	text := strconv.FormatFloat(events, 'f', -1, 64)
	if len(text) > 6 && events != math.Trunc(events) {
		text = strconv.FormatFloat(events, 'g', 4, 64)
	}
	switch per {
	case time.Second:
		return text + "/s"
	case time.Minute:
		return text + "/m"
	case time.Hour:
		return text + "/h"
	}
	return text + "/" + Bare(per)
}

// PerSecond formats a rate: 0/s, 0.001944/s, 0.042/s, 50.0/s, 1,234/s.
func PerSecond(rate float64) string {
	switch {
	case rate >= 999.5:
		return grouped(strconv.FormatFloat(math.Round(rate), 'f', 0, 64)) + "/s"
	case rate == 0:
		return "0/s"
	case rate < 0.095:
		return fmt.Sprintf("%.4g/s", rate)
	}
	return fmt.Sprintf("%.1f/s", rate)
}
