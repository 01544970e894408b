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

// maxHARRequest is the most bytes that one request of a HAR file may take, with its body.
const maxHARRequest = 16 << 20

// har is the decoder of HAR files, which browsers write: the requests of log.entries. Answers are passed over without
// being held.
type har struct {
	entry
	stream  *jsonx.Stream
	count   int64 // entries so far
	inside  bool  // the list of entries is open
	cookies bool  // are sent
}

func (h *har) next() error {
	for {
		raw, err := h.request()
		switch {
		case err == jsonx.ErrLongValue:
			return BadLine("the request is larger than 16 MiB", "take it out")
		case err != nil:
			return h.failure(err)
		}
		if found, bad := h.take(raw); found || bad != nil {
			return bad
		}
	}
}

func (h *har) place(bad *LineError) { bad.Entry = h.count }

// errNoHAR says that a JSON document is something else.
var errNoHAR = errors.New("no log.entries")

// request gives the next request as it stands in the file; nil if an entry has none. The error is io.EOF at the end.
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

// find goes to the value of a key of the object that is open, or to its end if it has none such.
func (h *har) find(key string) bool {
	for h.stream.More() {
		if h.stream.Key() == key {
			return true
		}
		h.stream.Skip()
	}
	return false
}

// rest passes over what is left of the object that is open.
func (h *har) rest() {
	for h.stream.More() {
		h.stream.Key()
		h.stream.Skip()
	}
}

// leave reads what follows the entries, so that a file that was cut is seen, and gives io.EOF.
func (h *har) leave() error {
	h.rest()
	h.rest()
	return cmp.Or(h.stream.End(), io.EOF)
}

// failure is the error after which nothing more can be read.
func (h *har) failure(err error) error {
	e := &InputError{Hint: "save the HAR file again", Err: err}
	syntax, isSyntax := errors.AsType[*jsonx.Error](err)
	switch {
	case err == errNoHAR:
		e.Problem, e.Hint = "has no log.entries, as a HAR file has", "say --input-format jsonl if each line is a request"
	case errors.Is(err, jsonx.ErrEnd):
		e.Problem = "ends too early"
	case isSyntax:
		e.Problem = fmt.Sprintf("is no valid JSON after %d bytes", syntax.Offset)
	default:
		return err
	}
	return e
}

// harRequest is the part of a HAR request that is used (HAR 1.2).
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

// take makes an entry of a request, and reports whether it is one that can be sent.
func (h *har) take(raw []byte) (bool, error) {
	h.clear()
	var r harRequest
	if err := json.Unmarshal(raw, &r); err != nil || !utf8.Valid(raw) {
		return false, BadLine("the request is not as a HAR file has it", "save the HAR file again")
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

// isOfBrowser tells URLs of what a browser has without asking a server by HTTP: data:, blob:, wss: and the like.
func isOfBrowser(text string) bool {
	scheme, _, ok := strings.Cut(text, ":")
	return ok && schemeName.MatchString(scheme) && scheme != "http" && scheme != "https"
}

var schemeName = regexp.MustCompile(`^[a-z][a-z0-9+-]*$`)

// leavesOut tells header fields that belong to the browser's connection, its cache or its cookies, not to the request.
func (h *har) leavesOut(name string) bool {
	return browserField.MatchString(name) || !h.cookies && strings.EqualFold(name, "cookie")
}

var browserField = regexp.MustCompile(`(?i)^(host$|accept-encoding$|:|if-|proxy-)`)

// setPostData takes the body of a request.
func (h *har) setPostData(body *harBody) error {
	kind, _, err := mime.ParseMediaType(body.MimeType)
	switch {
	case body.Encoding == "base64":
		decoded, err := base64.StdEncoding.DecodeString(body.Text)
		if err != nil {
			return BadLine("the body is not base64, as it is said to be", "save the HAR file again")
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
			"save the HAR file with bodies, or take the request out")
	}
	if err == nil && httpguts.ValidHeaderFieldValue(body.MimeType) && h.header["Content-Type"] == nil {
		return h.addHeader("Content-Type", body.MimeType)
	}
	return nil
}
