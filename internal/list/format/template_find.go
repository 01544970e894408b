package format

import (
	"bytes"
)

// findTemplate gives where the URL of a line begins that may be a template; -1 if there is none. at is where http:// or
// https:// begins, or -1. A template may begin with an expression, like {+url} or {scheme}://HOST.
func findTemplate(line []byte, at int) int {
	if i := bytes.Index(line, []byte("}://")); i >= 0 && (at < 0 || i < at) {
		if open := bytes.LastIndexByte(line[:i], '{'); open >= 0 {
			return open
		}
	}
	if at < 0 {
		at = bytes.Index(line, []byte("{+"))
	}
	if at < 0 && line[0] == '{' {
		at = 0 // which cannot be, but what to write instead can be said
	}
	return at
}

// IsTemplate reports whether an argument begins with an expression.
func IsTemplate(arg string) bool { return arg != "" && findTemplate([]byte(arg), -1) == 0 }

// BadTemplate finds what no template can hold.
func BadTemplate(raw []byte) *LineError {
	if raw[0] != '{' {
		at, after := FindScheme(raw)
		switch {
		case at < 0:
			return noScheme(raw)
		case at > 0:
			return BadLine("the URL does not begin with http:// or https://",
				"take out what stands before it").about(raw)
		}
		return badURL(raw, after)
	}
	if i := bytes.IndexFunc(raw, func(r rune) bool { return r < 0x80 && isControl(byte(r)) }); i >= 0 {
		return BadLine("the URL holds a control character", "take it out").about(raw)
	}
	return nil
}
