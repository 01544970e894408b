package format

import "strconv"

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	capital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func isControl(c byte) bool { return c < ' ' || c == 0x7f }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// Plain returns a file name for a message, quoted if it contains characters that are not safe to print.
func Plain(name string) string {
	if q := strconv.Quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}
