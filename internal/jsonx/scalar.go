package jsonx

import (
	"encoding/hex"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotWhole = errors.New("not a whole number, or one that is too large")

// word skips a literal name whose first letter has been seen.
func (r *Reader) word(word string) bool {
	r.start = r.at
	if end := r.at + len(word); end <= len(r.data) && string(r.data[r.at:end]) == word {
		r.at = end
		return true
	}
	for i := 0; r.at < len(r.data) && r.data[r.at] == word[i]; i++ {
		r.at++
	}
	r.wrong("in what should be " + word)
	return false
}

// Bool reads a boolean.
func (r *Reader) Bool() bool {
	switch r.peek() {
	case 't':
		return r.word("true")
	case 'f':
		r.word("false")
	default:
		r.nullOr('t')
	}
	return false
}

// Number reads a number and returns it as written; nil for null. It shares memory with the text.
func (r *Reader) Number() []byte {
	if c := r.peek(); isDigit(c) || c == '-' {
		return r.number()
	}
	r.nullOr('0')
	return nil
}

// number reads a number whose first character has been seen.
func (r *Reader) number() []byte {
	data, i := r.data, r.at
	r.start = i
	if data[i] == '-' {
		i++
	}
	if i < len(data) && data[i] == '0' {
		i++ // no digits may follow
	} else if i = r.digits(i); i < 0 {
		return nil
	}
	if i < len(data) && data[i] == '.' {
		if i = r.digits(i + 1); i < 0 {
			return nil
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		if i++; i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		if i = r.digits(i); i < 0 {
			return nil
		}
	}
	r.at = i
	return data[r.start:i]
}

// digits returns the end of the digits at a place; -1: there are none.
func (r *Reader) digits(from int) int {
	i := from
	for i < len(r.data) && isDigit(r.data[i]) {
		i++
	}
	if i == from {
		r.at = i
		r.wrong("where a digit is due")
		return -1
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Int64 reads an integer, without a point or an exponent.
func (r *Reader) Int64() int64 {
	digits := r.Number()
	if digits == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		r.Fail(errNotWhole)
		return 0
	}
	return n
}

// Int is Int64 for values that must fit into an int.
func (r *Reader) Int() int {
	n := r.Int64()
	if int64(int(n)) != n {
		r.Fail(errNotWhole)
		return 0
	}
	return int(n)
}

// maxShared is the length of a text up to which its strings share one copy of it. For longer texts each string is
// copied separately, so that a short string does not keep the whole text in memory.
const maxShared = 16 << 10

// String reads a string.
func (r *Reader) String() string {
	if r.peek() == '"' {
		return r.stringOf(r.quoted(""))
	}
	r.nullOr('"')
	return ""
}

// unquoted returns the decoded content of the last string. An unpaired surrogate, and a byte that is not UTF-8,
// become U+FFFD.
func (r *Reader) unquoted() []byte {
	text, _ := jsontext.AppendUnquote(nil, r.data[r.start:r.at]) // the error concerns what became U+FFFD
	return text
}

// stringOf returns the last string, whose content is inside.
func (r *Reader) stringOf(inside []byte, plain bool) string {
	switch {
	case !plain:
		return string(r.unquoted())
	case r.err != nil:
		return ""
	case r.text == "" && len(r.data) > maxShared:
		return string(inside)
	}
	return r.shared()[r.start+1 : r.at-1]
}

// shared returns a copy of the whole text.
func (r *Reader) shared() string {
	if r.text == "" {
		r.text = string(r.data)
	}
	return r.text
}

// usual are the bytes of a string without special meaning: all of ASCII except quotes, escapes and control
// characters.
var usual = func() (all [256]bool) {
	for c := range all {
		all[c] = 0x20 <= c && c < utf8.RuneSelf && c != '"' && c != '\\'
	}
	return all
}()

// quoted skips a string, whose absence is an error, and returns its content, and whether that is literal: without
// escapes and valid UTF-8.
func (r *Reader) quoted(absent string) (inside []byte, plain bool) {
	if r.peek() != '"' {
		r.wrong(absent)
		return nil, true
	}
	data, i := r.data, r.at+1
	r.start = r.at
	escapes, ascii := false, true
	for {
		for i < len(data) && usual[data[i]] {
			i++
		}
		if i == len(data) {
			r.at = i
			r.fail(ErrEnd)
			return nil, true
		}
		switch c := data[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
			i++
		case c == '"':
			r.at = i + 1
			inside = data[r.start+1 : i]
			return inside, !escapes && (ascii || utf8.Valid(inside))
		case c == '\\':
			n := r.escape(i)
			if n == 0 {
				return nil, true
			}
			escapes = true
			i += n
		default:
			r.at = i
			r.wrong("within a string")
			return nil, true
		}
	}
}

// escape returns the length of the escape at a place; 0 if it is none.
func (r *Reader) escape(at int) int {
	r.at = at + 1
	if r.at == len(r.data) {
		r.fail(ErrEnd)
		return 0
	}
	switch r.data[r.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if isHex(r.data[at+2:]) {
			return 6
		}
		r.wrong("without four hexadecimal digits after it")
		return 0
	}
	r.wrong("after a backslash")
	return 0
}

// isHex reports whether s begins with four hexadecimal digits.
func isHex(s []byte) bool {
	if len(s) < 4 {
		return false
	}
	_, err := hex.DecodeString(string(s[:4]))
	return err == nil
}
