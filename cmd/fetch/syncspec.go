package main

import (
	"errors"
	"fmt"
	"strings"
)

// checkSync refuses what has no meaning where files are kept in step.
func (f *runFlags) checkSync() error {
	switch {
	case !f.toFolder() || strings.Contains(f.output, "{"):
		return errors.New("sync: name the folder with -o DIR")
	case f.format != "table" && f.format != "ndjson":
		return fmt.Errorf("sync -f %s: its report is a table or ndjson; --report FILE gives the others", f.format)
	case f.kind() == uploadBody:
		return errors.New("sync keeps what servers send: leave out -T, or upload with fetch itself")
	case f.hasValues(), f.follows(), f.split != "", f.every > 0, f.baseline != "", len(f.missingOK.pairs) > 0:
		return errors.New("sync keeps files in step, and nothing else: leave out --select, --exec, --split, --next, --follow-pages," +
			" --every, --missing-ok and --baseline")
	}
	return nil
}
