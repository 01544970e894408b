package follow

import (
	"regexp"
	"slices"
	"strings"
)

// parameter is name=value, where the value may be missing, or quoted (RFC 9110, section 5.6.6), with what may not stand after
// it. A quoted value without an end goes to the end.
const parameter = `;[ \t]*([^=;,]*)(?:=[ \t]*(?:"((?:\\.|[^"])*)(?:"|$)|([^;,]*)))?[^;,]*`

var (
	links      = regexp.MustCompile(`(?s)^<([^>]*)>[^;,]*((?:` + parameter + `)*)`)
	parameters = regexp.MustCompile(`(?s)` + parameter)
	escapes    = regexp.MustCompile(`(?s)\\(.)`)
)

const blanks = " \t"

// nextLink finds the target of the first link whose relation is next, among the values of the Link fields of an answer
// (RFC 8288, section 3, read as leniently as its appendix B.3 does). Links that are about another page (anchor) are
// passed over. A target may be empty, which means the page itself.
func nextLink(fields []string) (target string, ok bool) {
	for _, field := range fields {
		for rest := field; rest != ""; {
			rest = strings.TrimLeft(rest, blanks+",")
			link := links.FindStringSubmatch(rest)
			switch {
			case link != nil && isNext(link[2]):
				return link[1], true
			case link != nil:
				rest = rest[len(link[0]):]
			case strings.HasPrefix(rest, "<"):
				rest = "" // it has no end
			default:
				_, rest, _ = strings.Cut(rest, ",")
			}
		}
	}
	return "", false
}

// isNext reports whether next is one of the relations of a link, which stand between blanks, and it has no anchor.
func isNext(text string) bool {
	var relations []string // of the first rel: a second one does not count
	for _, p := range parameters.FindAllStringSubmatch(text, -1) {
		name, value := strings.TrimRight(p[1], blanks), escapes.ReplaceAllString(p[2], "$1")+strings.TrimRight(p[3], blanks)
		if unquoted, ok := strings.CutPrefix(value, "'"); ok { // single quotes are none, but some take them for quotes
			value = strings.TrimSuffix(unquoted, "'")
		}
		switch {
		case strings.EqualFold(name, "rel") && relations == nil:
			relations = append(strings.Fields(strings.ToLower(value)), "")
		case strings.EqualFold(name, "anchor") && value != "":
			return false
		}
	}
	return slices.Contains(relations, "next")
}
