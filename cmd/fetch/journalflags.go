package main

import (
	"errors"
	"fmt"
	"strings"
)

// journalFlags say where the record of a run is kept.
type journalFlags struct {
	journal string
	fresh   bool
}

func (f *journalFlags) check() error {
	switch {
	case f.fresh && f.journal == "":
		return errors.New("--fresh begins a journal anew: name it with -j FILE")
	case strings.HasPrefix(f.journal, "-"):
		return fmt.Errorf("-j %s: a journal is a file; one with such a name is written ./%s", f.journal, f.journal)
	}
	return nil
}
