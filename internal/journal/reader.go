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
)

// maxLine is the longest line, in bytes: a value of 64 MiB fits however it is escaped.
const maxLine = 1 << 30

// lineReader gives the lines of a file, one after the other.
type lineReader struct {
	in     *bufio.Reader
	long   []byte // holds a line that the buffer of in does not
	number int64  // of the line that next gave last, from 1
	start  int64  // where it begins in the file
	end    int64  // where it ends, with its line end
	torn   int64  // how long the last line is if it has no line end
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, 64<<10)}
}

// next gives a line without its line end, until the next call. The error is io.EOF where no further line has an end.
func (l *lineReader) next() ([]byte, error) {
	l.number++
	l.start = l.end
	if cap(l.long) > spare {
		l.long = nil
	}
	l.long = l.long[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		l.end += int64(len(part))
		switch {
		case err == nil && len(l.long) == 0:
			return part[:len(part)-1], nil
		case err == nil:
			l.long = append(l.long, part[:len(part)-1]...)
			return l.long, nil
		case err == io.EOF:
			l.torn, l.end = l.end-l.start, l.start
			return nil, io.EOF
		case err != bufio.ErrBufferFull:
			return nil, err
		case len(l.long) > maxLine:
			return nil, errTooLong
		}
		l.long = append(l.long, part...)
	}
}

// ctxEvery is how many lines are read between two looks at the context.
const ctxEvery = 1024

// all gives all whole lines but for empty ones, which are an editor's. Each is good until the next. An error is the last that
// comes; a line that is too long is a *LineError.
func (l *lineReader) all(ctx context.Context, path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			text, err := l.next()
			switch {
			case err == io.EOF:
				return
			case err == errTooLong:
				err = &LineError{Path: path, Line: l.number, Err: err}
			case err != nil:
				err = unreadable(path, err)
			case l.number%ctxEvery == 0 && ctx.Err() != nil:
				err = context.Cause(ctx)
			case len(bytes.TrimSpace(text)) == 0:
				continue
			}
			if !yield(text, err) || err != nil {
				return
			}
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
		for line, err := range j.lines(ctx, typ) {
			var one T
			wanted := false
			if err == nil {
				if one, wanted, err = parse(line); err != nil {
					err = &LineError{Path: j.Path, Line: line.number, Err: err}
				}
			}
			if (wanted || err != nil) && (!yield(one, err) || err != nil) {
				return
			}
		}
	}
}

// lines opens the file again and gives all lines of a type, and the bad line at the end.
func (j *Journal) lines(ctx context.Context, wanted string) iter.Seq2[journalLine, error] {
	return func(yield func(journalLine, error) bool) {
		f, err := j.open()
		if err != nil {
			yield(journalLine{}, err)
			return
		}
		defer f.Close()
		lines := newLineReader(io.NewSectionReader(f, 0, j.size))
		leg := -1
		for text, err := range lines.all(ctx, j.Path) {
			if err != nil {
				yield(journalLine{}, err)
				return
			}
			typ, err := typeOf(text)
			if typ == TypeRun || typ == TypeResume {
				leg++
			}
			if err != nil || leg < 0 || leg >= len(j.Legs) {
				yield(journalLine{}, j.changed())
				return
			}
			if typ == wanted && !yield(journalLine{text, lines.number, lines.start, leg}, nil) {
				return
			}
		}
		switch {
		case lines.torn > 0:
			yield(journalLine{}, j.changed())
		case j.bad != nil:
			yield(journalLine{}, j.bad)
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
