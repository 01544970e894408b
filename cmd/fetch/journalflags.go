package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// journalFlags say where the record of a run is kept.
type journalFlags struct {
	journal string
	fresh   bool
}

func (f *journalFlags) define(flags *pflag.FlagSet) {
	flags.StringVarP(&f.journal, "journal", "j", "", "keep the record in `FILE`, so that fetch resume, retry and report can go on from it")
	flags.BoolVar(&f.fresh, "fresh", false, "begin the journal anew where there is one")
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
