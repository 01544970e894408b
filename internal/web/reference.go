package web

import "strings"

// Reference is a URL, or a reference relative to one, that a server has given, in the form of RFC 3986, as browsers and curl
// bring it there: blanks around it go, and what may not stand in its path, its query or its fragment is percent-encoded byte
// by byte, whatever its charset. A percent sign that begins no escape stands for itself. Lists are stricter about that
// (package format); the bytes that are sent for what both accept are the same. Scheme, userinfo and host stay as they are,
// and so does a reference with a control character in it, which url.Parse refuses.
func Reference(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return text
	}
	head := schemeLength(text)
	if first := untilAny(text[head:], "/?#"); head == 0 && strings.Contains(first, ":") {
		text = "./" + text // else what stands before the colon would be a scheme (section 4.2)
	}
	if strings.HasPrefix(text[head:], "//") {
		authority := untilAny(text[head+len("//"):], "/?#")
		head += len("//") + len(authority)
	}
	tail, fragment, hasFragment := strings.Cut(text[head:], "#")
	path, query, hasQuery := strings.Cut(tail, "?")
	if isCleanTail(path) && isCleanTail(query) && isCleanTail(fragment) {
		return text
	}
	path = escapeTail(path, "%25")
	if hasQuery {
		path += "?" + escapeTail(query, "%25")
	}
	if hasFragment {
		path += "#" + escapeTail(fragment, "%25")
	}
	return text[:head] + path
}

// schemeLength is the length of the scheme that a reference begins with, and of its colon; 0 if it is a relative one.
func schemeLength(text string) int {
	for i := range len(text) {
		switch c := lower(text[i]); {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// untilAny is a text up to the first of some characters.
func untilAny(text, chars string) string {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return text[:i]
	}
	return text
}
