package format

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// maxText is how many characters of a line an error shows.
const maxText = 80

// Masked is what an error may show of a line: not what stands before the @ of what may be a URL, since a password may hold
// anything, nor a query or a fragment, nor the value of what looks like a setting or a header field.
func Masked(text []byte) string { return strconv.Quote(excerpt(text)) }

func excerpt(text []byte) string {
	s := string(text)
	head := ""
	if at, after := FindScheme(text); at == 0 {
		head, s = s[:after], s[after:]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 && (head != "" || strings.IndexByte(s[:i], ':') >= 0) {
		s = "***" + s[i:]
	}
	end := strings.IndexAny(s, "?#=")
	if i := strings.Index(s, ": "); i >= 0 && (end < 0 || i < end) {
		end = i
	}
	if end >= 0 {
		s = s[:end+1] + "…"
	}
	return cut(head + s)
}

// cut is as much of a text as an error shows.
func cut(text string) string {
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return text
}

// Shortened is a word of the list for a message.
func Shortened(word string) string { return Plain(cut(word)) }

// noScheme says what to write in place of a line without http:// or https://.
func noScheme(line []byte) *LineError {
	e := BadLine("there is no http:// or https://", "write one URL on each line, with the scheme").about(line)
	words := bytes.Fields(line)
	last := words[len(words)-1]
	scheme, _, other := bytes.Cut(last, []byte("://"))
	switch {
	case other:
		e.Problem = "the scheme is neither http:// nor https://"
		e.Hint = "only these can be fetched"
		if len(scheme) > 2 && len(scheme) < 8 && lower(scheme[0]) == 'h' {
			e.Hint = "write http:// or https://"
		}
	case equalASCIIFold(last[:min(len(last), 5)], "http:"), equalASCIIFold(last[:min(len(last), 6)], "https:"):
		e.Problem, e.Hint = "two slashes do not follow the scheme", "write http:// or https://"
	case isMethod(words[0]):
		e.Problem = "this looks like a raw HTTP request"
		e.Hint = "write the whole URL alone, and give the method with -X " + string(words[0])
	case isOption(line):
		return optionLine(line)
	case words[0][len(words[0])-1] == ':' && len(words) > 1:
		e.Problem, e.Hint = "this looks like a header field, not a URL", "give header fields with -H"
	case looksLikeHost(string(last)):
		e.Hint = "write " + withScheme(last)
	}
	return e
}

// optionLine is the error of a line that is an option of aria2. Its value may be a credential.
func optionLine(line []byte) *LineError {
	name, _, _ := bytes.Cut(line, []byte("="))
	return &LineError{
		Text: strconv.Quote(string(name) + "=…"), Problem: "this looks like an option of aria2's format", Hint: "say --input-format aria2",
	}
}

// withScheme is what to write for a URL without its scheme, as far as it may be shown.
func withScheme(text []byte) string {
	shown := strconv.Quote("https://" + strings.TrimPrefix(excerpt(text), "//"))
	return shown[1 : len(shown)-1]
}

// looksLikeHost reports whether text may well be a URL without its scheme: it begins with a host name, and is not just the
// name of a file that a list may have.
func looksLikeHost(text string) bool {
	text = strings.TrimPrefix(text, "//")
	text = text[strings.LastIndexByte(text, '@')+1:]
	host := text
	if end := strings.IndexAny(text, "/:?#"); end >= 0 {
		host = text[:end]
	}
	return host == "localhost" || hostName.MatchString(host) && (len(host) < len(text) || !fileName.MatchString(host))
}

// hostName is a name with a dot in it, of what a host may have, or is not ASCII.
var hostName = regexp.MustCompile(`^[0-9A-Za-z._\-\x{80}-\x{10FFFF}]+\.[0-9A-Za-z_\-\x{80}-\x{10FFFF}]+$`)

// fileName is the name of a file that a list may have.
var fileName = regexp.MustCompile(`(?i)\.(txt|csv|tsv|json|jsonl|ndjson|har|list|lst|urls|log|md|html|xml|yaml|yml|conf|gz|zip|zst|xz)$`)
