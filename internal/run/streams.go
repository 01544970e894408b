package run

import (
	"errors"
	"io"
	"os"

	"example.com/fetch/internal/exit"
)

// Streams are what a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// noSource explains what is missing when no SOURCE was given.
func noSource(in io.Reader) error {
	hint := "give a file, a URL, or - for standard input; see fetch -h"
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
			hint = "standard input is a pipe: to read the list from it, write fetch -"
		}
	}
	return exit.Usage(errors.New("no SOURCE: " + hint))
}
