package spec

import (
	"errors"
	"fmt"
	"strings"
)

// CheckSync refuses what has no meaning where files are kept in step.
func (f *Spec) CheckSync() error {
	switch {
	case !f.ToFolder() || strings.Contains(f.Output, "{"):
		return errors.New("sync: name the folder with -o DIR")
	case f.Format != "table" && f.Format != "ndjson":
		return fmt.Errorf("sync -f %s: its report is a table or ndjson; --report FILE gives the others", f.Format)
	case f.kind() == uploadBody:
		return errors.New("sync keeps what servers send: leave out -T, or upload with fetch itself")
	case f.HasValues(), f.Follows(), f.Split != "", f.Every > 0, f.Baseline != "", len(f.MissingOK.Pairs) > 0:
		return errors.New("sync keeps files in step, and nothing else: leave out --select, --exec, --split, --next, --follow-pages," +
			" --every, --missing-ok and --baseline")
	}
	return nil
}
