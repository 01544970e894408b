package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"example.com/fetch/internal/record"
)

// seconds writes a time for people, with two to four digits: 0.42ms, 4.2ms, 123ms, 9.0s, 123s, 12m05s, 3h07m.
func seconds(m record.Micros) string {
	ms := m.Milliseconds()
	s := ms / 1000
	switch {
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
	}
	n := int64(math.Round(s / 60))
	return fmt.Sprintf("%dh%02dm", n/60, n%60)
}

// secondsOf is seconds where there may be no value.
func secondsOf(m *record.Micros) string {
	if m == nil {
		return none
	}
	return seconds(*m)
}

// size writes a number of bytes for people, in powers of 1000 (ISO 80000): 310 B, 4.2 kB, 123 kB, 1.5 GB.
func size(n int64) string {
	v := float64(n)
	if v < 999.5 {
		return fmt.Sprintf("%d B", n)
	}
	for _, unit := range []string{"kB", "MB", "GB", "TB", "PB", "EB"} {
		v /= 1000
		if v < 9.95 {
			return fmt.Sprintf("%.1f %s", v, unit)
		}
		if v < 999.5 || unit == "EB" {
			return fmt.Sprintf("%.0f %s", v, unit)
		}
	}
	return "" // not reached: EB returns
}

// count writes a whole number with its thousands set apart: 12,345.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted is count and what was counted: "1 host", "2 hosts".
func counted(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + one + "s"
}

// ratio writes a speedup: 4.9x, 123x.
func ratio(f float64) string {
	if f >= 99.95 {
		return fmt.Sprintf("%.0fx", f)
	}
	return fmt.Sprintf("%.1fx", f)
}

// percent writes a share of 1, cut off and not rounded, so that only what is 100 % says so.
func percent(f float64) string {
	return fmt.Sprintf("%.1f %%", math.Floor(f*1000+1e-9)/10)
}

// perSecond writes a rate: 50.0/s, 1,234/s.
func perSecond(f float64) string {
	if f <= 0 {
		return "-"
	}
	if f >= 999.5 {
		return count(int64(math.Round(f))) + "/s"
	}
	return fmt.Sprintf("%.1f/s", f)
}

// shownHost is a host without the default ports, of which its scheme has one.
func shownHost(host string) string {
	for _, port := range []string{":80", ":443"} {
		if h, ok := strings.CutSuffix(host, port); ok {
			return record.Printable(h)
		}
	}
	return record.Printable(host)
}
