package follow

import "strings"

// nextLink finds the target of the first link whose relation is next, among the values of the Link fields of an answer
// (RFC 8288, section 3, read as leniently as its appendix B.3 does). Links that are about another page (anchor) are
// passed over. A target may be empty, which means the page itself.
func nextLink(fields []string) (target string, ok bool) {
	for _, field := range fields {
		for rest := field; rest != ""; {
			var l link
			if l, rest, ok = parseLink(rest); ok && l.isNext() {
				return l.target, true
			}
		}
	}
	return "", false
}

// link is one link of a field.
type link struct {
	target, relations   string
	hasRelations, about bool // about: it has an anchor, and so is about another page
}

// isNext reports whether next is one of the relations, which stand between blanks.
func (l link) isNext() bool {
	if l.about {
		return false
	}
	for relation := range strings.FieldsSeq(l.relations) {
		if strings.EqualFold(relation, "next") {
			return true
		}
	}
	return false
}

const blanks = " \t"

// parseLink reads the first link of a field, and gives what comes after it. It is not ok if there is none before the next
// comma.
func parseLink(field string) (l link, rest string, ok bool) {
	field = strings.TrimLeft(field, blanks+",")
	inner, isLink := strings.CutPrefix(field, "<")
	if !isLink {
		_, rest, _ = strings.Cut(field, ",")
		return l, rest, false
	}
	l.target, rest, ok = strings.Cut(inner, ">")
	if !ok {
		return l, "", false
	}
	for {
		rest = strings.TrimLeft(rest, blanks)
		if rest == "" || rest[0] == ',' {
			return l, rest, true
		}
		if rest[0] != ';' { // nothing may stand here: pass over it
			end := strings.IndexAny(rest, ";,")
			if end < 0 {
				end = len(rest)
			}
			rest = rest[end:]
			continue
		}
		var name, value string
		name, value, rest = parseParameter(rest[1:])
		switch {
		case strings.EqualFold(name, "rel") && !l.hasRelations: // a second one does not count
			l.relations, l.hasRelations = value, true
		case strings.EqualFold(name, "anchor") && value != "":
			l.about = true
		}
	}
}

// parseParameter reads name=value, where the value may be missing, or quoted.
func parseParameter(text string) (name, value, rest string) {
	text = strings.TrimLeft(text, blanks)
	end := strings.IndexAny(text, "=;,")
	if end < 0 {
		return strings.TrimRight(text, blanks), "", ""
	}
	name, rest = strings.TrimRight(text[:end], blanks), text[end:]
	if rest[0] != '=' {
		return name, "", rest
	}
	rest = strings.TrimLeft(rest[1:], blanks)
	if !strings.HasPrefix(rest, `"`) {
		if end = strings.IndexAny(rest, ";,"); end < 0 {
			end = len(rest)
		}
		return name, strings.TrimRight(rest[:end], blanks), rest[end:]
	}
	value, rest = unquote(rest[1:])
	return name, value, rest
}

// unquote reads a quoted string after its first quote (RFC 9110, section 5.6.4). One without an end goes to the end.
func unquote(text string) (value, rest string) {
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return plain.String(), text[i+1:]
		case c == '\\' && i+1 < len(text):
			i++
			plain.WriteByte(text[i])
		default:
			plain.WriteByte(c)
		}
	}
	return plain.String(), ""
}
