package table

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

const readBuffer = 64 << 10

// ErrLongLine is the error for a line that is longer than MaxRow.
var ErrLongLine = errors.New("line too long")

// LineReader splits a text into lines. It gives each as soon as it has come.
type LineReader struct {
	Line int64 // the number of the last line given, from 1

	buffer *bufio.Reader
	long   []byte // a line that the buffer is too small for
	last   []byte // the last line given
	ending []byte // with which it ended: LF or CRLF; empty at the end of the table
	failed error  // and the error given with it
	again  bool   // they are to be given again
}

// NewLineReader returns a LineReader of a text, of which nothing is sniffed or unpacked.
func NewLineReader(text io.Reader) *LineReader {
	return &LineReader{buffer: bufio.NewReaderSize(text, readBuffer)}
}

// OneLine returns a LineReader that gives a text as a line with the number 0, whatever is in it.
func OneLine(text string) *LineReader {
	return &LineReader{buffer: bufio.NewReaderSize(strings.NewReader(""), 0), last: []byte(text), again: true, Line: -1}
}

// open looks at how the table begins: it unpacks what is gzip-compressed, drops a byte order mark, and refuses what is
// plainly no text. It peeks no further than it has seen reason for, since the beginning of a pipe may be all that has come.
func (r *Reader) open() error {
	l := &r.lines
	l.buffer = bufio.NewReaderSize(r.source, readBuffer)
	if l.begins("\x1f\x8b") {
		unpacked, err := gzip.NewReader(l.buffer)
		if err != nil {
			return err
		}
		l.buffer = bufio.NewReaderSize(unpacked, readBuffer)
	}
	const bom = "\ufeff"
	switch {
	case l.begins(bom):
		_, err := l.buffer.Discard(len(bom))
		return err
	case l.begins("\xff\xfe"), l.begins("\xfe\xff"):
		return unusable("is encoded in UTF-16", "save it as UTF-8, in Excel as CSV UTF-8")
	case l.begins("PK\x03\x04"):
		return unusable("is a spreadsheet or a zip file", "save the sheet as CSV")
	case l.begins("\x28\xb5\x2f\xfd"), l.begins("\xfd7zXZ\x00"):
		return unusable("is compressed", "unpack it; only gzip is unpacked by itself")
	}
	return nil
}

// begins reports whether the table begins with magic.
func (l *LineReader) begins(magic string) bool {
	for n := 1; n <= len(magic); n++ {
		head, err := l.buffer.Peek(n)
		if err != nil || head[n-1] != magic[n-1] {
			return false
		}
	}
	return true
}

// beginsArray reports whether the table begins with a JSON array of objects, or one of nothing.
func (l *LineReader) beginsArray() bool {
	var seen []byte // without white space
	for n := 1; n <= readBuffer; n++ {
		head, err := l.buffer.Peek(n)
		if err != nil {
			return false
		}
		if seen = append(seen, bytes.Trim(head[n-1:], " \t\r\n")...); len(seen) == 2 || len(seen) == 1 && seen[0] != '[' {
			return string(seen) == "[{" || string(seen) == "[]"
		}
	}
	return false
}

// Unread makes Next give the last line again.
func (l *LineReader) Unread() {
	l.again = true
	l.Line--
}

// Next gives a line without its end. It is valid until the next call. The error is ErrLongLine for a line of more than
// MaxRow bytes, after which reading can go on, or that of the reader. A line that a failure cut short is not given; one
// that the end of the table did is.
func (l *LineReader) Next() ([]byte, error) {
	if l.again {
		l.again = false
		l.Line++
		return l.last, l.failed
	}
	text, err := l.buffer.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		text, err = l.nextLong(text)
	}
	if err != nil && (err != io.EOF || len(text) == 0) {
		return nil, err
	}
	l.Line++
	whole := text
	if text = bytes.TrimSuffix(text, []byte("\n")); len(text) < len(whole) {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	l.ending = whole[len(text):]
	if l.last, l.failed = text, nil; len(text) > MaxRow {
		l.last, l.failed = nil, ErrLongLine
	}
	return l.last, l.failed
}

// nextLong gathers a line that began with text. Of one that is too long, it gives only so much that this is seen.
func (l *LineReader) nextLong(text []byte) ([]byte, error) {
	l.long = append(l.long[:0], text...)
	for {
		text, err := l.buffer.ReadSlice('\n')
		if len(l.long) <= MaxRow+len("\r\n") {
			l.long = append(l.long, text...)
		}
		if err != bufio.ErrBufferFull {
			return l.long, err
		}
	}
}

var extensions = map[string]Format{".csv": CSV, ".tsv": TSV, ".tab": TSV, ".jsonl": JSONL, ".ndjson": JSONL, ".txt": Lines}

// FormatOf is the format that the name of a file tells by its extension, .gz taken off; 0 if it tells none.
func FormatOf(name string) Format {
	return extensions[filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))]
}

// detect finds out the format by the first line.
func (r *Reader) detect() error {
	line, err := r.firstLine()
	switch {
	case err == io.EOF:
		return unusable("there is no row in it", "")
	case err == ErrLongLine:
		return &Error{Line: r.lines.Line, Problem: "the line is longer than 1 MiB", Final: true}
	case err != nil:
		return err
	}
	r.lines.Unread()
	switch {
	case bytes.IndexByte(line, 0) >= 0:
		return unusable("is a binary file, not a table", "")
	case line[0] == '[' && !isWord(line[1:]):
		r.row = r.lines.Line + 1
		return r.broken("a JSON array, but not of objects", `write rows like {"name": "water"}`)
	case line[0] == '{':
		r.format = JSONL
	case bytes.IndexByte(line, '\t') >= 0 && bytes.IndexByte(line, ',') < 0:
		r.format = TSV
	case bytes.ContainsAny(line, ",;\t"):
		r.format = CSV
	default:
		r.format = Lines
	}
	return nil
}

// firstLine reads up to the first line that is not empty.
func (r *Reader) firstLine() ([]byte, error) {
	for {
		line, err := r.lines.Next()
		if err != nil || len(line) > 0 {
			return line, err
		}
	}
}

// isWord reports whether a text begins with a letter or a digit: [13C]glucose is no JSON array.
func isWord(text []byte) bool { return word.Match(text) }

var word = regexp.MustCompile(`^[0-9A-Za-z\x80-\x{10FFFF}]`)
