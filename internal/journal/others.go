package journal

import (
	"context"
	"fmt"
	"io"
	"iter"
)

// Line appends a line of a type that is not the journal's own: a whole JSON object with a "type", with or without a line
// end. Who does not know the type passes over it; Others gives it again.
func (w *Writer) Line(line []byte) error {
	if len(line) > maxLine {
		return fmt.Errorf("%s: a line of %d bytes is too long for a journal", printable(w.path), len(line))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(); err != nil {
		return err
	}
	before := len(w.buffer)
	w.buffer = append(w.buffer, line...)
	if len(line) == 0 || line[len(line)-1] != '\n' {
		w.buffer = append(w.buffer, '\n')
	}
	w.added(before, nil)
	return nil
}

// Others gives the lines of a type that is not the journal's own, in the order of the journal, without their line ends.
// Each is good until the next. An error is the last that comes.
func (j *Journal) Others(ctx context.Context, typ string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := j.open()
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		lines := newLineReader(io.NewSectionReader(f, 0, j.size))
		for {
			line, err := lines.next()
			switch {
			case err == io.EOF:
				if j.bad != nil {
					yield(nil, j.bad)
				}
				return
			case err != nil:
				yield(nil, unreadable(j.Path, err))
				return
			case lines.number%ctxEvery == 0 && ctx.Err() != nil:
				yield(nil, context.Cause(ctx))
				return
			}
			is, of, err := isRecord(line)
			if is || err != nil || of != typ {
				continue
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}
