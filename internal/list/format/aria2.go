package format

import (
	"bytes"
	"io"
	"strings"
)

// aria2 is the decoder of input files of aria2, the download tool: a line of URIs, separated by tabs, from any of which
// the same file can be had, and below it, indented, options of the form name=value. Of the URIs the first that is http or
// https is taken. Lines that begin with # are comments.
type aria2 struct {
	entry
	input       string
	reader      lineReader
	pending     []byte // the URIs of the next entry, if they have been read already
	pendingLine int64
	failed      bool // options are passed over, up to the next URIs
}

func (a *aria2) Next() error {
	a.clear()
	bad, err := a.begin()
	if err != nil {
		return err
	}
	line := a.pendingLine
	for bad == nil {
		text, err := a.reader.next()
		switch {
		case err == io.EOF:
			return nil
		case err == errLongLine:
			bad, line = longLine("put each URL on a line of its own"), a.reader.line
		case err != nil:
			return err
		case isNothing(text):
		case isIndented(text):
			bad, line = a.option(bytes.TrimSpace(text)), a.reader.line
		default:
			a.pending, a.pendingLine = bytes.Clone(text), a.reader.line
			return nil
		}
	}
	a.failed = true
	bad.Input, bad.Line, bad.Partial = a.input, line, a.partial()
	return bad
}

// begin takes the line of an entry's URIs.
func (a *aria2) begin() (*LineError, error) {
	for a.pending == nil {
		text, err := a.reader.next()
		a.pendingLine = a.reader.line
		switch {
		case err == errLongLine:
			return longLine("put each URL on a line of its own"), nil
		case err != nil:
			return nil, err
		case isNothing(text), isIndented(text) && a.failed:
		case isIndented(text):
			return &LineError{Problem: "an option stands before the first URL", Hint: "write it below the URL that it is for"}, nil
		default:
			a.pending = text
		}
	}
	text := a.pending
	a.pending, a.failed = nil, false
	for uri := range bytes.SplitSeq(text, []byte("\t")) {
		if at, _ := FindScheme(bytes.TrimSpace(uri)); at == 0 {
			return a.setURL(uri), nil
		}
	}
	return noScheme(bytes.TrimSpace(text)), nil
}

// isNothing tells blank lines and comments.
func isNothing(line []byte) bool {
	return len(bytes.TrimSpace(line)) == 0 || line[0] == '#'
}

// option takes one option of an entry.
func (a *aria2) option(text []byte) *LineError {
	name, value, ok := strings.Cut(string(text), "=")
	name = strings.TrimSpace(name)
	if !ok {
		return &LineError{Problem: "an option without =", Hint: "write it as name=value"}
	}
	effect, known := optionEffects[name]
	switch {
	case !known:
		return unknownOption(name)
	case effect == passedOver, effect == refusedIfTrue && value == "false":
		return nil
	case name == "out":
		return a.setName(value)
	case name == "header":
		field, content, ok := strings.Cut(value, ":")
		if !ok {
			return &LineError{Problem: "the header has no colon", Hint: "write header=Name: value"}
		}
		return a.addHeader(field, content)
	case name == "user-agent":
		return a.addHeader("User-Agent", value)
	case name == "referer" && value != "*":
		return a.addHeader("Referer", value)
	case name == "http-no-cache":
		if value != "true" {
			return nil
		}
		a.addHeader("Cache-Control", "no-cache")
		return a.addHeader("Pragma", "no-cache")
	}
	return &LineError{
		Problem: "the option " + name + " changes what is fetched, and is not carried out", Hint: "take it out, " + insteadOf(name),
	}
}

// unknownOption is the error of an option that is none. It is named if it looks like one.
func unknownOption(name string) *LineError {
	for i := range len(name) {
		if c := name[i]; c != '-' && !('a' <= c && c <= 'z') {
			name = ""
			break
		}
	}
	if len(name) == 0 || len(name) > maxText {
		name = "what stands before ="
	}
	return &LineError{Problem: name + " is no option of aria2's input files", Hint: "take the line out, or write it as aria2 does"}
}

// insteadOf says what to use in place of an option that is refused.
func insteadOf(name string) string {
	switch {
	case strings.HasSuffix(name, "user"), strings.HasSuffix(name, "passwd"):
		return "and use -u or --netrc"
	case strings.HasSuffix(name, "proxy"):
		return "and use -x"
	case name == "referer":
		return "or write the URL itself"
	case name == "parameterized-uri":
		return "and use --set"
	}
	return "or do without it"
}
