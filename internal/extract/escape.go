package extract

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes are the characters that may stand after a backslash in a JSON string, u aside, and what they stand for.
var escapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escaped reads on in a string that began at from, at its first backslash.
func (d *decoder) escaped(from int) (string, error) {
	var b strings.Builder
	b.WriteString(validUTF8(d.text[from:d.at]))
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c == '"':
			d.at++
			return b.String(), nil
		case c == '\\':
			if err := d.escape(&b); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", d.wrong("within a string")
		case c < utf8.RuneSelf:
			b.WriteByte(c)
			d.at++
		default:
			r, n := utf8.DecodeRuneInString(d.text[d.at:])
			b.WriteRune(r)
			d.at += n
		}
	}
	return "", d.wrong("")
}

// escape reads one escape, and two where they are a pair of surrogates. A surrogate without its half is U+FFFD.
func (d *decoder) escape(b *strings.Builder) error {
	if d.at++; d.at == len(d.text) {
		return d.wrong("")
	}
	c := d.text[d.at]
	if c != 'u' {
		if escapes[c] == 0 {
			return d.wrong("after a backslash")
		}
		b.WriteByte(escapes[c])
		d.at++
		return nil
	}
	r := d.hex(d.at + 1)
	if r < 0 {
		return d.wrong("without four hexadecimal digits after it")
	}
	d.at += 5
	if utf16.IsSurrogate(r) {
		pair := rune(-1)
		if strings.HasPrefix(d.text[d.at:], `\u`) {
			pair = utf16.DecodeRune(r, d.hex(d.at+2))
		}
		if r = utf8.RuneError; pair >= 0 && pair != utf8.RuneError {
			r = pair
			d.at += 6
		}
	}
	b.WriteRune(r)
	return nil
}

// hex is the value of four hexadecimal digits; -1 if that is not what stands there.
func (d *decoder) hex(at int) rune {
	if at+4 > len(d.text) {
		return -1
	}
	digits := d.text[at : at+4]
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || strings.ContainsAny(digits, "_+-") {
		return -1
	}
	return rune(n)
}
