package format

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// entry is what a list says of one request, checked. Its setters give what is wrong, without the place, as a *LineError;
// no value of a header field, no body and no query is in it. What it holds is handed over to the request, not copied.
type entry struct {
	parser  Parser // of the URL; kept from one entry to the next for its memory
	url     string // as it is sent; of a bad one, as it stands in the list
	name    string
	method  string           // empty: the template's
	header  http.Header      // names in their canonical form; nil: the template's alone
	body    *payload.Payload // nil: the template's
	isJSON  bool             // the body is a JSON value, to be sent as such
	timeout time.Duration
	row     fetcher.Row

	headerSize int // of all names and values

	line    []byte // of the plain format: the parser holds name and URL
	shifted bool   // cells may stand in other columns than their own
}

// clear makes room for the next entry. Of the plain format nothing is kept but the line, which the next one replaces.
func (e *entry) clear() {
	if e.line == nil {
		*e = entry{parser: e.parser}
	}
}

func (e *entry) current() *entry { return e }

// fill puts the entry into a request, which holds the template.
func (e *entry) fill(req *fetcher.Request) {
	if e.line != nil {
		e.parser.fill(req)
		return
	}
	req.URL, req.Name, req.Row = e.url, e.name, e.row
	if e.method != "" {
		req.Method = e.method
	}
	if e.timeout > 0 {
		req.Timeout = e.timeout
	}
	header := e.header
	if e.body != nil {
		header = e.fillBody(req)
	}
	req.Header = onTop(req.Header, header)
	req.Tag = e.origin(req.Tag)
}

// onTop gives the fields of a list together with the template's, of which those of the same name are left out. Neither
// is changed.
func onTop(template, list http.Header) http.Header {
	switch {
	case len(list) == 0:
		return template
	case len(template) == 0:
		return list
	}
	all := maps.Clone(template)
	maps.Copy(all, list)
	return all
}

// setURL takes a URL that stands alone: in a cell, a string, after a method.
func (e *entry) setURL(text []byte) error {
	if bad := e.parser.parseURL(text); bad != nil {
		e.url = string(bytes.TrimSpace(text))
		return bad
	}
	e.url = string(e.parser.url)
	return nil
}

// partial is what has been read of a bad entry.
func (e *entry) partial() Partial {
	if e.line != nil {
		return partialOf(e.line)
	}
	return Partial{Method: e.method, Name: e.name, URL: e.url, Row: e.row, Shifted: e.shifted}
}

// setName takes what the user calls the request, by the rules for names in plain lists.
func (e *entry) setName(text string) error {
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text):
		return BadLine("the name is not UTF-8", "save the list as UTF-8")
	case hasControl([]byte(text)):
		return BadLine("the name holds a control character", "take it out")
	}
	e.name = text
	return nil
}

// setMethod takes an HTTP method, which is a token (RFC 9110, section 9.1). The usual ones may be in small letters.
func (e *entry) setMethod(text string) error {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil
	case !httpguts.ValidHeaderFieldName(text):
		return BadLine("the method is not an HTTP method", "write a word like GET or POST")
	}
	if upper := strings.ToUpper(text); isMethod([]byte(upper)) {
		text = upper
	}
	if text == http.MethodConnect {
		return BadLine("CONNECT asks for a tunnel, not for an answer", "use another method")
	}
	e.method = text
	return nil
}

// addHeader takes one header field; one that comes twice has two values. Those that belong to a connection or to the
// framing of a message are the transport's, and are left out.
func (e *entry) addHeader(name, value string) error {
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	name, ok := web.FieldName(name)
	if !ok {
		return BadLine("what should be the name of a header field is none",
			"write header fields as Name: value, the name of letters, digits and hyphens")
	}
	if !utf8.ValidString(value) || !httpguts.ValidHeaderFieldValue(value) || name == "Host" && !httpguts.ValidHostHeader(value) {
		return BadLine("the value of header field "+Shortened(name)+" holds a character that may not stand there",
			"take out line ends and other control characters")
	}
	if isFraming(name) {
		return nil
	}
	if name == "Proxy-Authorization" {
		return BadLine("Proxy-Authorization would go to the server itself, and not to a proxy",
			"take it out, and write the proxy as -x http://NAME:PASSWORD@HOST:PORT")
	}
	if e.headerSize += len(name) + len(value); e.headerSize > maxLine {
		return BadLine("the header is larger than 1 MiB", "no server takes so much")
	}
	if e.header == nil {
		e.header = http.Header{}
	}
	e.header[name] = append(e.header[name], value)
	return nil
}

// isFraming tells the header fields that say how a message is carried, not what is asked (RFC 9110, section 7.6.1; RFC
// 9112, section 6): the transport writes its own.
func isFraming(name string) bool {
	switch name {
	case "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// setTimeout takes a duration in Go's syntax, or a number of seconds. Empty text is none.
func (e *entry) setTimeout(text string) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if n, notNumber := strconv.ParseFloat(text, 64); notNumber == nil {
		d, err = time.Duration(n*float64(time.Second)), nil
		if !(n < float64(maxTimeout/time.Second)) {
			d = maxTimeout + 1
		}
	}
	if err != nil || d <= 0 || d > maxTimeout {
		return BadLine("the timeout is not a time of more than nothing and at most a year",
			"write it like 2.5s, 500ms or 1m; a bare number means seconds")
	}
	e.timeout = d
	return nil
}

const maxTimeout = 365 * 24 * time.Hour

// setText takes a text as the body.
func (e *entry) setText(text string) error {
	return e.setContent(payload.Part{Text: text})
}

// setFile takes a file as the body, which must be a regular one: it is read again for each attempt.
func (e *entry) setFile(name string) error {
	if name == "" {
		return BadLine("no file is named for the body", BodyFileHint).about(nil)
	}
	return e.setContent(payload.Part{Path: name})
}

func (e *entry) setContent(part payload.Part) error {
	spec := payload.Spec{Parts: []payload.Part{part}}
	body, err := spec.Make()
	if err != nil {
		return BadLine(UnusableFile(err), BodyFileHint).about([]byte(part.Path))
	}
	e.body = body
	return nil
}

// fillBody puts the body into a request, in place of the template's, and gives the header of the entry, to which it may have
// added. A request with a body is a POST where nothing else is said, as with -d.
func (e *entry) fillBody(req *fetcher.Request) http.Header {
	header := e.header
	if e.isJSON && header["Content-Type"] == nil && (req.Body != nil || req.Header["Content-Type"] == nil) {
		// The template's type stays if it was given for such bodies, and not for that of the template.
		header = onTop(header, http.Header{"Content-Type": {"application/json"}})
	}
	e.body.Fill(req)
	if req.Body != nil && req.Method == "" {
		req.Method = http.MethodPost
	}
	return header
}

// origin is the origin of a request to which an entry gives a header and a body.
func (e *entry) origin(tag any) any {
	base, ok := tag.(*secret.Origin)
	if !ok || e.body == nil && len(CredentialHeader(base.Rules, e.header)) == 0 {
		return tag
	}
	own := *base
	own.OwnBody, own.OwnHeader = e.body != nil, e.header
	return &own
}

// CredentialHeader are the fields of a header that hold credentials.
func CredentialHeader(rules *secret.Rules, header http.Header) http.Header {
	own := maps.Clone(header)
	maps.DeleteFunc(own, func(name string, _ []string) bool { return !rules.Header(name) })
	return own
}
