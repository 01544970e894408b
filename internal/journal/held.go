package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
)

// heldBy says who has a journal: the process whose leg is the last, if it has not ended. What cannot be found out is left
// open, as the error is the same.
func heldBy(path string, f io.ReaderAt) error {
	e := &HeldError{Path: path}
	lines := newLineReader(io.NewSectionReader(f, 0, math.MaxInt64))
	for line, err := range lines.all(context.Background(), path) {
		if err != nil {
			break
		}
		if !bytes.HasPrefix(line, []byte(`{"type":"`)) {
			continue
		}
		var leg Leg
		if json.Unmarshal(line, &leg) != nil {
			continue
		}
		switch leg.Type {
		case TypeRun, TypeResume:
			e.PID, e.Since = leg.PID, leg.Started
		case TypeEnd: // who has it now has not said so yet
			e = &HeldError{Path: path}
		}
	}
	return e
}
