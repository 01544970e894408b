package run

import (
	"io"
	"os"

	"golang.org/x/term"

	"example.com/fetch/internal/live"
)

// Colored reports whether colour may go to w.
func Colored(when string, w io.Writer) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// widthOf is the width of a terminal in columns; 0 for anything else, which means that nothing is cut.
func widthOf(w io.Writer) int {
	width, _ := live.SizeOf(w)
	return width
}
