package table

import (
	"bytes"
	"path/filepath"
	"strings"
)

// FormatOf is the format that the name of a file tells by its extension, .gz taken off; 0 if it tells none.
func FormatOf(name string) Format {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	switch filepath.Ext(name) {
	case ".csv":
		return CSV
	case ".tsv", ".tab":
		return TSV
	case ".jsonl", ".ndjson":
		return JSONL
	case ".txt":
		return Lines
	}
	return 0
}

// detect finds out the format by the first line.
func (r *Reader) detect() error {
	line, err := r.firstLine()
	switch {
	case isEnd(err):
		return &Unusable{Problem: "there is no row in it"}
	case err == errLongLine:
		return &Unusable{Line: r.lines.line, Problem: "the line is longer than 1 MiB"}
	case err != nil:
		return err
	}
	r.lines.unread()
	switch {
	case bytes.IndexByte(line, 0) >= 0:
		return &Unusable{Problem: "is a binary file, not a table"}
	case line[0] == '[' && !isWord(line[1:]):
		return &Unusable{Line: r.lines.line + 1, Problem: "a JSON array, but not of objects", Hint: `write rows like {"name": "water"}`}
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
		line, err := r.lines.next()
		if err != nil || len(line) > 0 {
			return line, err
		}
	}
}

// isWord reports whether a text begins with a letter or a digit: [13C]glucose is no JSON array.
func isWord(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	c := text[0]
	return c >= 0x80 || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
