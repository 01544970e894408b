package template

import (
	"bytes"
	"regexp"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
)

// checkPlaces locates scheme, host and port, and checks the literal parts of the template with harmless values, so
// that an error of the template is not reported for every row.
func (t *template) checkPlaces(raw []byte) *format.LineError {
	first, url := t.url[0].expression, t.url
	after, sample := 0, []byte("http://h")
	switch {
	case first == nil:
		_, after = format.FindScheme(raw)
	case len(url) > 1 && strings.HasPrefix(url[1].literal, "://"):
		t.scheme, url = true, url[1:]
		after, sample = len("://"), []byte("http")
	case first.operator != '+':
		return format.BadLine("the URL does not begin with http:// or https://", "write {+url} for a column that holds whole URLs")
	case len(url) > 1 && url[1].expression == nil && strings.IndexByte(hostEnds, url[1].literal[0]) < 0:
		sample = append(sample, '/')
	}
	rest, settled, bad := behindAuthority(url, after)
	switch {
	case bad != nil:
		return bad
	case t.scheme:
		rest = url
	case first != nil:
		rest = url[1:]
	case settled:
		t.settled, rest, sample = true, url, nil
	}
	v := &values{row: make(fetcher.Row, len(t.variables.names))}
	for i := range v.row {
		v.row[i].Value = "1"
	}
	_, bad = new(format.Parser).Normalize(rest.append(sample, v, nil))
	return bad
}

// hostEnds are the characters that end the host.
const hostEnds = "/?#"

// behindAuthority returns the pieces after the host, which begins in the first piece. Settled reports whether the
// host contains no expression.
func behindAuthority(url text, after int) (rest text, settled bool, _ *format.LineError) {
	for i, p := range url {
		if p.expression != nil {
			if i > 0 && strings.IndexByte(hostEnds, p.expression.operator) >= 0 {
				return url[i:], i == 1, nil
			}
			continue
		}
		literal := p.literal
		if i == 0 {
			literal = literal[min(after, len(literal)):]
		}
		host := beforeAny(literal, hostEnds)
		switch {
		case i > 1 && strings.IndexByte(host, '@') >= 0:
			return nil, false, format.BadLine("a user name or password is taken from a row", "give them with -u or --netrc")
		case i != 1 && len(host) < len(literal):
			return append(text{{literal: literal[len(host):]}}, url[i+1:]...), i == 0, nil
		}
	}
	return nil, len(url) == 1, nil
}

// beforeAny returns the part of s before the first of bytes.
func beforeAny(s, bytes string) string {
	if i := strings.IndexAny(s, bytes); i >= 0 {
		return s[:i]
	}
	return s
}

// maxURL limits the length of the URL of a batch.
const maxURL = 1 << 20

// url fills in a template, and normalizes the URL for sending. It is valid until the next call. With an error, it
// returns the invalid URL.
func (m *maker) url(t *template, v *values) ([]byte, *format.LineError) {
	dst := m.buffer[:0]
	place := places{open: !t.settled}
	dotted := -1
	var first *format.LineError
	found := func(what string, variable int) {
		if first == nil {
			first = t.variables.bad(variable, what)
		}
	}
	if v.list != nil && v.list[0] == "" { // an empty value is a batch of its own
		found("is empty, and the batch needs it", v.batch)
	}
	for _, p := range t.url {
		from := len(dst)
		if p.expression == nil {
			dst = append(dst, p.literal...)
			place.literal(dst, from)
			continue
		}
		dst = p.expression.append(dst, v, nil)
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
		if t.scheme && from == 0 && !strings.EqualFold(string(dst), "http") && !strings.EqualFold(string(dst), "https") {
			found("is neither http nor https", p.expression.parts[0].variable)
		}
		if place.open {
			if what := place.expanded(dst, from, p.expression.operator); what != "" {
				found(what, p.expression.parts[0].variable)
			}
		}
	}
	m.buffer = dst
	switch {
	case len(dst) > maxURL:
		return nil, format.BadLine("the URL gets longer than 1 MiB", "take fewer rows into a batch")
	case first != nil:
		return dst, first
	case place.open && place.host == 0:
		return dst, t.variables.bad(t.order[0], "contains no URL with http:// or https://")
	case dotted >= 0 && dotSegment.Match(dst):
		first = t.variables.bad(dotted, "is . or .., which would change the folder")
		first.Hint = "such a name can be sent in a query"
		return dst, first
	}
	url, bad := m.parser.Normalize(dst)
	if bad != nil {
		return dst, format.BadLine("the URL cannot be sent: "+bad.Problem, bad.Hint)
	}
	return url, nil
}

// dotSegment matches a URL whose path has a segment . or .. (RFC 3986, section 5.2.4).
var dotSegment = regexp.MustCompile(`^[^?#]*/\.\.?([/?#]|$)`)

// places tracks scheme and host while a URL is put together, if they are not literal: a value may only affect them
// where the template has its expression, and may not add a user name.
type places struct {
	open bool // the host is incomplete
	host int  // where it begins, after ://; 0: the scheme is incomplete
}

// literal processes what was appended from the template.
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
	p.open = !bytes.ContainsAny(dst[max(from, p.host):], hostEnds)
}

// expanded says what is wrong with an expansion in the scheme or host; empty if nothing is.
func (p *places) expanded(dst []byte, from int, operator byte) string {
	if p.host == 0 {
		p.literal(dst, from)
		if p.host == 0 {
			return ""
		}
		if strings.ContainsAny(beforeAny(string(dst[p.host:]), hostEnds), `@\`) {
			return "brings a user name or password"
		}
		return ""
	}
	text := dst[from:]
	if len(text) == 0 {
		return ""
	}
	ends := strings.IndexByte(hostEnds, text[0]) >= 0
	before := dst[from-1]
	switch {
	case ends && from > p.host && before != '@':
		p.open = false
	case bytes.ContainsAny(text, `/?#@\`):
		return "contains characters that are not allowed in a host name"
	case operator == '+' && before != '/' && before != '@' && strings.IndexByte(".:[", before) < 0:
		return "does not begin with /, and directly follows the host"
	}
	return ""
}
