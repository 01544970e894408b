package units

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// terminal measures text the same on every machine: the locale is not asked.
func terminal() *runewidth.Condition {
	return &runewidth.Condition{StrictEmojiNeutral: true}
}

// Width is how many columns of a terminal s takes. It knows no colours: they are put around what has been measured.
func Width(s string) int {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return terminal().StringWidth(s)
		}
	}
	return len(s) // most are plain ASCII
}

// Cut shortens s to at most n columns, with … at its end if it was longer. With n of 0 or less nothing is left.
func Cut(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if Width(s) <= n {
		return s
	}
	return terminal().Truncate(s, n, "…")
}

// PadLeft fills s up to n columns with spaces before it, as numbers are set.
func PadLeft(s string, n int) string { return fill(s, n) + s }

// PadRight fills s up to n columns with spaces after it, as words are set.
func PadRight(s string, n int) string { return s + fill(s, n) }

func fill(s string, n int) string { return strings.Repeat(" ", max(0, n-Width(s))) }

// The colours are the terminal's own, which are chosen to be read on its background; none is bright, none is set behind.
const (
	Red    = "\x1b[31m"
	Green  = "\x1b[32m"
	Yellow = "\x1b[33m"
	Dim    = "\x1b[2m"
	Reset  = "\x1b[0m"
)

// Painted is s in a colour, if colours are wanted. An empty colour is none.
func Painted(s, color string, wanted bool) string {
	if !wanted || color == "" || s == "" {
		return s
	}
	return color + s + Reset
}

// blocks are columns of none to eight eighths of a line.
var blocks = []rune(" ▁▂▃▄▅▆▇█")

// Block fills so many eighths of a character from below: a space for 0 or less, all of it for 8 or more.
func Block(eighths int) string { return string(blocks[min(max(eighths, 0), 8)]) }
