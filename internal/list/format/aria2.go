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
	lineEntry
	failed bool // options are passed over, up to the next URIs
}

func (a *aria2) next() error {
	err := a.begin()
	for err == nil {
		var text []byte
		switch text, err = a.read(lineEach); {
		case err == io.EOF:
			return nil
		case err != nil, isNothing(text):
		case isIndented(text):
			err = a.option(bytes.TrimSpace(text))
		default:
			a.reader.Unread()
			return nil
		}
	}
	a.failed = true
	return err
}

// begin takes the line of an entry's URIs.
func (a *aria2) begin() error {
	for {
		text, err := a.read(lineEach)
		switch {
		case err != nil:
			return err
		case isNothing(text), isIndented(text) && a.failed:
		case isIndented(text):
			return BadLine("an option stands before the first URL", "write it below the URL that it is for")
		default:
			a.failed = false
			return a.setURIs(text)
		}
	}
}

// setURIs takes the first of the URIs that can be fetched.
func (a *aria2) setURIs(text []byte) error {
	for uri := range bytes.SplitSeq(text, []byte("\t")) {
		if at, _ := FindScheme(bytes.TrimSpace(uri)); at == 0 {
			return a.setURL(uri)
		}
	}
	return noScheme(bytes.TrimSpace(text))
}

// isNothing tells blank lines and comments.
func isNothing(line []byte) bool {
	return len(bytes.TrimSpace(line)) == 0 || line[0] == '#'
}

// option takes one option of an entry.
func (a *aria2) option(text []byte) error {
	name, value, ok := strings.Cut(string(text), "=")
	name = strings.TrimSpace(name)
	if !ok {
		return BadLine("an option without =", "write it as name=value")
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
			return BadLine("the header has no colon", "write header=Name: value")
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
	return BadLine("the option "+name+" changes what is fetched, and is not carried out",
		"take it out, "+insteadOf(name))
}

// unknownOption is the error of an option that is none. It is named if it looks like one.
func unknownOption(name string) *LineError {
	if name == "" || len(name) > maxText || strings.Trim(name, letters+"-") != "" {
		name = "what stands before ="
	}
	return BadLine(name+" is no option of aria2's input files", "take the line out, or write it as aria2 does")
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
