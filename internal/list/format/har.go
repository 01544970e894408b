package format

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/jsonx"
)

// maxHARRequest is the maximum size of one request of a HAR file, with its body.
const maxHARRequest = 16 << 20

// har is the decoder of HAR files, which browsers write: the requests of log.entries. Responses are skipped without
// holding them in memory.
type har struct {
	entry
	stream  *jsonx.Stream
	count   int64 // entries so far
	inside  bool  // inside the list of entries
	cookies bool  // are sent
}

func (h *har) next() error {
	for {
		raw, err := h.request()
		switch {
		case err == jsonx.ErrLongValue:
			return BadLine("the request is larger than 16 MiB", "remove it")
		case err != nil:
			return h.failure(err)
		}
		if found, bad := h.take(raw); found || bad != nil {
			return bad
		}
	}
}

func (h *har) place(bad *LineError) { bad.Entry = h.count }

// errNoHAR says that a JSON document is not a HAR file.
var errNoHAR = errors.New("no log.entries")

// request returns the next request as it is in the file; nil if an entry has none. The error is io.EOF at the end.
func (h *har) request() (raw []byte, err error) {
	if !h.inside {
		if h.inside = h.enter('{') && h.find("log") && h.enter('{') && h.find("entries") && h.enter('['); !h.inside {
			return nil, cmp.Or(h.stream.Err(), errNoHAR)
		}
	}
	if !h.stream.More() {
		return nil, h.leave()
	}
	h.count++
	h.stream.Open('{')
	if h.find("request") {
		raw, err = h.stream.Value(maxHARRequest)
		raw = bytes.Clone(raw)
		h.rest()
	}
	return raw, cmp.Or(h.stream.Err(), err)
}

// enter opens an object or a list, if that comes next.
func (h *har) enter(bracket jsonx.Kind) bool {
	switch h.stream.Kind() {
	case bracket, jsonx.Nothing:
		return h.stream.Open(bracket)
	}
	return false
}

// find moves to the value of a key of the open object, or to its end if it has no such key.
func (h *har) find(key string) bool {
	for h.stream.More() {
		if h.stream.Key() == key {
			return true
		}
		h.stream.Skip()
	}
	return false
}

// rest skips the remainder of the open object.
func (h *har) rest() {
	for h.stream.More() {
		h.stream.Key()
		h.stream.Skip()
	}
}

// leave reads what follows the entries, to detect a truncated file, and returns io.EOF.
func (h *har) leave() error {
	h.rest()
	h.rest()
	return cmp.Or(h.stream.End(), io.EOF)
}

// failure returns the error after which nothing more can be read.
func (h *har) failure(err error) error {
	e := &InputError{Hint: "save the HAR file again", Err: err}
	syntax, isSyntax := errors.AsType[*jsonx.Error](err)
	switch {
	case err == errNoHAR:
		e.Problem, e.Hint = "has no log.entries, as a HAR file has", "say --input-format jsonl if each line is a request"
	case errors.Is(err, jsonx.ErrEnd):
		e.Problem = "ends too early"
	case isSyntax:
		e.Problem = fmt.Sprintf("is not valid JSON after %d bytes", syntax.Offset)
	default:
		return err
	}
	return e
}

// harRequest is the relevant part of a HAR request (HAR 1.2).
type harRequest struct {
	Method   string
	URL      string
	Headers  []harPair
	Cookies  []harPair
	PostData *harBody
}

type harPair struct{ Name, Value string }

type harBody struct {
	MimeType, Text string
	Params         []harPair
	Encoding       string // not in HAR 1.2; some write base64
}

// take converts a request into an entry, and reports whether it can be sent.
func (h *har) take(raw []byte) (bool, error) {
	h.clear()
	var r harRequest
	if err := json.Unmarshal(raw, &r); err != nil || !utf8.Valid(raw) {
		return false, BadLine("the request does not have the form of a HAR file", "save the HAR file again")
	}
	if isOfBrowser(r.URL) {
		return false, nil
	}
	if bad := h.setMethod(r.Method); bad != nil {
		return false, bad
	}
	if bad := h.setURL([]byte(r.URL)); bad != nil {
		return false, bad
	}
	for _, f := range r.Headers {
		if h.leavesOut(f.Name) {
			continue
		}
		if bad := h.addHeader(f.Name, f.Value); bad != nil {
			return false, bad
		}
	}
	if h.cookies && len(r.Cookies) > 0 && h.header["Cookie"] == nil {
		var pairs []string
		for _, c := range r.Cookies {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
		if bad := h.addHeader("Cookie", strings.Join(pairs, "; ")); bad != nil {
			return false, bad
		}
	}
	if r.PostData == nil {
		return true, nil
	}
	return true, h.setPostData(r.PostData)
}

// isOfBrowser reports whether a URL does not stand for an HTTP request: data:, blob:, wss: and the like.
func isOfBrowser(text string) bool {
	scheme, _, ok := strings.Cut(text, ":")
	return ok && schemeName.MatchString(scheme) && scheme != "http" && scheme != "https"
}

var schemeName = regexp.MustCompile(`^[a-z][a-z0-9+-]*$`)

// leavesOut reports whether a header field belongs to the browser's connection, cache or cookies, not to the request.
func (h *har) leavesOut(name string) bool {
	return browserField.MatchString(name) || !h.cookies && strings.EqualFold(name, "cookie")
}

var browserField = regexp.MustCompile(`(?i)^(host$|accept-encoding$|:|if-|proxy-)`)

// setPostData sets the body of a request.
func (h *har) setPostData(body *harBody) error {
	kind, _, err := mime.ParseMediaType(body.MimeType)
	switch {
	case body.Encoding == "base64":
		decoded, err := base64.StdEncoding.DecodeString(body.Text)
		if err != nil {
			return BadLine("the body is not base64, although the file says so", "save the HAR file again")
		}
		h.setText(string(decoded))
	case body.Text != "":
		h.setText(body.Text)
	case len(body.Params) == 0:
		return nil
	case kind == "application/x-www-form-urlencoded":
		var form []string
		for _, p := range body.Params {
			form = append(form, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
		}
		h.setText(strings.Join(form, "&"))
	default:
		return BadLine("the body is not in the file, only its parts",
			"save the HAR file with bodies, or remove the request")
	}
	if err == nil && httpguts.ValidHeaderFieldValue(body.MimeType) && h.header["Content-Type"] == nil {
		return h.addHeader("Content-Type", body.MimeType)
	}
	return nil
}
