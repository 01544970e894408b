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

// ready says what stands against beginning: that the spec is wrong, or that there is no SOURCE.
func (s Streams) ready(wrong error, sources []string) error {
	switch {
	case wrong != nil:
		return exit.Usage(wrong)
	case len(sources) == 0:
		return noSource(s.In)
	}
	return nil
}
