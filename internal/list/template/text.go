package template

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/web"
)

// expression is one of RFC 6570: {name}, {+path}, {?a,b*}, {name:3}. The expansion is our own: existing libraries
// encode non-ASCII characters by code point (ü as %FC), count prefixes in bytes, and drop NUL.
type expression struct {
	operator byte // 0: simple string expansion
	parts    []part
	inQuery  bool // it follows ? or #, or adds them
}

// part is one variable of an expression, with its modifier.
type part struct {
	variable int
	name     string // as it is sent by operators that send names
	prefix   int    // characters; 0: all
	explode  bool
}

// style is how an operator expands variables.
type style struct {
	first, separator string
	named            bool
	empty            string // text after the name of an empty value
	encode           encoder
}

func appendEncoded(dst []byte, value string) []byte { return web.AppendEncoded(dst, value, false) }

// appendReserved appends a value with reserved characters and escapes unchanged.
func appendReserved(dst []byte, value string) []byte { return web.AppendEncoded(dst, value, true) }

// styles are those of the operators (RFC 6570, appendix A); 0 means no operator.
var styles = map[byte]style{
	0:   {"", ",", false, "", appendEncoded},
	'+': {"", ",", false, "", appendReserved},
	'#': {"#", ",", false, "", appendReserved},
	'.': {".", ".", false, "", appendEncoded},
	'/': {"/", "/", false, "", appendEncoded},
	';': {";", ";", true, "", appendEncoded},
	'?': {"?", "&", true, "=", appendEncoded},
	'&': {"&", "&", true, "=", appendEncoded},
}

// parseExpression parses the expression at the beginning of text, and returns its length. Braces that contain the
// exact name of a variable stand for it, whatever characters the name has.
func parseExpression(text string, v *variables) (*expression, int, *format.LineError) {
	if text[0] == '}' {
		return nil, 0, format.BadLine("there is a } without a {", "write a brace itself as %7B or %7D")
	}
	if index, n, ok := v.find(text); ok {
		return &expression{parts: []part{{variable: index}}}, n, nil
	}
	end := strings.IndexByte(text, '}')
	if end < 0 {
		return nil, 0, format.BadLine("there is a { without a }", "write a brace itself as %7B or %7D")
	}
	content := text[1:end]
	if content == "" {
		return nil, 0, format.BadLine("there is nothing in the braces",
			"write a column into them; there are "+v.enumerate())
	}
	e := &expression{}
	list := content
	switch c := content[0]; {
	case styles[c].separator != "":
		e.operator, list = c, content[1:]
	case strings.IndexByte("=,!@|", c) >= 0:
		return nil, 0, format.BadLine(fmt.Sprintf("the operator %c in braces has no meaning yet (RFC 6570)", c),
			"write a brace itself as %7B or %7D")
	}
	for word := range strings.SplitSeq(list, ",") {
		p, bad := parsePart(word, v)
		if bad != nil {
			return nil, 0, bad
		}
		e.parts = append(e.parts, p)
	}
	return e, end + 1, nil
}

// parsePart parses a variable with its modifier.
func parsePart(word string, v *variables) (part, *format.LineError) {
	p := part{name: word}
	index, ok := v.lookup(word)
	if !ok {
		if name, isStar := strings.CutSuffix(word, "*"); isStar {
			p.name, p.explode = name, true
		} else if i := strings.LastIndexByte(word, ':'); i >= 0 {
			p.name = word[:i]
			if p.prefix, _ = strconv.Atoi(word[i+1:]); !prefixLength.MatchString(word[i+1:]) {
				return p, format.BadLine(fmt.Sprintf("{%s}: what follows the colon is not a number from 1 to 9999", inBraces(word)),
					"write {name:3} for the first three characters")
			}
		}
		if index, ok = v.lookup(p.name); !ok {
			return p, v.unknown(p.name)
		}
	}
	if p.prefix > 0 && index == v.batch {
		return p, format.BadLine(fmt.Sprintf("{%s} asks for a prefix of what --batch makes a list", inBraces(word)),
			"remove the colon and the number")
	}
	p.variable = index
	if !variableName.MatchString(p.name) {
		p.name = string(web.AppendEncoded(nil, p.name, false))
	}
	return p, nil
}

