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

// ErrLongLine is the error of a line that is longer than MaxRow.
var ErrLongLine = errors.New("line too long")

// LineReader splits text into lines. It returns each line as soon as it has arrived.
type LineReader struct {
	Line int64 // number of the last line, from 1

	buffer *bufio.Reader
	long   []byte // a line that does not fit into the buffer
	last   []byte // the last line
	ending []byte // its line end: LF or CRLF; empty at the end of the table
	failed error  // the error returned with it
	again  bool   // return them again
}

// NewLineReader returns a LineReader of a text, without detection or unpacking.
func NewLineReader(text io.Reader) *LineReader {
	return &LineReader{buffer: bufio.NewReaderSize(text, readBuffer)}
}

// OneLine returns a LineReader that returns a text as a single line with the number 0, whatever it contains.
func OneLine(text string) *LineReader {
	return &LineReader{buffer: bufio.NewReaderSize(strings.NewReader(""), 0), last: []byte(text), again: true, Line: -1}
}

// open examines the beginning of the table: it unpacks gzip, drops a byte order mark, and rejects what is certainly
// not text. It does not read ahead more than necessary, because no more may have arrived from a pipe.
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

// Next returns a line without its line end. It is valid until the next call. The error is ErrLongLine for a line of
// more than MaxRow bytes, after which reading can continue, or that of the reader. A line that was cut off by an
// error is not returned; a last line without a line end is.
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

// nextLong collects a line that began with text. Of one that is too long, it returns only enough to show that.
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

// FormatOf returns the format implied by the extension of a file name, without .gz; 0 if there is none.
func FormatOf(name string) Format {
	return extensions[filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))]
}

// detect determines the format from the first line.
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

// isWord reports whether a text begins with a letter or a digit: [13C]glucose is not a JSON array.
func isWord(text []byte) bool { return word.Match(text) }

var word = regexp.MustCompile(`^[0-9A-Za-z\x80-\x{10FFFF}]`)
