package format

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// Parser parses lines. It holds the entry of the last one, and reusable memory.
type Parser struct {
	raw       func(url []byte) *LineError // if not nil, URLs are templates: it checks them, and they are not converted
	unfilled  func(variable string)       // if not nil, it is called with what would be a variable if URLs were templates
	name, url []byte                      // valid until the next call; url may share memory with scratch, or both with the line
	joined    []byte                      // the part of the line from name to the end of url, if both share memory with it
	scratch   []byte
}

const bom = "\ufeff"

// parse reports whether the line contains an entry; blank lines and comments do not. The error lacks the input and
// the line number. The line must not be changed while the entry is used.
func (p *Parser) parse(line []byte) (bool, *LineError) {
	if len(line) > 0 && line[0] == bom[0] {
		line = bytes.TrimPrefix(line, []byte(bom)) // of any line: files are concatenated
	}
	if len(line) > 0 && line[0] == '#' {
		return false, nil
	}
	indented := len(line) > 0 && isIndented(line)
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return false, nil
	}
	if indented && isOption(line) {
		return false, optionLine(line)
	}
	if line[0] == '#' {
		return false, BadLine("# is not at the start of the line",
			"remove the blanks before it, if this is a comment").about(bytes.TrimLeft(line, "# \t"))
	}
	at, after := FindScheme(line)
	if p.raw != nil {
		at = findTemplate(line, at)
	}
	if at < 0 {
		return false, noScheme(line)
	}
	name, url := bytes.TrimSpace(line[:at]), line[at:]
	if at > 0 {
		if bad := badName(name, line[at-1], url); bad != nil {
			return false, bad
		}
	}
	p.name, p.url, p.joined = name, url, line
	bad := p.take(after - at)
	return bad == nil, bad
}

// variable matches what would be a variable if a URL were a template.
var variable = regexp.MustCompile(`\{[+#./;?&]?([A-Za-z_][A-Za-z0-9_.]*)\*?\}`)

// take checks the URL, whose scheme ends at prefix, and normalizes it for sending.
func (p *Parser) take(prefix int) *LineError {
	switch {
	case p.raw != nil:
		return p.raw(p.url)
	case web.IsClean(p.url):
		return nil
	}
	p.joined = nil
	if p.unfilled != nil && bytes.IndexByte(p.url, '{') >= 0 {
		if found := variable.FindSubmatch(p.url); found != nil {
			p.unfilled(string(found[1]))
		}
	}
	return p.normalize(p.url, prefix)
}

// parseURL parses a URL without a name before it.
func (p *Parser) parseURL(text []byte) *LineError {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return BadLine("there is no URL", "write one, beginning with http:// or https://")
	}
	p.name, p.url, p.joined = nil, text, nil
	at, after := FindScheme(text)
	switch {
	case p.raw != nil || at == 0:
		return p.take(after)
	case at < 0:
		return noScheme(text)
	}
	return BadLine("the URL does not begin with http:// or https://", "remove the text before it").about(text[at:])
}

// fill stores the entry in a request. Name and URL share memory if possible.
func (p *Parser) fill(req *fetcher.Request) {
	if p.joined == nil {
		req.Name, req.URL = string(p.name), string(p.url)
		return
	}
	s := string(p.joined)
	req.Name, req.URL = s[:len(p.name)], s[len(s)-len(p.url):]
}

// FindScheme returns where the first http:// or https:// begins and ends, in any case; -1 if there is none.
func FindScheme(line []byte) (at, after int) {
	for from := 0; ; {
		i := bytes.Index(line[from:], []byte("://"))
		if i < 0 {
			return -1, -1
		}
		i += from
		from = i + len("://")
		for _, scheme := range [...]string{"https", "http"} {
			if at := i - len(scheme); at >= 0 && equalASCIIFold(line[at:i], scheme) {
				return at, from
			}
		}
	}
}

// equalASCIIFold reports whether s equals the lower-case word, ignoring case. Letters outside ASCII never match.
func equalASCIIFold(s []byte, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i, c := range s {
		if lower(c) != word[i] {
			return false
		}
	}
	return true
}

// badName says what is wrong with a name; last is the byte just before the URL.
func badName(name []byte, last byte, url []byte) *LineError {
	closing := closingOf(last)
	switch {
	case isMethod(name):
		return BadLine("the name "+string(name)+" is an HTTP method; this looks like vegeta's format",
			"write the URL alone, and give the method with -X "+string(name)+"; or say --input-format vegeta").about(url)
	case closing != 0 && bytes.IndexByte(url, closing) >= 0:
		return BadLine("the URL is in quotes or brackets", "write it without them").about(url)
	case !utf8.Valid(name):
		return BadLine("the name is not UTF-8", "save the list as UTF-8").about(url)
	case hasControl(name):
		return BadLine("the name holds a control character", "remove it").about(url)
	}
	return nil
}

// closingOf returns the character that closes a quotation opened by c; 0 if c does not open one.
func closingOf(c byte) byte {
	const quotes = "\"\"''``<>()"
	if i := strings.IndexByte(quotes, c); i >= 0 && i%2 == 0 {
		return quotes[i+1]
	}
	return 0
}

func isMethod(word []byte) bool {
	switch string(word) {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT":
		return true
	}
	return false
}

// hasControl reports whether a name contains a control character other than a tab.
func hasControl(name []byte) bool {
	return bytes.IndexFunc(name, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) >= 0
}

// findTemplate returns where the URL of a line that may be a template begins; -1 if there is none. At is where
// http:// or https:// begins, or -1. A template may begin with an expression, like {+url} or {scheme}://HOST.
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
		at = 0 // invalid, but then the error has a hint
	}
	return at
}

// IsTemplate reports whether an argument begins with an expression.
func IsTemplate(arg string) bool { return arg != "" && findTemplate([]byte(arg), -1) == 0 }

// BadTemplate returns an error for what no template can contain.
func BadTemplate(raw []byte) *LineError {
	if raw[0] != '{' {
		at, after := FindScheme(raw)
		switch {
		case at < 0:
			return noScheme(raw)
		case at > 0:
			return BadLine("the URL does not begin with http:// or https://",
				"remove the text before it").about(raw)
		}
		return badURL(raw, after)
	}
	if i := bytes.IndexFunc(raw, func(r rune) bool { return r < 0x80 && isControl(byte(r)) }); i >= 0 {
		return BadLine("the URL holds a control character", "remove it").about(raw)
	}
	return nil
}
