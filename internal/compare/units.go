package compare

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"

	"example.com/fetch/internal/record"
)

// The colours are the terminal's own, as those of the reports.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

// line prints a line, cut to the width.
func (t *text) line(s string) { t.styled(s, "") }

// styled prints a line in a colour; empty: in none.
func (t *text) styled(s, style string) {
	s = strings.TrimRight(cut(s, width), " ")
	if t.color && style != "" {
		s = style + s + reset
	}
	t.out = append(append(t.out, s...), '\n')
}

// wrapped prints a line with a label, and where it is too long goes on in the next.
func (t *text) wrapped(name, words, style string) {
	line, empty := fmt.Sprintf("%-*s", label, name), true
	for word := range strings.SplitSeq(words, " ") {
		switch {
		case empty:
		case measureWidth(line)+1+measureWidth(word) > width:
			t.styled(line, style)
			line = strings.Repeat(" ", label)
		default:
			line += " "
		}
		line += word
		empty = false
	}
	t.styled(line, style)
}

// seconds writes a time for people: 0.42ms, 4.2ms, 123ms, 9.0s, 123s, 12m05s, 3h07m.
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
	case s < 9.995:
		return fmt.Sprintf("%.2fs", s)
	case s < 99.95:
		return fmt.Sprintf("%.1fs", s)
	case s < 599.5:
		return fmt.Sprintf("%.0fs", s)
	}
	n := int64(s + 0.5)
	if n < 3600 {
		return fmt.Sprintf("%dm%02ds", n/60, n%60)
	}
	return fmt.Sprintf("%dh%02dm", n/3600, n%3600/60)
}

// size writes a number of bytes: 310 B, 4.2 kB, 1.5 GB.
func size(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v := float64(n)
	for _, unit := range []string{"kB", "MB", "GB"} {
		v /= 1000
		if v < 999.5 {
			return fmt.Sprintf("%.3g %s", v, unit)
		}
	}
	return fmt.Sprintf("%.0f GB", v)
}

// count writes a whole number with its thousands set apart: 12,345.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// shownHost is a host without the default ports, of which its scheme has one.
func shownHost(host string) string {
	for _, port := range []string{":80", ":443"} {
		if name, ok := strings.CutSuffix(host, port); ok {
			return record.Printable(name)
		}
	}
	return record.Printable(host)
}

// measureWidth is how many columns of a terminal s takes, the same on every machine.
func measureWidth(s string) int { return condition().StringWidth(s) }

func cut(s string, columns int) string {
	if measureWidth(s) <= columns {
		return s
	}
	return condition().Truncate(s, columns, "…")
}

func condition() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }
