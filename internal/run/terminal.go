package run

import (
	"io"
	"os"

	"golang.org/x/term"

	"example.com/fetch/internal/live"
	"example.com/fetch/internal/report"
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

// shownOn are the options of a report that is written to w, in colour when that is asked for.
func shownOn(w io.Writer, color string, o report.Options) report.Options {
	o.Color, o.Terminal = Colored(color, w), isTerminal(w)
	o.Width, _ = live.SizeOf(w)
	return o
}
