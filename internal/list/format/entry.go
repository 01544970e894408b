package format

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// entry is what a list says of one request, checked. Its setters give what is wrong, without the place, as a *LineError;
// no value of a header field, no body and no query is in it. What it holds is handed over to the request, not copied.
type entry struct {
	parser  Parser // of the URL; kept from one entry to the next for its memory
	url     string // as it is sent; of a bad one, as it stands in the list
	name    string
	method  string      // empty: the template's
	header  http.Header // names in their canonical form; nil: the template's alone
	body    *content    // nil: the template's
	timeout time.Duration
	row     fetcher.Row

	headerSize int // of all names and values
}

// clear makes room for the next entry.
func (e *entry) clear() { *e = entry{parser: e.parser} }

// Fill puts the entry into a request, which holds the template.
func (e *entry) Fill(req *fetcher.Request) {
	req.URL, req.Name, req.Row = e.url, e.name, e.row
	if e.method != "" {
		req.Method = e.method
	}
	if e.timeout > 0 {
		req.Timeout = e.timeout
	}
	header := e.header
	if e.body != nil {
		header = e.body.fill(req, header)
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
func (e *entry) setURL(text []byte) *LineError {
	bad := e.parser.parseURL(text)
	if e.url = string(e.parser.url); bad != nil {
		e.url = string(bytes.TrimSpace(text))
	}
	return bad
}

// partial is what has been read of a bad entry.
func (e *entry) partial() Partial {
	return Partial{Method: e.method, Name: e.name, URL: e.url, Row: e.row}
}

// setName takes what the user calls the request, by the rules for names in plain lists.
func (e *entry) setName(text string) *LineError {
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text):
		return &LineError{Problem: "the name is not UTF-8", Hint: "save the list as UTF-8"}
	case hasControl([]byte(text)):
		return &LineError{Problem: "the name holds a control character", Hint: "take it out"}
	}
	e.name = text
	return nil
}

// setMethod takes an HTTP method, which is a token (RFC 9110, section 9.1). The usual ones may be in small letters.
func (e *entry) setMethod(text string) *LineError {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil
	case !httpguts.ValidHeaderFieldName(text):
		return &LineError{Problem: "the method is not an HTTP method", Hint: "write a word like GET or POST"}
	}
	if upper := strings.ToUpper(text); isMethod([]byte(upper)) {
		text = upper
	}
	if text == http.MethodConnect {
		return &LineError{Problem: "CONNECT asks for a tunnel, not for an answer", Hint: "use another method"}
	}
	e.method = text
	return nil
}

// addHeader takes one header field; one that comes twice has two values. Those that belong to a connection or to the
// framing of a message are the transport's, and are left out.
func (e *entry) addHeader(name, value string) *LineError {
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	name, ok := web.FieldName(name)
	if !ok {
		return &LineError{
			Problem: "what should be the name of a header field is none",
			Hint:    "write header fields as Name: value, the name of letters, digits and hyphens",
		}
	}
	if !utf8.ValidString(value) || !httpguts.ValidHeaderFieldValue(value) || name == "Host" && !httpguts.ValidHostHeader(value) {
		return &LineError{
			Problem: "the value of header field " + Shortened(name) + " holds a character that may not stand there",
			Hint:    "take out line ends and other control characters",
		}
	}
	if isFraming(name) {
		return nil
	}
	if name == "Proxy-Authorization" {
		return &LineError{
			Problem: "Proxy-Authorization would go to the server itself, and not to a proxy",
			Hint:    "take it out, and write the proxy as -x http://NAME:PASSWORD@HOST:PORT",
		}
	}
	if e.headerSize += len(name) + len(value); e.headerSize > maxLine {
		return &LineError{Problem: "the header is larger than 1 MiB", Hint: "no server takes so much"}
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
func (e *entry) setTimeout(text string) *LineError {
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
		return &LineError{
			Problem: "the timeout is not a time of more than nothing and at most a year",
			Hint:    "write it like 2.5s, 500ms or 1m; a bare number means seconds",
		}
	}
	e.timeout = d
	return nil
}

const maxTimeout = 365 * 24 * time.Hour

// Shortened is a word of the list for a message.
func Shortened(word string) string {
	if r := []rune(word); len(r) > maxText {
		word = string(r[:maxText]) + "…"
	}
	return Plain(word)
}

// nearestOf is a hint: which of the words was probably meant, or all of them.
func nearestOf(word string, words []string) string {
	if best := nearest.To(word, words); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "known are " + strings.Join(words, ", ")
}

// origin is the origin of a request to which an entry gives a header and a body.
func (e *entry) origin(tag any) any {
	base, ok := tag.(*secret.Origin)
	if !ok || e.body == nil && !e.hasCredential(base.Rules) {
		return tag
	}
	own := *base
	own.OwnBody, own.OwnHeader = e.body != nil, e.header
	return &own
}

func (e *entry) hasCredential(rules *secret.Rules) bool {
	for name := range e.header {
		if rules.Header(name) {
			return true
		}
	}
	return false
}