// prefixLength matches the length of a prefix (RFC 6570, section 2.4.1).
var prefixLength = regexp.MustCompile(`^[1-9][0-9]{0,3}$`)

// variableName matches a name that is valid by RFC 6570 (section 2.3), and is sent unchanged.
var variableName = regexp.MustCompile(`^[\w.]*$`)

// append appends the expansion (RFC 6570, section 3.2.1). Every variable is defined. If encode is nil, the operator
// decides.
func (e *expression) append(dst []byte, v *values, encode encoder) []byte {
	if e.operator == 0 && len(e.parts) == 1 && v.list == nil && encode == nil { // the most frequent case
		return web.AppendEncoded(dst, e.parts[0].valueIn(v), false)
	}
	s := styles[e.operator]
	if encode != nil {
		s.encode = encode
	}
	dst = append(dst, s.first...)
	for i, p := range e.parts {
		if i > 0 {
			dst = append(dst, s.separator...)
		}
		dst = p.append(dst, &s, v)
	}
	return dst
}

// valueIn returns the value of the part, if it is a single one.
func (p *part) valueIn(v *values) string {
	if v.whole {
		return v.row[p.variable].Value
	}
	return truncated(v.row[p.variable].Value, p.prefix)
}

func (p *part) append(dst []byte, s *style, v *values) []byte {
	if v.list == nil || p.variable != v.batch {
		return p.appendValue(dst, s, p.valueIn(v), s.named)
	}
	for i, one := range v.list {
		switch {
		case i > 0 && p.explode:
			dst = append(dst, s.separator...)
		case i > 0:
			dst = append(dst, ',')
		}
		dst = p.appendValue(dst, s, one, s.named && (i == 0 || p.explode))
	}
	return dst
}

// appendValue appends one value, preceded by its name if that is sent.
func (p *part) appendValue(dst []byte, s *style, value string, named bool) []byte {
	if named {
		dst = append(dst, p.name...)
		if value == "" {
			return append(dst, s.empty...)
		}
		dst = append(dst, '=')
	}
	return s.encode(dst, value)
}

// truncated returns the first characters of a value.
func truncated(value string, characters int) string {
	if characters == 0 || len(value) <= characters {
		return value
	}
	for i := range value {
		if characters == 0 {
			return value[:i]
		}
		characters--
	}
	return value
}

// text is a URL, a body, a header field or a name, which consists of expressions and literal text.
type text []piece

// piece is a part of a text: literal, or an expression.
type piece struct {
	literal    string
	expression *expression // nil: literal text
}

// parseText finds the variables in braces in s. Braces with other content are literal.
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

// variables returns the variables in the text.
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

// escape encodes the literal parts.
func (t text) escape(e payload.Escape) {
	for i := range t {
		t[i].literal = e.Encoded(t[i].literal)
	}
}

// append fills in the values, each encoded separately; by the rules of their expressions if encode is nil.
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

// appendJSON appends a value escaped for a JSON string (RFC 8259, section 7).
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

// headerTemplate is the value of a header field that contains variables.
type headerTemplate struct {
	name string
	at   int // index among the values of that name
	text text
}

// parseHeader finds the values that contain variables.
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

// fillHeader fills the values into a new header of the request.
func (t *template) fillHeader(req *fetcher.Request, v *values) *format.LineError {
	if len(t.header) == 0 {
		return nil
	}
	header := req.Header.Clone()
	for _, h := range t.header {
		value := string(h.text.append(nil, v, appendRaw))
		if !httpguts.ValidHeaderFieldValue(value) || h.name == "Host" && !httpguts.ValidHostHeader(value) {
			what := "contains a line end or another character that is not allowed in the header field " + format.Shortened(h.name)
			return t.variables.bad(h.text.variables()[0], what)
		}
		header[h.name][h.at] = value
	}
	req.Header = header
	return nil
}
