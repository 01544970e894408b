package units

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// terminal measures text independently of the locale.
func terminal() *runewidth.Condition {
	return &runewidth.Condition{StrictEmojiNeutral: true}
}

// Width returns the width of s in terminal columns. It does not understand colours, which are added after
// measuring.
func Width(s string) int {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return terminal().StringWidth(s)
		}
	}
	return len(s) // usually plain ASCII
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

// PadLeft pads s on the left to n columns, for right-aligned numbers.
func PadLeft(s string, n int) string { return fill(s, n) + s }

// PadRight pads s on the right to n columns, for words.
func PadRight(s string, n int) string { return s + fill(s, n) }

func fill(s string, n int) string { return strings.Repeat(" ", max(0, n-Width(s))) }

// The colours are those of the terminal's palette, which are readable on its background; none is bright, and no
// background is set.
const (
	Red    = "\x1b[31m"
	Green  = "\x1b[32m"
	Yellow = "\x1b[33m"
	Dim    = "\x1b[2m"
	Reset  = "\x1b[0m"
)

// Painted returns s in a colour, if colours are wanted. An empty colour means none.
func Painted(s, color string, wanted bool) string {
	if !wanted || color == "" || s == "" {
		return s
	}
	return color + s + Reset
}

// blocks are blocks of zero to eight eighths of the height of a line.
var blocks = []rune(" ▁▂▃▄▅▆▇█")

// Block fills a number of eighths of a character from below: a space for 0 or less, all of it for 8 or more.
func Block(eighths int) string { return string(blocks[min(max(eighths, 0), 8)]) }
