package web

import "strings"

// Reference converts a URL, or a relative reference, from a server to the form of RFC 3986, like browsers and
// curl: surrounding blanks are removed, and characters that are not allowed in its path, query or fragment are
// percent-encoded byte by byte, whatever its charset. A percent sign that does not begin an escape is kept. Lists
// are stricter about that (package format); for what both accept the same bytes are sent. Scheme, userinfo and
// host are kept, and so is a reference with a control character, which url.Parse rejects.
func Reference(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return text
	}
	head := schemeLength(text)
	if first := untilAny(text[head:], "/?#"); head == 0 && strings.Contains(first, ":") {
		text = "./" + text // otherwise the part before the colon would be a scheme (section 4.2)
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

// schemeLength returns the length of the scheme of a reference, including its colon; 0 if it is relative.
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

// untilAny returns a text up to the first of some characters.
func untilAny(text, chars string) string {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return text[:i]
	}
	return text
}
