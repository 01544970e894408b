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

// maxLine is the longest line, in bytes: a value of 64 MiB fits however it is escaped.
const maxLine = 1 << 30

// lineReader gives the lines of a file, one after the other.
type lineReader struct {
	in     *bufio.Scanner
	number int64 // of the last line, from 1
	start  int64 // where it begins in the file
	end    int64 // where it ends, with its line end
}

func newLineReader(f io.ReaderAt, size int64) *lineReader {
	return &lineReader{in: jsonx.Lines(io.NewSectionReader(f, 0, size), maxLine)}
}

// ctxEvery is how many lines are read between two looks at the context.
const ctxEvery = 1024

// all gives all whole lines but for empty ones, which are an editor's, without their ends. Each is good until the next. An error
// is the last that comes; a line that is too long is a *LineError.
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

// errTooLong is what is wrong with a line that is read no further.
var errTooLong = fmt.Errorf("it is longer than %d bytes", maxLine)

// journalLine is a line of a type that is wanted.
type journalLine struct {
	text   []byte // until the next
	number int64
	start  int64 // in the file
	leg    int
}

// read opens the file again and gives what parse makes of all lines of a type, but for what it says is not wanted, and the
// bad line at the end, if there is one. An error is the last that comes.
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
		leg := -1
		for text, err := range lines.all(ctx, j.Path) {
			one, wanted, found := none, false, ""
			if err == nil {
				if found, err = typeOf(text); found == TypeRun || found == TypeResume {
					leg++
				}
				if err != nil || leg < 0 || leg >= len(j.Legs) {
					err = j.changed()
				} else if found == typ {
					if one, wanted, err = parse(journalLine{text, lines.number, lines.start, leg}); err != nil {
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

// open opens the file again.
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

// errChanged is what is wrong with a file that is not what it was.
var errChanged = errors.New("something else was put in its place while it was being read; try again")

func (j *Journal) changed() error { return fmt.Errorf("%s: %w", printable(j.Path), errChanged) }
