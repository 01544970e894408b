package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/nearest"
)

// WithNearestCommand adds to an error about a source that is not there which command was probably meant.
func WithNearestCommand(err error, args []string) error {
	if !errors.Is(err, format.ErrInput) || !errors.Is(err, fs.ErrNotExist) || len(args) == 0 || strings.ContainsAny(args[0], "/.") {
		return err
	}
	if near := nearest.To(args[0], commandNames); near != "" {
		return exit.Usage(fmt.Errorf("%w; did you mean the command: fetch %s?", err, near))
	}
	return err
}

var commandNames = []string{"plan", "load", "sweep", "resume", "retry", "report", "diff", "sync", "serve", "completion", "help"}
