package format

import (
	"bytes"
	"io"
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
	input       string
	reader      lineReader
	pending     []byte // the first line of the next request, if it has been read already
	pendingLine int64
	lost        bool // something bad was found: what belongs to the same request is passed over
}

func (v *vegeta) Next() error {
	v.clear()
	text, line, err := v.first()
	if err != nil {
		return err
	}
	bad := v.setTarget(text)
	for bad == nil {
		text, err = v.reader.next()
		if err == io.EOF {
			return nil // and the reader says so again
		}
		line = v.reader.line
		text = bytes.TrimSpace(text)
		switch {
		case err == errLongLine:
			bad = longLine("put a long body into a file, and name it as @FILE")
		case err != nil:
			return err // which may have cut the request short
		case len(text) == 0:
			return nil
		case text[0] == '#':
		case text[0] == '@':
			if v.body, bad = fileContent(string(text[1:])); bad == nil {
				return nil
			}
		case beginsTarget(text):
			v.pending, v.pendingLine = bytes.Clone(text), line
			return nil
		default:
			bad = v.setField(text)
		}
	}
	v.lost = true
	bad.Input, bad.Line, bad.Partial = v.input, line, v.partial()
	return bad
}

// first gives the line with which the next request begins.
func (v *vegeta) first() (text []byte, line int64, err error) {
	if text = v.pending; text != nil {
		v.pending = nil
		return text, v.pendingLine, nil
	}
	for {
		text, err = v.reader.next()
		switch {
		case err == errLongLine && v.lost:
			continue
		case err == errLongLine:
			bad := longLine("put each URL on a line of its own")
			bad.Input, bad.Line = v.input, v.reader.line
			return nil, 0, bad
		case err != nil:
			return nil, 0, err
		}
		text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(bom)))
		switch {
		case len(text) == 0:
			v.lost = false
		case text[0] == '#', v.lost && !beginsTarget(text):
		default:
			v.lost = false
			return text, v.reader.line, nil
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
