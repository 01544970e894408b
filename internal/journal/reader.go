package journal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"example.com/fetch/internal/jsonx"
)

// maxLine is the maximum length of a line in bytes: a value of 64 MiB fits however it is escaped.
const maxLine = 1 << 30

// lineReader reads a file line by line.
type lineReader struct {
	in     *bufio.Scanner
	number int64 // of the last line, counted from 1
	start  int64 // its offset in the file
	end    int64 // offset of its end, including the line end
}

func newLineReader(f io.ReaderAt, size int64) *lineReader {
	return &lineReader{in: jsonx.Lines(io.NewSectionReader(f, 0, size), maxLine)}
}

// ctxEvery is how many lines are read between two checks of the context.
const ctxEvery = 1024

// all yields all complete lines without their line ends, except empty ones, which come from editors. Each is
// valid until the next. An error ends the sequence; for a line that is too long it is a *LineError.
func (l *lineReader) all(ctx context.Context, path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for l.in.Scan() {
			text := l.in.Bytes()
			l.number++
			l.start, l.end = l.end, l.end+int64(len(text))
			if l.number%ctxEvery == 0 && ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			if len(bytes.TrimSpace(text)) > 0 && !yield(text[:len(text)-1], nil) {
				return
			}
		}
		switch err := l.in.Err(); {
		case err == bufio.ErrTooLong:
			l.number++
			yield(nil, &LineError{Path: path, Line: l.number, Err: errTooLong})
		case err != nil:
			yield(nil, unreadable(path, err))
		}
	}
}

// errTooLong is the error of a line that exceeds maxLine.
var errTooLong = fmt.Errorf("it is longer than %d bytes", maxLine)

// journalLine is a line of the requested type.
type journalLine struct {
	text   []byte // valid until the next line
	number int64
	start  int64 // offset in the file
	part   int
}

// read reopens the file and yields the results of parse for all lines of a type, except those that parse
// rejects, and finally the error of the bad line, if there is one. An error ends the sequence.
func read[T any](ctx context.Context, j *Journal, typ string, parse func(journalLine) (one T, wanted bool, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		f, err := j.open()
		if err != nil {
			yield(none, err)
			return
		}
		defer f.Close()
		lines := newLineReader(f, j.size)
		part := -1
		for text, err := range lines.all(ctx, j.Path) {
			one, wanted, found := none, false, ""
			if err == nil {
				if found, err = typeOf(text); found == TypeRun || found == TypeResume {
					part++
				}
				if err != nil || part < 0 || part >= len(j.Legs) {
					err = j.changed()
				} else if found == typ {
					if one, wanted, err = parse(journalLine{text, lines.number, lines.start, part}); err != nil {
						err = &LineError{Path: j.Path, Line: lines.number, Err: err}
					}
				}
			}
			if (wanted || err != nil) && (!yield(one, err) || err != nil) {
				return
			}
		}
		switch {
		case lines.end < j.size:
			yield(none, j.changed())
		case j.bad != nil:
			yield(none, j.bad)
		}
	}
}

// open reopens the file.
func (j *Journal) open() (*os.File, error) {
	f, err := openPlain(j.Path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !os.SameFile(info, j.info) || info.Size() < j.size {
		f.Close()
		return nil, j.changed()
	}
	return f, nil
}

// errChanged is the error of a file that is not the one that was read before.
var errChanged = errors.New("the file was replaced while it was being read; try again")

func (j *Journal) changed() error { return fmt.Errorf("%s: %w", printable(j.Path), errChanged) }
