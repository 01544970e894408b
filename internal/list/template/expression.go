package template

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/web"
)

// expression is one of RFC 6570: {name}, {+path}, {?a,b*}, {name:3}. The expansion is our own: the libraries that there are
// encode what is not ASCII by its code points (ü as %FC), count prefixes in bytes, and drop NUL.
type expression struct {
	operator byte // 0: simple string expansion
	parts    []part
	inQuery  bool // it stands behind the ? or the #, or opens them
}

// part is one variable of an expression, with its modifier.
type part struct {
	variable int
	name     string // as it is sent where the operator sends names
	prefix   int    // characters; 0: all
	explode  bool
}

// style is how an operator expands.
type style struct {
	first, separator string
	named            bool
	empty            string // what follows the name of an empty value
	reserved         bool   // reserved characters and escapes are let through
}

// styles are those of the operators (RFC 6570, appendix A); 0 is none.
var styles = map[byte]style{
	0:   {separator: ","},
	'+': {separator: ",", reserved: true},
	'#': {first: "#", separator: ",", reserved: true},
	'.': {first: ".", separator: "."},
	'/': {first: "/", separator: "/"},
	';': {first: ";", separator: ";", named: true},
	'?': {first: "?", separator: "&", named: true, empty: "="},
	'&': {first: "&", separator: "&", named: true, empty: "="},
}

// parseExpression reads the expression that text begins with, and gives its length. A brace whose content equals a
// variable's name stands for it, whatever characters that has.
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

// parsePart reads a variable with its modifier.
func parsePart(word string, v *variables) (part, *format.LineError) {
	p := part{name: word}
	index, ok := v.lookup(word)
	if !ok {
		if name, isStar := strings.CutSuffix(word, "*"); isStar {
			p.name, p.explode = name, true
		} else if i := strings.LastIndexByte(word, ':'); i >= 0 {
			p.name, p.prefix = word[:i], prefixOf(word[i+1:])
			if p.prefix == 0 {
				return p, format.BadLine(fmt.Sprintf("{%s}: what follows the colon is not a number from 1 to 9999", inBraces(word)),
					"write {name:3} for the first three characters")
			}
		}
		if index, ok = v.lookup(p.name); !ok {
			return p, v.unknown(p.name)
		}
	}
	if p.prefix > 0 && index == v.batch {
		return p, format.BadLine(fmt.Sprintf("{%s} wants the beginning of what is a list with --batch", inBraces(word)),
			"take out the colon and the number")
	}
	p.variable = index
	if !variableName.MatchString(p.name) {
		p.name = string(web.AppendEncoded(nil, p.name, false))
	}
	return p, nil
}

// prefixOf reads the length of a prefix (RFC 6570, section 2.4.1); 0 if it is none.
func prefixOf(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n > 9999 || digits[0] < '1' {
		return 0
	}
	return n
}

// variableName is a name that RFC 6570 (section 2.3) knows, and so is sent as it stands.
var variableName = regexp.MustCompile(`^[\w.]*$`)

// append appends the expansion (RFC 6570, section 3.2.1). Every variable is defined.
func (e *expression) append(dst []byte, v *values) []byte {
	if e.operator == 0 && len(e.parts) == 1 && v.list == nil && (e.parts[0].prefix == 0 || v.whole) { // what most are
		return web.AppendEncoded(dst, v.row[e.parts[0].variable].Value, false)
	}
	s := styles[e.operator]
	dst = append(dst, s.first...)
	for i, p := range e.parts {
		if i > 0 {
			dst = append(dst, s.separator...)
		}
		dst = p.append(dst, &s, v)
	}
	return dst
}

// valueIn is what the part stands for, where it is one value.
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

// appendValue appends one value, behind its name if that is sent.
func (p *part) appendValue(dst []byte, s *style, value string, named bool) []byte {
	if named {
		dst = append(dst, p.name...)
		if value == "" {
			return append(dst, s.empty...)
		}
		dst = append(dst, '=')
	}
	return web.AppendEncoded(dst, value, s.reserved)
}

// truncated is the beginning of a value, in characters.
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
