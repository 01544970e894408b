package template

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
)

// text is a URL, a body, a header field or a name, in which expressions stand for values and everything else for itself.
type text []piece

// piece is a part of a text: literal, or an expression.
type piece struct {
	literal    string
	expression *expression // nil: literal text
}

// parseText finds the variables in braces in s. Braces that hold something else are literal.
func parseText(s string, v *variables) (t text) {
	from := 0
	for i := 0; i < len(s); {
		open := strings.IndexByte(s[i:], '{')
		if open < 0 {
			break
		}
		i += open
		index, n, ok := v.find(s[i:])
		if !ok {
			i++
			continue
		}
		if i > from {
			t = append(t, piece{literal: s[from:i]})
		}
		t = append(t, piece{expression: &expression{parts: []part{{variable: index}}}})
		i += n
		from = i
	}
	if from < len(s) {
		t = append(t, piece{literal: s[from:]})
	}
	return t
}

// variables are those of the text.
func (t text) variables() (all []int) {
	for _, p := range t {
		if p.expression != nil {
			for _, part := range p.expression.parts {
				all = append(all, part.variable)
			}
		}
	}
	return all
}

// escape encodes what is literal.
func (t text) escape(e payload.Escape) {
	for i := range t {
		t[i].literal = e.Encoded(t[i].literal)
	}
}

// append fills in the values, each encoded alone; as their expressions say if encode is nil.
func (t text) append(dst []byte, v *values, encode encoder) []byte {
	for _, p := range t {
		if p.expression != nil {
			dst = p.expression.append(dst, v, encode)
		} else {
			dst = append(dst, p.literal...)
		}
	}
	return dst
}

// encoder appends a value in the encoding of its place.
type encoder func(dst []byte, value string) []byte

func appendRaw(dst []byte, value string) []byte { return append(dst, value...) }

func appendForm(dst []byte, value string) []byte { return append(dst, url.QueryEscape(value)...) }

// appendJSON appends a value as it stands between the quotes of a JSON string (RFC 8259, section 7).
func appendJSON(dst []byte, value string) []byte {
	for i := range len(value) {
		switch c := value[i]; {
		case c == '"', c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// headerTemplate is the value of a header field that holds variables.
type headerTemplate struct {
	name string
	at   int // which of the values of that name
	text text
}

// parseHeader finds the values in which there are variables.
func parseHeader(header http.Header, t *template) []headerTemplate {
	var found []headerTemplate
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for i, value := range header[name] {
			parsed := parseText(value, t.variables)
			if t.use(parsed.variables()...) {
				found = append(found, headerTemplate{name: name, at: i, text: parsed})
			}
		}
	}
	return found
}

// fillHeader puts the values into a header of the request's own.
func (t *template) fillHeader(req *fetcher.Request, v *values) *format.LineError {
	if len(t.header) == 0 {
		return nil
	}
	header := req.Header.Clone()
	for _, h := range t.header {
		value := string(h.text.append(nil, v, appendRaw))
		if !httpguts.ValidHeaderFieldValue(value) || h.name == "Host" && !httpguts.ValidHostHeader(value) {
			what := "holds a line end or another character that may not stand in the header field " + format.Shortened(h.name)
			return t.variables.bad(h.text.variables()[0], what)
		}
		header[h.name][h.at] = value
	}
	req.Header = header
	return nil
}
