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

// text is a body, a header field or a name in which {column} stands for a value and everything else for itself.
type text []textPiece

// textPiece is literal text, or a variable if literal is empty.
type textPiece struct {
	literal  string
	variable int
}

// parseText finds the variables in s. Braces that hold something else are literal.
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
			t = append(t, textPiece{literal: s[from:i]})
		}
		t = append(t, textPiece{variable: index})
		i += n
		from = i
	}
	if from < len(s) {
		t = append(t, textPiece{literal: s[from:]})
	}
	return t
}

// variables are those of the text.
func (t text) variables() (all []int) {
	for _, p := range t {
		if p.literal == "" {
			all = append(all, p.variable)
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

// append fills in the values, each encoded alone, those of a list with commas between them.
func (t text) append(dst []byte, v *values, encode func([]byte, string) []byte) []byte {
	for _, p := range t {
		switch {
		case p.literal != "":
			dst = append(dst, p.literal...)
		case v.list != nil && p.variable == v.batch:
			for i, value := range v.list {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = encode(dst, value)
			}
		default:
			dst = encode(dst, v.row[p.variable].Value)
		}
	}
	return dst
}

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
func (t *template) fillHeader(req *fetcher.Request, v *values) *problem {
	if len(t.header) == 0 {
		return nil
	}
	header := req.Header.Clone()
	for _, h := range t.header {
		value := string(h.text.append(nil, v, appendRaw))
		if !httpguts.ValidHeaderFieldValue(value) || h.name == "Host" && !httpguts.ValidHostHeader(value) {
			what := "holds a line end or another character that may not stand in the header field " + format.Shortened(h.name)
			return &problem{what: what, variable: h.text.variables()[0]}
		}
		header[h.name][h.at] = value
	}
	req.Header = header
	return nil
}
