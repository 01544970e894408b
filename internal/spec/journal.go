package spec

import (
	"errors"
	"fmt"
	"strings"
)

// JournalFile say where the record of a run is kept.
type JournalFile struct {
	Journal string
	Fresh   bool
}

func (f *JournalFile) check() error {
	switch {
	case f.Fresh && f.Journal == "":
		return errors.New("--fresh begins a journal anew: name it with -j FILE")
	case strings.HasPrefix(f.Journal, "-"):
		return fmt.Errorf("-j %s: a journal is a file; one with such a name is written ./%s", f.Journal, f.Journal)
	}
	return nil
}
