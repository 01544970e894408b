package main

import (
	"errors"
	"io"
	"os"
)

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// noSource explains what is missing when no SOURCE was given.
func noSource(in io.Reader) error {
	hint := "give a file, a URL, or - for standard input; see fetch -h"
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
			hint = "standard input is a pipe: to read the list from it, write fetch -"
		}
	}
	return usage(errors.New("no SOURCE: " + hint))
}
