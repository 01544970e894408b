package report

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// widths measures text in columns of a terminal, the same on every machine: the locale is not asked.
func widths() *runewidth.Condition {
	return &runewidth.Condition{StrictEmojiNeutral: true}
}

// width is how many columns of a terminal s takes.
func width(s string) int {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return widths().StringWidth(s)
		}
	}
	return len(s) // most are plain ASCII
}

// cut shortens s to at most n columns, with … at its end if it was longer. With n of 0 or less nothing is left.
func cut(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if width(s) <= n {
		return s
	}
	return widths().Truncate(s, n, "…")
}

// pad fills s up with spaces to n columns.
func pad(s string, n int, right bool) string {
	fill := strings.Repeat(" ", max(0, n-width(s)))
	if right {
		return fill + s
	}
	return s + fill
}
