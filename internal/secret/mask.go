package secret

import (
	"bytes"
	"mime"
	"net/url"
	"slices"
	"strings"

	"example.com/fetch/internal/jsonx"
)

// Span is the place of a secret in a text: text[From:To].
type Span struct {
	From, To int
	Begin    int       // start of its context: the name of its parameter, or the colon before a password
	Name     string    // of a parameter, decoded
	Kind     Parameter // of a parameter
}

// MaskSpans replaces spans, which are sorted and do not overlap, by Mask.
func MaskSpans(text string, spans []Span) string {
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	done := 0
	for _, at := range spans {
		b.WriteString(text[done:at.From])
		b.WriteString(Mask)
		done = at.To
	}
	b.WriteString(text[done:])
	return b.String()
}

// URLSpans finds the credentials in a URL: the password, and the values of parameters in path, query and
// fragment. Data names the ambiguous parameters that a column fills. It works on the text, and also accepts
// invalid URLs.
func (r *Rules) URLSpans(raw string, data ...string) []Span {
	if strings.IndexByte(raw, '@') < 0 && strings.IndexByte(raw, '=') < 0 {
		return nil
	}
	var spans []Span
	path := 0
	if i := strings.Index(raw, "://"); i >= 0 {
		start := i + len("://")
		path = start + authorityLen(raw[start:])
		// The password is between the first colon and the last @ (RFC 3986, section 3.2.1).
		at := start + strings.LastIndexByte(raw[start:path], '@')
		if colon := start + strings.IndexByte(raw[start:path], ':'); start <= colon && colon+1 < at {
			spans = append(spans, Span{From: colon + 1, To: at, Begin: colon})
		}
	}
	end, fragment := len(raw), len(raw)
	if i := strings.IndexByte(raw[path:], '#'); i >= 0 {
		end, fragment = path+i, path+i
	}
	if i := strings.IndexByte(raw[path:fragment], '?'); i >= 0 {
		end = path + i
	}
	for begin := path; begin < end && strings.IndexByte(raw[begin:end], ';') >= 0; { // path parameters follow the semicolons of a segment
		segment, _, _ := strings.Cut(raw[begin:end], "/")
		to := begin + len(segment)
		if i := strings.IndexByte(segment, ';'); i >= 0 {
			spans = r.pairs(spans, raw, begin+i+1, to, ";", data)
		}
		begin = to + 1
	}
	spans = r.pairs(spans, raw, end+1, fragment, "&", data)
	return r.pairs(spans, raw, fragment+1, len(raw), "&?", data)
}

// authorityLen returns the length of the authority at the beginning of a text. If a slash in a password was not
// encoded, an apparent port is invalid, and the authority extends to the last @.
func authorityLen(text string) int {
	end := strings.IndexAny(text, "/?#")
	if end < 0 {
		return len(text)
	}
	if _, port, ok := strings.Cut(text[:end], ":"); ok && strings.IndexByte(text[:end], '@') < 0 &&
		!strings.HasPrefix(text, "[") && strings.TrimLeft(port, "0123456789") != "" {
		if at := strings.LastIndexByte(text, '@'); at > end {
			if after := strings.IndexAny(text[at:], "/?#"); after >= 0 {
				return at + after
			}
			return len(text)
		}
	}
	return end
}

// pairs adds the values of the credentials among the name=value pairs of text[from:to], which are separated by
// the given separators.
func (r *Rules) pairs(spans []Span, text string, from, to int, separators string, data []string) []Span {
	for begin := from; begin < to; {
		end := to
		if n := strings.IndexAny(text[begin:to], separators); n >= 0 {
			end = begin + n
		}
		if equals := strings.IndexByte(text[begin:end], '='); equals >= 0 && begin+equals+1 < end {
			if name, kind := r.literal(text[begin:begin+equals], data); kind != Data {
				spans = append(spans, Span{begin + equals + 1, end, begin, name, kind})
			}
		}
		begin = end + 1
	}
	return spans
}

// literal decodes a name in a URL or a form, and returns what it says about its value.
func (r *Rules) literal(name string, data []string) (string, Parameter) {
	if strings.ContainsAny(name, "%+") {
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
	}
	kind := r.Parameter(name)
	if kind == IfLiteral && slices.ContainsFunc(data, func(d string) bool { return strings.EqualFold(d, name) }) {
		return name, Data
	}
	return name, kind
}

// MaskURL returns a URL with each credential masked.
func (r *Rules) MaskURL(raw string, data ...string) string {
	return MaskSpans(raw, r.URLSpans(raw, data...))
}

// StripURL returns a URL without its credentials: without the password, and without the parameters that contain
// one.
func (r *Rules) StripURL(raw string, data ...string) string {
	spans := r.URLSpans(raw, data...)
	for i := len(spans) - 1; i >= 0; i-- {
		from, to := spans[i].Begin, spans[i].To
		if from > 0 && to < len(raw) && strings.IndexByte("?#", raw[from-1]) >= 0 && raw[to] == '&' {
			to++ // the next parameter becomes the first one
		} else if from > 0 && strings.IndexByte("?&;#", raw[from-1]) >= 0 {
			from--
		}
		raw = raw[:from] + raw[to:]
	}
	return raw
}

