package journal

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
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
