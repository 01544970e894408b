package spec

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/secret"
)

// Secrets tells what in a command line is secret: for reports, which show it, and for journals, which keep it.
type Secrets struct {
	Rules *secret.Rules
	// Variables are the names that stand in braces for values, so that these are not there literally.
	Variables []string
	Further   bool // of a further leg, on which a --set or a body is given only if it is secret
}

// masked is the value of a flag with its secrets masked, and reports whether it has any. Names of files and of variables
// that hold secrets are none.
func (s Secrets) masked(flag, value string) (text string, isSecret bool) {
	switch {
	case isBodyFlag(flag):
		return s.body(flag, value)
	case flag == "user": // without the password, or nothing of a name alone, which may be a key
		if name, password, ok := strings.Cut(value, ":"); ok && password != "" {
			return name + ":" + secret.Mask, true
		}
		return secret.Mask, true
	case flag == "header":
		return s.header(value)
	case flag == "set":
		return s.set(value)
	case flag == "proxy":
		return s.proxy(value)
	}
	return value, false
}

// source is a source with its secrets masked, and reports whether it has any.
func (s Secrets) source(text string) (masked string, isSecret bool) {
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "{") {
		return text, false // a file
	}
	return s.mask(text, func(text string) []secret.Span { return s.Rules.URLSpans(text) })
}

// mask masks the spans of a text in which something stands literally. They are found with digits in the place of what
// stands for a value, so that it may stand where any value can: {"id": {id}}, http://h:{port}/.
func (s Secrets) mask(text string, find func(text string) []secret.Span) (masked string, isSecret bool) {
	marked, isValue := []byte(text), make([]bool, len(text))
	for _, at := range Expressions.FindAllStringSubmatchIndex(text, -1) {
		for name := range strings.SplitSeq(text[at[2]:at[3]], ",") {
			name, _, _ = strings.Cut(strings.TrimSuffix(name, "*"), ":")
			if slices.ContainsFunc(s.Variables, func(v string) bool { return v == name || strings.TrimSpace(v) == name }) {
				for i := at[0]; i < at[1]; i++ {
					marked[i], isValue[i] = digit, true
				}
			}
		}
	}
	spans := slices.DeleteFunc(find(string(marked)), func(at secret.Span) bool {
		values, literal := false, false
		for i := at.From; i < at.To; i++ {
			values = values || isValue[i]
			literal = literal || !isValue[i] && text[i] != ' '
		}
		return !literal || values && at.Kind == secret.IfLiteral
	})
	return secret.MaskSpans(text, spans), len(spans) > 0
}

// digit stands in the place of each byte of an expression.
const digit = '9'

// Expressions finds what may stand for a value: {name}, {+name}, {name:3}, {?a,b*}.
var Expressions = regexp.MustCompile(`\{[+#./;?&]?([^{}]+)\}`)

// proxy masks a -x, whose scheme may be left out.
func (s Secrets) proxy(value string) (string, bool) {
	text := value
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	masked := s.Rules.MaskURL(text)
	return masked[len(text)-len(value):], masked != text
}

// header masks a -H: a line, or @file.
func (s Secrets) header(line string) (string, bool) {
	if strings.HasPrefix(line, "@") {
		return line, false
	}
	name, value, ok := strings.Cut(line, ":")
	bare := strings.TrimSpace(strings.TrimSuffix(name, ";"))
	if !httpguts.ValidHeaderFieldName(bare) {
		return secret.Mask, true // which is an error, whatever it was meant to be
	}
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		return line, false
	}
	masked, isSecret := s.mask(value, func(text string) []secret.Span { return s.Rules.HeaderSpans(bare, text) })
	if !isSecret {
		return line, false
	}
	return name + ": " + masked, true
}

// body masks a value of what is sent: text, or a name of a file, which is no secret.
func (s Secrets) body(flag, value string) (string, bool) {
	text := asData(flag, value)
	if strings.HasPrefix(text, "@") {
		return value, false
	}
	if s.Further {
		return secret.Mask, true
	}
	masked, isSecret := s.mask(text, func(text string) []secret.Span { return s.Rules.BodySpans("", text) })
	if !isSecret {
		return value, false
	}
	return masked, true
}

// wholeBody reports whether something in what is sent is secret: in a value, or in all of them together.
func (s Secrets) wholeBody(body []Flag) bool {
	var all strings.Builder
	for i, v := range body {
		if _, isSecret := s.body(v.Name, v.Value); isSecret {
			return true
		}
		if i > 0 && v.Name != "json" {
			all.WriteByte('&')
		}
		if fileOfBody(v.Name, v.Value) == "" {
			all.WriteString(asData(v.Name, v.Value))
		}
	}
	_, isSecret := s.body("data-raw", all.String())
	return isSecret
}

// set masks a --set NAME=VALUES, or NAME=@file.
func (s Secrets) set(value string) (string, bool) {
	name, values, ok := strings.Cut(value, "=")
	switch {
	case !ok:
		return secret.Mask, true // which is an error
	case strings.HasPrefix(values, "@"):
		return value, false
	case s.Further, s.Rules.Column(strings.TrimSpace(name)):
		return name + "=" + secret.Mask, true
	}
	return value, false
}