// HeaderSpans finds the credentials in the value of a header field: an Authorization after its scheme, the value
// of each cookie, and otherwise the whole value.
func (r *Rules) HeaderSpans(name, value string) []Span {
	if value == "" || !r.isListed(name) {
		return nil
	}
	switch lower := strings.ToLower(name); lower {
	case "authorization", "proxy-authorization":
		if i := strings.IndexByte(value, ' '); i >= 0 {
			from := len(value) - len(strings.TrimLeft(value[i:], " "))
			if from == len(value) {
				return nil
			}
			return []Span{{From: from, To: len(value)}}
		}
	case "cookie", "set-cookie":
		return cookieSpans(value, lower == "set-cookie")
	}
	return []Span{{To: len(value)}}
}

// cookieSpans finds the values of cookies (RFC 6265, section 4). In Set-Cookie the first pair is the cookie, and
// the others are its attributes.
func cookieSpans(value string, one bool) []Span {
	var spans []Span
	for from := 0; from < len(value); {
		cookie, _, _ := strings.Cut(value[from:], ";")
		end := from + len(cookie)
		begin := from + strings.IndexByte(cookie, '=') + 1 // from: a cookie without a name
		begin = end - len(strings.TrimLeft(value[begin:end], " "))
		to := end
		if to-begin > 2 && value[begin] == '"' && value[to-1] == '"' {
			begin, to = begin+1, to-1
		}
		if begin < to {
			spans = append(spans, Span{From: begin, To: to})
		}
		if one {
			break
		}
		from = end + 1
	}
	return spans
}

// MaskHeader returns the value of a header field with each credential masked.
func (r *Rules) MaskHeader(name, value string) string {
	return MaskSpans(value, r.HeaderSpans(name, value))
}

// BodySpans finds the credentials in the content of a request: the values of the fields of a form, and of the
// top-level members of a JSON object. Data is as for URLSpans. Other content has none.
func (r *Rules) BodySpans(contentType, body string, data ...string) []Span {
	kind, params, _ := mime.ParseMediaType(contentType)
	const bom = "\ufeff"
	switch start := strings.TrimLeft(strings.TrimPrefix(body, bom), " \t\r\n"); {
	case strings.HasPrefix(start, "{"): // whatever its type, because -d sets that of a form by default
		if strings.HasPrefix(body, bom) {
			body = strings.Repeat(" ", len(bom)) + body[len(bom):]
		}
		return r.members(body, data)
	case kind == "application/x-www-form-urlencoded", kind == "":
		return r.pairs(nil, body, 0, len(body), "&", data)
	case kind == "multipart/form-data":
		return r.parts(body, params["boundary"], data)
	}
	return nil
}

// MaskBody returns a content with each credential masked.
func (r *Rules) MaskBody(contentType, body string, data ...string) string {
	return MaskSpans(body, r.BodySpans(contentType, body, data...))
}

// members finds the values of credentials among the members of a JSON object. For a string it is the text between
// the quotes; null, true, false and empty values are ignored. It stops at invalid JSON.
func (r *Rules) members(text string, data []string) []Span {
	var spans []Span
	reader := jsonx.NewReader([]byte(text))
	for name := range reader.Object() {
		key, kind := r.literal(string(name), data)
		value := reader.Value()
		if reader.Err() != nil {
			break
		}
		if kind == Data || bytes.IndexByte([]byte("ntf"), value[0]) >= 0 {
			continue
		}
		to := reader.Offset()
		at := Span{From: to - len(value), To: to, Begin: to - len(value), Name: key, Kind: kind}
		if value[0] == '"' {
			at.From, at.To = at.From+1, at.To-1
		}
		if at.From < at.To {
			spans = append(spans, at)
		}
	}
	return spans
}

// parts finds the values of credentials among the fields of a multipart form (RFC 7578).
func (r *Rules) parts(text, boundary string, data []string) []Span {
	var spans []Span
	delimiter := "--" + boundary
	for from := strings.Index(text, delimiter); from >= 0; {
		from += len(delimiter)
		size := strings.Index(text[from:], "\r\n"+delimiter)
		if size < 0 {
			break
		}
		to := from + size
		head, content, _ := strings.Cut(text[from:to], "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			field, value, _ := strings.Cut(line, ":")
			_, params, err := mime.ParseMediaType(value)
			if content == "" || err != nil || !strings.EqualFold(strings.TrimSpace(field), "Content-Disposition") {
				continue
			}
			if name, kind := r.literal(params["name"], data); kind != Data {
				spans = append(spans, Span{to - len(content), to, to - len(content), name, kind})
			}
		}
		from = to + len("\r\n")
	}
	return spans
}
