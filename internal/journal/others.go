package journal

import (
	"bytes"
	"context"
	"fmt"
	"iter"
)

// Line appends a line of a type that is not the journal's own: a whole JSON object with a "type", with or without a line
// end. Who does not know the type passes over it; Others gives it again.
func (w *Writer) Line(line []byte) error {
	if len(line) > maxLine {
		return fmt.Errorf("%s: a line of %d bytes is too long for a journal", printable(w.path), len(line))
	}
	return w.append(func(buffer []byte) ([]byte, error) {
		return append(append(buffer, bytes.TrimSuffix(line, []byte("\n"))...), '\n'), nil
	}, nil, false)
}

// Others gives the lines of a type that is not the journal's own, in the order of the journal, without their line ends.
// Each is good until the next. An error is the last that comes.
func (j *Journal) Others(ctx context.Context, typ string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for line, err := range j.lines(ctx, typ) {
			if !yield(line.text, err) {
				return
			}
		}
	}
}
