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
// Header fields and body may be missing; the body is the last line of a request. Blank lines are between requests, and
// may be missing before a line with a method and a URL. Lines that begin with # are comments.
type vegeta struct {
	lineEntry
	lost bool // after an error: the rest of the request is skipped
}

func (v *vegeta) next() error {
	hint := lineEach
	for begun := false; ; {
		text, err := v.read(hint)
		_, isLong := err.(*LineError)
		if text = bytes.TrimSpace(text); !begun {
			text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(bom)))
		}
		switch {
		case err == io.EOF && begun:
			return nil // the reader returns it again
		case isLong && !begun && v.lost:
			continue
		case err != nil: // the request may be incomplete
		case len(text) == 0 && begun:
			return nil
		case len(text) == 0:
			v.lost = false
		case text[0] == '#', !begun && v.lost && !beginsTarget(text):
		case !begun:
			v.lost, begun, hint = false, true, "put a long body into a file, and name it as @FILE"
			err = v.setTarget(text)
		case text[0] == '@':
			if err = v.setFile(string(text[1:])); err == nil {
				return nil
			}
		case beginsTarget(text):
			v.reader.Unread()
			return nil
		default:
			err = v.setField(text)
		}
		if err != nil {
			v.lost = begun
			return err
		}
	}
}

// setTarget processes the first line of a request.
func (v *vegeta) setTarget(line []byte) error {
	end := bytes.IndexAny(line, " \t")
	if at, _ := FindScheme(line); at == 0 || end < 0 {
		return BadLine("there is no method before the URL", "write GET http://HOST/PATH")
	}
	if bad := v.setMethod(string(line[:end])); bad != nil {
		return bad
	}
	return v.setURL(line[end:])
}

// setField processes a header field. Errors do not show it, because it may be a credential.
func (v *vegeta) setField(line []byte) error {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return BadLine("neither a header field, nor the file of a body, nor a method with a URL",
			"write Name: value, or @FILE, or GET http://HOST/PATH")
	}
	return v.addHeader(string(name), string(value))
}

// beginsTarget reports whether a line is the first of a request: a word in capitals and a URL.
func beginsTarget(line []byte) bool {
	end := bytes.IndexAny(line, " \t")
	if end <= 0 || len(bytes.Trim(line[:end], capital+"-")) > 0 {
		return false
	}
	at, _ := FindScheme(bytes.TrimLeft(line[end:], " \t"))
	return at == 0
}
