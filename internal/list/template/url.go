package template

import (
	"bytes"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
)

// checkPlaces finds out where scheme, host and port are, and whether what stands literally in the template can be sent.
func (t *template) checkPlaces(raw []byte) *format.LineError {
	first := t.url[0]
	rest := t.url
	var sample []byte
	switch {
	case first.expression == nil:
		_, after := format.FindScheme(raw)
		bad := t.checkAuthority(after)
		if bad != nil {
			return bad
		}
		if !t.settled {
			sample, rest = []byte("http://h"), t.behindAuthority(after)
		}
	case len(rest) > 1 && strings.HasPrefix(rest[1].literal, "://"):
		t.scheme = true
		sample, rest = []byte("http"), rest[1:]
		if bad := (&template{url: rest}).checkAuthority(len("://")); bad != nil {
			return bad
		}
	case first.expression.operator != '+':
		return format.BadLine("the URL does not begin with http:// or https://",
			"write {+url} for a column that holds whole URLs")
	default:
		sample, rest = []byte("http://h"), rest[1:]
		if bad := (&template{url: t.url}).checkAuthority(0); bad != nil {
			return bad
		}
		if len(rest) > 0 && rest[0].expression == nil && strings.IndexByte("/?#", rest[0].literal[0]) < 0 {
			sample = append(sample, '/')
		}
	}
	return t.checkSample(sample, rest)
}

// checkAuthority looks for expressions in the place of the host, which begins in the first piece.
func (t *template) checkAuthority(after int) *format.LineError {
	literal := t.url[0].literal[min(after, len(t.url[0].literal)):]
	if strings.ContainsAny(literal, "/?#") {
		t.settled = true
		return nil
	}
	for i, p := range t.url[1:] {
		switch {
		case p.expression == nil && i > 0:
			host, _, _ := cutAny(p.literal, "/?#")
			if strings.IndexByte(host, '@') >= 0 {
				return format.BadLine("a user name or password is taken from a row", "give them with -u or --netrc")
			}
			if len(host) < len(p.literal) {
				return nil
			}
		case p.expression != nil && strings.IndexByte("/?#", p.expression.operator) >= 0:
			t.settled = i == 0
			return nil
		}
	}
	t.settled = len(t.url) == 1
	return nil
}

// behindAuthority gives the pieces that follow the place of the host.
func (t *template) behindAuthority(after int) []piece {
	for i, p := range t.url {
		switch {
		case p.expression != nil && strings.IndexByte("/?#", p.expression.operator) >= 0:
			return t.url[i:]
		case p.expression != nil:
			continue
		}
		literal := p.literal
		if i == 0 {
			literal = literal[after:]
		}
		if host, _, found := cutAny(literal, "/?#"); found {
			return append([]piece{{literal: literal[len(host):]}}, t.url[i+1:]...)
		}
	}
	return nil
}

// cutAny divides s before the first of the bytes.
func cutAny(s, any string) (before, after string, found bool) {
	if i := strings.IndexAny(s, any); i >= 0 {
		return s[:i], s[i:], true
	}
	return s, "", false
}

// checkSample fills harmless values in, so that what is wrong with the template is not found wrong with every row.
func (t *template) checkSample(sample []byte, pieces []piece) *format.LineError {
	v := &values{row: make(fetcher.Row, len(t.variables.names))}
	for i := range v.row {
		v.row[i].Value = "1"
	}
	for _, p := range pieces {
		if p.expression != nil {
			sample = p.expression.append(sample, v)
		} else {
			sample = append(sample, p.literal...)
		}
	}
	_, bad := new(format.Parser).Normalize(sample)
	return bad
}

// expander makes the URLs of one sequence of requests, in memory that it uses again.
type expander struct {
	parser format.Parser
	buffer []byte
}

// maxURL bounds what a batch can make of a URL.
const maxURL = 1 << 20

