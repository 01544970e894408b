package record

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/jsonx"
)

// AppendJSON appends r as one JSON object on one line, without the newline that ends a line of NDJSON
// (AppendLine adds it). The order of the fields is fixed; keyed_id, name, row, error_body, earlier_attempts,
// content_type, etag, more, digest, sha256, file, value or values, rows and notes, and in an attempt
// retry_after_ms and requeued, are omitted when empty. It allocates nothing if dst has room.
//
// Control characters, including C1 and bidi ones, are written as \u and four digits, so that a line is safe to
// show on a terminal; decoding restores them. Bytes that are not UTF-8 become U+FFFD.
func AppendJSON(dst []byte, r *Record) []byte {
	c := codec{dst: dst}
	c.object(func() { r.fields(&c) })
	return c.dst
}

// AppendLine appends r as one line of NDJSON: AppendJSON and a newline.
func AppendLine(dst []byte, r *Record) []byte { return append(AppendJSON(dst, r), '\n') }

// MarshalJSON returns the output of AppendJSON.
func (r *Record) MarshalJSON() ([]byte, error) { return AppendJSON(nil, r), nil }

func appendString(dst []byte, field, s string) []byte {
	dst = append(append(dst, field...), '"')
	for {
		n := plainLen(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}
		s = s[n:]
		r, n := utf8.DecodeRuneInString(s)
		if r < utf8.RuneSelf || IsControl(r) || r == utf8.RuneError && n == 1 {
			dst = appendEscaped(dst, r)
		} else {
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
}

// plainLen returns the length of the prefix of ASCII characters that need no escape.
func plainLen(s string) (n int) {
	const ones = 0x0101010101010101
	for ; n+8 <= len(s); n += 8 { // eight at a time: the highest bit of a byte is set if it needs an escape
		word := binary.LittleEndian.Uint64([]byte(s[n : n+8]))
		if (word|(word-0x20*ones)|((word^'"'*ones)-ones)|((word^'\\'*ones)-ones)|(word+ones))&(0x80*ones) != 0 {
			break
		}
	}
	for n < len(s) && 0x20 <= s[n] && s[n] < 0x7f && s[n] != '"' && s[n] != '\\' {
		n++
	}
	return n
}

// AppendValue appends any JSON on one line, with the escapes of AppendJSON. What is not JSON is appended as a
// JSON string that contains it.
func AppendValue(dst, value []byte) []byte {
	if !jsonx.Valid(value) {
		return appendString(dst, "", string(value))
	}
	for i := 0; i < len(value); {
		r, n := utf8.DecodeRune(value[i:])
		switch {
		case r < 0x20: // white space between tokens; it would be invalid inside strings
		case r == utf8.RuneError && n == 1 || IsControl(r): // only possible inside a string
			dst = appendEscaped(dst, r)
		default:
			dst = append(dst, value[i:i+n]...)
		}
		i += n
	}
	return dst
}

// AppendAnyLine is AppendAny with a newline, for values that always have a JSON form, such as strings, finite
// numbers and usual times.
func AppendAnyLine(dst []byte, v any) []byte {
	dst, _ = AppendAny(dst, v)
	return append(dst, '\n')
}

// AppendAny appends v in JSON on one line, with the escapes of AppendJSON.
func AppendAny(dst []byte, v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return dst, err
	}
	return AppendValue(dst, b.Bytes()), nil
}

func appendEscaped(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case utf8.RuneError:
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// IsControl reports whether a terminal or an editor would interpret a character instead of showing it: C0, DEL,
// C1, the line and paragraph separators, and those that change the direction of text (CVE-2021-42574).
func IsControl(r rune) bool {
	switch {
	case r < 0x20, 0x7f <= r && r < 0xa0:
		return true
	case r < 0x61c:
		return false
	}
	return r == 0x61c || r == 0x200e || r == 0x200f || 0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

// PrintableLines is Printable for text of several lines: newlines and tabs are kept.
func PrintableLines(s string) string {
	var b strings.Builder
	for {
		end := strings.IndexAny(s, "\n\t")
		if end < 0 {
			b.WriteString(Printable(s))
			return b.String()
		}
		b.WriteString(Printable(s[:end]) + s[end:end+1])
		s = s[end+1:]
	}
}

// Printable makes untrusted text safe to print on one line of a terminal: control characters, including C1 and
// bidi ones, are written as \n, \t, \x1b or \u202e, and bytes that are not UTF-8 as \xff. A backslash is kept.
func Printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, IsControl) {
		return s
	}
	var b []byte
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case !IsControl(r) && (r != utf8.RuneError || n > 1):
			b = append(b, s[i:i+n]...)
		case n == 1: // a control character, or a byte that is not UTF-8
			b = fmt.Appendf(b, `\x%02x`, s[i])
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return string(b)
}
