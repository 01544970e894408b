package main

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/secret"
)

// flagSecrets tells what in a command line is secret: for reports, which show it, and for journals, which keep it.
type flagSecrets struct {
	rules *secret.Rules
	// variables are the names that stand in braces for values, so that these are not there literally.
	variables []string
	further   bool // of a further leg, on which a --set or a body is given only if it is secret
}

// masked is the value of a flag with its secrets masked, and reports whether it has any. Names of files and of variables
// that hold secrets are none.
func (s flagSecrets) masked(flag, value string) (text string, secret bool) {
	if isBodyFlag(flag) {
		return s.body(flag, value)
	}
	switch flag {
	case "user":
		return maskedUser(value), true
	case "header":
		return s.header(value)
	case "set":
		return s.set(value)
	case "proxy":
		return s.proxy(value)
	}
	return value, false
}

// source is a source with its secrets masked, and reports whether it has any.
func (s flagSecrets) source(text string) (masked string, isSecret bool) {
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "{") {
		return text, false // a file
	}
	return s.mask(text, func(text string) []secret.Span { return s.rules.URLSpans(text) })
}

// mask masks the spans of a text in which something stands literally. They are found with digits in the place of what
// stands for a value, so that it may stand where any value can: {"id": {id}}, http://h:{port}/.
func (s flagSecrets) mask(text string, find func(text string) []secret.Span) (masked string, isSecret bool) {
	marked, isValue := []byte(text), make([]bool, len(text))
	for _, at := range expressions.FindAllStringSubmatchIndex(text, -1) {
		for name := range strings.SplitSeq(text[at[2]:at[3]], ",") {
			name, _, _ = strings.Cut(strings.TrimSuffix(name, "*"), ":")
			if slices.ContainsFunc(s.variables, func(v string) bool { return v == name || strings.TrimSpace(v) == name }) {
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

// expressions finds what may stand for a value: {name}, {+name}, {name:3}, {?a,b*}.
var expressions = regexp.MustCompile(`\{[+#./;?&]?([^{}]+)\}`)

// maskedUser is NAME:PASSWORD without the password, or nothing of a name alone, which may be a key.
func maskedUser(value string) string {
	if name, password, ok := strings.Cut(value, ":"); ok && password != "" {
		return name + ":" + secret.Mask
	}
	return secret.Mask
}

// proxy masks a -x, whose scheme may be left out.
func (s flagSecrets) proxy(value string) (string, bool) {
	text := value
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	masked := s.rules.MaskURL(text)
	return masked[len(text)-len(value):], masked != text
}

// header masks a -H: a line, or @file.
func (s flagSecrets) header(line string) (string, bool) {
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
	masked, isSecret := s.mask(value, func(text string) []secret.Span { return s.rules.HeaderSpans(bare, text) })
	if !isSecret {
		return line, false
	}
	return name + ": " + masked, true
}

// body masks a value of what is sent: text, or a name of a file, which is no secret.
func (s flagSecrets) body(flag, value string) (string, bool) {
	text := asData(flag, value)
	if strings.HasPrefix(text, "@") {
		return value, false
	}
	if s.further {
		return secret.Mask, true
	}
	masked, isSecret := s.mask(text, func(text string) []secret.Span { return s.rules.BodySpans("", text) })
	if !isSecret {
		return value, false
	}
	return masked, true
}

// wholeBody reports whether something in what is sent is secret: in a value, or in all of them together.
func (s flagSecrets) wholeBody(body []flagValue) bool {
	var all strings.Builder
	for i, v := range body {
		if _, isSecret := s.body(v.name, v.value); isSecret {
			return true
		}
		if i > 0 && v.name != "json" {
			all.WriteByte('&')
		}
		if fileOfBody(v.name, v.value) == "" {
			all.WriteString(asData(v.name, v.value))
		}
	}
	_, isSecret := s.body("data-raw", all.String())
	return isSecret
}

// set masks a --set NAME=VALUES, or NAME=@file.
func (s flagSecrets) set(value string) (string, bool) {
	name, values, ok := strings.Cut(value, "=")
	switch {
	case !ok:
		return secret.Mask, true // which is an error
	case strings.HasPrefix(values, "@"):
		return value, false
	case s.further, s.rules.Column(strings.TrimSpace(name)):
		return name + "=" + secret.Mask, true
	}
	return value, false
}