// url fills in a template, and puts the URL into the form in which it can be sent. It is valid until the next call. With a
// problem, it is what came out all the same.
func (x *expander) url(t *template, v *values) ([]byte, *problem) {
	dst := x.buffer[:0]
	place := places{open: !t.settled}
	dotted := -1
	var first *problem
	found := func(what string, variable int) {
		if first == nil {
			first = &problem{what: what, variable: variable}
		}
	}
	if v.list != nil && v.list[0] == "" { // which is a batch of its own
		found("is empty, and the batch needs it", v.batch)
	}
	for _, p := range t.url {
		from := len(dst)
		if p.expression == nil {
			dst = append(dst, p.literal...)
			place.literal(dst, from)
			continue
		}
		dst = p.expression.append(dst, v)
		for _, part := range p.expression.parts {
			value := v.row[part.variable].Value
			switch {
			case p.expression.inQuery:
			case value == "":
				found("is empty, and the URL needs it before its query", part.variable)
			case p.expression.operator != '+' && (value == "." || value == ".."):
				dotted = part.variable
			}
		}
		if t.scheme && from == 0 && !isScheme(dst) {
			found("is neither http nor https", p.expression.parts[0].variable)
		}
		if place.open {
			if what := place.expanded(dst, from, p.expression.operator); what != "" {
				found(what, p.expression.parts[0].variable)
			}
		}
	}
	x.buffer = dst
	switch {
	case len(dst) > maxURL:
		return nil, &problem{what: "the URL gets longer than 1 MiB", hint: "take fewer rows into a batch", variable: -1}
	case first != nil:
		return dst, first
	case place.open && place.host == 0:
		return dst, &problem{what: "holds no URL with http:// or https://", variable: t.order[0]}
	case dotted >= 0 && hasDotSegment(dst):
		return dst, &problem{
			what: "is . or .., which would be taken for a step to another folder", hint: "such a name can be sent in a query", variable: dotted,
		}
	}
	url, bad := x.parser.Normalize(dst)
	if bad != nil {
		return dst, &problem{what: "the URL cannot be sent: " + bad.Problem, hint: bad.Hint, variable: -1}
	}
	return url, nil
}

func isScheme(s []byte) bool {
	scheme := strings.ToLower(string(s))
	return scheme == "http" || scheme == "https"
}

// hasDotSegment reports whether a part of the path is . or .. (RFC 3986, section 5.2.4).
func hasDotSegment(u []byte) bool {
	_, after := format.FindScheme(u)
	path := u[max(after, 0):]
	if i := bytes.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	for segment := range bytes.SplitSeq(path, []byte("/")) {
		if s := string(segment); s == "." || s == ".." {
			return true
		}
	}
	return false
}

// places follows scheme and host while a URL is put together, in which they are not settled: no value may have a part in
// them but where the template has its expression, and none may bring a user name.
type places struct {
	open bool // the host is not complete
	host int  // where it begins, behind ://; 0: the scheme is not complete
}

// literal takes notice of what was appended from the template.
func (p *places) literal(dst []byte, from int) {
	if !p.open {
		return
	}
	if p.host == 0 {
		at, after := format.FindScheme(dst)
		if at != 0 {
			return
		}
		p.host = after
	}
	p.open = !bytes.ContainsAny(dst[max(from, p.host):], "/?#")
}

// expanded says what is wrong with an expansion in the place of scheme or host; empty if nothing is.
func (p *places) expanded(dst []byte, from int, operator byte) string {
	if p.host == 0 {
		p.literal(dst, from)
		if p.host == 0 {
			return ""
		}
		if host, _, _ := cutAny(string(dst[p.host:]), "/?#"); strings.ContainsAny(host, `@\`) {
			return "brings a user name or password"
		}
		return ""
	}
	text := dst[from:]
	if len(text) == 0 {
		return ""
	}
	ends := strings.IndexByte("/?#", text[0]) >= 0
	before := dst[from-1]
	switch {
	case ends && from > p.host && before != '@':
		p.open = false
	case bytes.ContainsAny(text, `/?#@\`):
		return "holds what cannot stand in a host name"
	case operator == '+' && before != '/' && before != '@' && strings.IndexByte(".:[", before) < 0:
		return "does not begin with /, and stands just behind the host"
	}
	return ""
}
