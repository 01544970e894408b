package web

import "strings"

// Comparable is the one text of all URLs that ask for the same (RFC 3986, sections 6.2.2 and 6.2.3):
// the URL as Normalize has it, with no byte escaped that need not be. What Parse does not accept stays
// as it is. It is for comparing: what is sent is the URL itself.
func Comparable(raw string) string {
	u, err := Parse(raw)
	if err != nil || Normalize(u) != nil {
		return raw
	}
	text := u.String()
	if !strings.Contains(text, "%") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '%' || i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) {
			out = append(out, c)
			continue
		}
		if b := unhex(text[i+1])<<4 | unhex(text[i+2]); isUnreserved(b) {
			out = append(out, b)
		} else {
			out = append(out, '%', upper(text[i+1]), upper(text[i+2]))
		}
		i += 2
	}
	return string(out)
}

func isUnreserved(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isHex(c byte) bool    { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// unhex is the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func upper(c byte) byte {
	if isLetter(c) {
		c &^= 0x20
	}
	return c
}
