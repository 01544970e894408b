package table

import (
	"bytes"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

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
