package source

import (
	"bytes"
	"strconv"
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

// templateInput is the input of a template that is given as an argument; index counts arguments from 0.
func templateInput(index int, arg string) *Input {
	return &Input{kind: urlInput, name: "argument " + strconv.Itoa(index+1), text: arg}
}
