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

// entry is a request as described by a list, checked. Its setters return errors as a *LineError without the place,
// which contains no value of a header field, no body and no query. Its values are handed over to the request, not
// copied.
type entry struct {
	parser  Parser // of the URL; reused from one entry to the next
	url     string // as it is sent; a bad one as it is in the list
	name    string
	method  string           // empty: that of the template
	header  http.Header      // canonical names; nil: only those of the template
	body    *payload.Payload // nil: that of the template
	isJSON  bool             // the body is a JSON value, to be sent as such
	timeout time.Duration
	row     fetcher.Row

	headerSize int // of all names and values

	line    []byte // in the plain format: the parser holds name and URL
	shifted bool   // cells may be in the wrong columns
}

// clear prepares for the next entry. In the plain format only the line is kept, which the next one replaces.
func (e *entry) clear() {
	if e.line == nil {
		*e = entry{parser: e.parser}
	}
}

func (e *entry) current() *entry { return e }

// fill stores the entry in a request, which holds the template.
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

// onTop merges the fields of a list into those of the template, and replaces those with the same name. Neither is
// changed.
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

// setURL sets a URL that is not part of a line: a cell, a string, the text after a method.
func (e *entry) setURL(text []byte) error {
	if bad := e.parser.parseURL(text); bad != nil {
		e.url = string(bytes.TrimSpace(text))
		return bad
	}
	e.url = string(e.parser.url)
	return nil
}

// partial returns what has been read of a bad entry.
func (e *entry) partial() Partial {
	if e.line != nil {
		return partialOf(e.line)
	}
	return Partial{Method: e.method, Name: e.name, URL: e.url, Row: e.row, Shifted: e.shifted}
}

// setName sets the name of the request, by the rules for names in plain lists.
func (e *entry) setName(text string) error {
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text):
		return BadLine("the name is not UTF-8", "save the list as UTF-8")
	case hasControl([]byte(text)):
		return BadLine("the name holds a control character", "remove it")
	}
	e.name = text
	return nil
}

// setMethod sets the HTTP method, which is a token (RFC 9110, section 9.1). The usual ones may be in lower case.
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
		return BadLine("CONNECT requests a tunnel, not a response", "use another method")
	}
	e.method = text
	return nil
}

// addHeader adds one header field; a repeated one has several values. Fields that concern the connection or message
// framing are set by the transport, and are ignored.
func (e *entry) addHeader(name, value string) error {
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	name, ok := web.FieldName(name)
	if !ok {
		return BadLine("the name of a header field is invalid",
			"write header fields as Name: value, the name of letters, digits and hyphens")
	}
	if !utf8.ValidString(value) || !httpguts.ValidHeaderFieldValue(value) || name == "Host" && !httpguts.ValidHostHeader(value) {
		return BadLine("the value of header field "+Shortened(name)+" contains a character that is not allowed",
			"remove line ends and other control characters")
	}
	if isFraming(name) {
		return nil
	}
	if name == "Proxy-Authorization" {
		return BadLine("Proxy-Authorization would go to the server itself, and not to a proxy",
			"remove it, and write the proxy as -x http://NAME:PASSWORD@HOST:PORT")
	}
	if e.headerSize += len(name) + len(value); e.headerSize > maxLine {
		return BadLine("the header is larger than 1 MiB", "no server accepts that much")
	}
	if e.header == nil {
		e.header = http.Header{}
	}
	e.header[name] = append(e.header[name], value)
	return nil
}

// isFraming reports whether a header field concerns the transmission of a message rather than the request (RFC 9110,
// section 7.6.1; RFC 9112, section 6): the transport sets these.
func isFraming(name string) bool {
	switch name {
	case "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// setTimeout sets a timeout in Go's syntax, or a number of seconds. An empty text sets none.
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
		return BadLine("the timeout is not a positive time of at most a year",
			"write it like 2.5s, 500ms or 1m; a bare number means seconds")
	}
	e.timeout = d
	return nil
}

const maxTimeout = 365 * 24 * time.Hour

// setText sets a text as the body.
func (e *entry) setText(text string) error {
	return e.setContent(payload.Part{Text: text})
}

// setFile sets a file as the body, which must be a regular one, because it is read for each attempt.
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

// fillBody sets the body of a request, instead of the template's, and returns the header of the entry, perhaps with
// additions. A request with a body is a POST unless a method is given, as with -d.
func (e *entry) fillBody(req *fetcher.Request) http.Header {
	header := e.header
	if e.isJSON && header["Content-Type"] == nil && (req.Body != nil || req.Header["Content-Type"] == nil) {
		// The Content-Type of the template is kept if it was given explicitly.
		header = onTop(header, http.Header{"Content-Type": {"application/json"}})
	}
	e.body.Fill(req)
	if req.Body != nil && req.Method == "" {
		req.Method = http.MethodPost
	}
	return header
}

// origin returns the origin of a request to which an entry gives a header and a body.
func (e *entry) origin(tag any) any {
	base, ok := tag.(*secret.Origin)
	if !ok || e.body == nil && len(CredentialHeader(base.Rules, e.header)) == 0 {
		return tag
	}
	own := *base
	own.OwnBody, own.OwnHeader = e.body != nil, e.header
	return &own
}

// CredentialHeader returns the fields of a header that hold credentials.
func CredentialHeader(rules *secret.Rules, header http.Header) http.Header {
	own := maps.Clone(header)
	maps.DeleteFunc(own, func(name string, _ []string) bool { return !rules.Header(name) })
	return own
}
