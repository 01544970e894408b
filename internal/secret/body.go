package secret

import (
	"bytes"
	"mime"
	"strings"

	"example.com/fetch/internal/jsonx"
)

// BodySpans finds the credentials in the content of a request: the values of the fields of a form, and of the top-level
// members of a JSON object. data is as for URLSpans. What is neither has none.
func (r *Rules) BodySpans(contentType, body string, data ...string) []Span {
	kind, params, _ := mime.ParseMediaType(contentType)
	const bom = "\ufeff"
	switch start := strings.TrimLeft(strings.TrimPrefix(body, bom), " \t\r\n"); {
	case strings.HasPrefix(start, "{"): // whatever its type: -d says form of everything
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

// MaskBody is a content with Mask in the place of each credential.
func (r *Rules) MaskBody(contentType, body string, data ...string) string {
	return MaskSpans(body, r.BodySpans(contentType, body, data...))
}

// members finds the values of credentials among the members of a JSON object. Of a string it is what stands between the
// quotes; null, true, false and what is empty are none. It ends where the text is no JSON.
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
