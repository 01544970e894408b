package format

import (
	"bytes"
	"io"

	"example.com/fetch/internal/list/table"
)

// vegeta is the decoder of the targets of vegeta, the load tester:
//
//	METHOD URL
//	Name: value
//	@file-with-the-body
//
// Header fields and body may be missing; the body is the last line of a request. Blank lines stand between requests, and
// may be missing before a line with a method and a URL. Lines that begin with # are comments.
type vegeta struct {
	entry
	reader *table.LineReader
	lost   bool // something bad was found: what belongs to the same request is passed over
}

func (v *vegeta) next() error {
	v.clear()
	text, err := v.first()
	if err != nil {
		return err
	}
	bad := v.setTarget(text)
	for bad == nil {
		text, err := v.reader.Next()
		text = bytes.TrimSpace(text)
		switch {
		case err == io.EOF:
			return nil // and the reader says so again
		case err == table.ErrLongLine:
			bad = longLine("put a long body into a file, and name it as @FILE")
		case err != nil:
			return err // which may have cut the request short
		case len(text) == 0:
			return nil
		case text[0] == '#':
		case text[0] == '@':
			if bad = v.setFile(string(text[1:])); bad == nil {
				return nil
			}
		case beginsTarget(text):
			v.reader.Unread()
			return nil
		default:
			bad = v.setField(text)
		}
	}
	v.lost = true
	bad.Line = v.reader.Line
	return bad
}

// first gives the line with which the next request begins.
func (v *vegeta) first() ([]byte, error) {
	for {
		text, err := v.reader.Next()
		switch {
		case err == table.ErrLongLine && v.lost:
			continue
		case err == table.ErrLongLine:
			bad := longLine("put each URL on a line of its own")
			bad.Line = v.reader.Line
			return nil, bad
		case err != nil:
			return nil, err
		}
		text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(bom)))
		switch {
		case len(text) == 0:
			v.lost = false
		case text[0] == '#', v.lost && !beginsTarget(text):
		default:
			v.lost = false
			return text, nil
		}
	}
}

// setTarget takes the first line of a request.
func (v *vegeta) setTarget(line []byte) *LineError {
	end := bytes.IndexAny(line, " \t")
	if at, _ := FindScheme(line); at == 0 || end < 0 {
		return &LineError{Problem: "there is no method before the URL", Hint: "write GET http://HOST/PATH"}
	}
	if bad := v.setMethod(string(line[:end])); bad != nil {
		return bad
	}
	return v.setURL(line[end:])
}

// setField takes a header field. Nothing of it is shown, since it may be a credential.
func (v *vegeta) setField(line []byte) *LineError {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return &LineError{
			Problem: "neither a header field, nor the file of a body, nor a method with a URL",
			Hint:    "write Name: value, or @FILE, or GET http://HOST/PATH",
		}
	}
	return v.addHeader(string(name), string(value))
}

// beginsTarget reports whether a line is the first of a request: a word in capitals and a URL.
func beginsTarget(line []byte) bool {
	end := bytes.IndexAny(line, " \t")
	if end <= 0 {
		return false
	}
	for _, c := range line[:end] {
		if (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	at, _ := FindScheme(bytes.TrimLeft(line[end:], " \t"))
	return at == 0
}
