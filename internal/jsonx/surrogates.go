package jsonx

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// HasLoneSurrogate reports whether a string in valid JSON has an escape for half of a surrogate pair, \ud800 to \udfff,
// without the other half. It is no character, and only JSON can hold it: in any other text U+FFFD stands for it.
func HasLoneSurrogate(json []byte) bool {
	for {
		i := bytes.IndexByte(json, '\\')
		if i < 0 || i+1 >= len(json) {
			return false
		}
		r := escapedUnit(json[i:])
		if !utf16.IsSurrogate(r) {
			json = json[i+2:]
			continue
		}
		json = json[i+6:]
		if utf16.DecodeRune(r, escapedUnit(json)) == '\uFFFD' {
			return true
		}
		json = json[6:]
	}
}

// escapedUnit is the value of the escape \uXXXX that s begins with; -1 if there is none.
func escapedUnit(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
