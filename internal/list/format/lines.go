package format

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"example.com/fetch/fetcher"
)

const (
	maxLine    = 1 << 20  // bytes, without the end of the line
	readBuffer = 64 << 10 // where lines are short
)

// lines is the decoder of the plain format, a request on each line.
type lines struct {
	input  string
	reader lineReader
	parser Parser
}

func newLines(input string, r io.Reader) *lines {
	return &lines{input: input, reader: lineReader{reader: r}}
}

func (l *lines) Next() error {
	for {
		text, err := l.reader.next()
		var bad *LineError
		switch {
		case err == errLongLine:
			bad = &LineError{Problem: "the line is longer than 1 MiB", Hint: "put each URL on a line of its own"}
		case err != nil:
			return err
		default:
			var found bool
			found, bad = l.parser.parse(text)
			if found {
				return nil
			}
		}
		if bad != nil {
			bad.Input, bad.Line, bad.Partial = l.input, l.reader.line, partialOf(text)
			return bad
		}
	}
}

// partialOf is what a bad line of the plain format says all the same. Its URL begins where one should: at http://, or with
// the last word where that may well be meant for one. What precedes it is the name, but not where it may be a setting or a
// header field, and so hold a secret.
func partialOf(line []byte) Partial {
	line = bytes.TrimSpace(line)
	at, _ := FindScheme(line)
	if at < 0 {
		at = bytes.LastIndexAny(line, " \t") + 1
		if last := line[at:]; !bytes.Contains(last, []byte("://")) && bytes.IndexByte(last, '@') < 0 && !looksLikeHost(string(last)) {
			at = len(line)
		}
	}
	name := string(bytes.TrimSpace(line[:at]))
	if strings.ContainsAny(name, ":=") {
		name = ""
	}
	return Partial{Name: name, URL: string(line[at:])}
}

func (l *lines) Fill(req *fetcher.Request) { l.parser.fill(req) }

var errLongLine = errors.New("line too long")

// lineReader splits what it reads into lines. It gives each as soon as it has come, and holds one buffer, which is at
// most a little larger than the longest line.
type lineReader struct {
	reader     io.Reader
	line       int64 // the number of the last line given, from 1
	buf        []byte
	start, end int   // what has been read and not been given
	err        error // of the reader; nothing more comes
}

// next gives a line without its end, LF or CRLF. It is valid until the next call. The error is errLongLine for a line
// of more than maxLine bytes, after which reading can go on, or that of the reader. A line that a failure cut short is
// not given; one that the end of the input did is.
func (l *lineReader) next() ([]byte, error) {
	long := false
	for searched := l.start; ; {
		if i := bytes.IndexByte(l.buf[searched:l.end], '\n'); i >= 0 {
			text := l.buf[l.start : searched+i]
			l.start = searched + i + 1
			return l.give(text, long)
		}
		if l.end-l.start > maxLine+len("\r") {
			long, l.start = true, l.end
		}
		if l.err != nil {
			text := l.buf[l.start:l.end]
			l.start = l.end
			if l.err == io.EOF && (long || len(text) > 0) {
				return l.give(text, long)
			}
			return nil, l.err
		}
		unread := l.end - l.start
		l.fill()
		searched = l.start + unread
	}
}

func (l *lineReader) give(text []byte, long bool) ([]byte, error) {
	l.line++
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	if long || len(text) > maxLine {
		return nil, errLongLine
	}
	return text, nil
}

// fill reads once, after making room.
func (l *lineReader) fill() {
	if l.start > 0 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	if l.end == len(l.buf) {
		grown := make([]byte, min(max(readBuffer, 2*len(l.buf)), maxLine+readBuffer))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	for range 100 {
		n, err := l.reader.Read(l.buf[l.end:])
		l.end += n
		l.err = err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}
