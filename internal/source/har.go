package source

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// maxHARRequest is the most bytes that one request of a HAR file may take, with its body.
const maxHARRequest = 16 << 20

// har is the decoder of HAR files, which browsers write: the requests of log.entries. Answers are passed over without
// being held.
type har struct {
	entry
	input  *input
	stream *jsonStream
	count  int64 // entries so far
	inside bool  // the list of entries is open
	done   error
}

func newHAR(in *input, e entry, r io.Reader) *har {
	return &har{entry: e, input: in, stream: newJSONStream(r)}
}

func (h *har) next() error {
	for h.done == nil {
		raw, err := h.request()
		if err != nil && err != errLongValue {
			h.done = h.failure(err)
			break
		}
		bad := &LineError{Problem: "the request is larger than 16 MiB", Hint: "take it out"}
		if err == nil {
			var found bool
			if found, bad = h.take(raw); !found && bad == nil {
				continue
			}
		}
		if bad == nil {
			return nil
		}
		bad.Input, bad.Entry = h.input.name, h.count
		return bad
	}
	return h.done
}

// request gives the next request as it stands in the file.
func (h *har) request() ([]byte, error) {
	if !h.inside {
		if err := h.enter(); err != nil {
			return nil, err
		}
		h.inside = true
	}
	more, err := h.stream.more(']', h.count == 0)
	if err != nil {
		return nil, err
	}
	if !more {
		return nil, h.leave()
	}
	h.count++
	if err := h.stream.expect('{'); err != nil {
		return nil, err
	}
	found, err := h.stream.find("request", true)
	if err != nil || !found {
		return nil, err
	}
	raw, err := h.stream.value(maxHARRequest)
	if err != nil && err != errLongValue {
		return nil, err
	}
	if err := h.stream.rest(false); err != nil {
		return nil, err
	}
	return raw, err
}

// errNoHAR says that a JSON document is something else.
var errNoHAR = errors.New("no log.entries")

// enter goes to the first entry.
func (h *har) enter() error {
	for _, key := range []string{"log", "entries"} {
		if err := h.stream.expect('{'); err != nil {
			return notHAR(err)
		}
		switch found, err := h.stream.find(key, true); {
		case err != nil:
			return err
		case !found:
			return errNoHAR
		}
	}
	return notHAR(h.stream.expect('['))
}

func notHAR(err error) error {
	if err == errNotJSON {
		return errNoHAR
	}
	return err
}

// leave reads what follows the entries, so that a file that was cut is seen, and gives io.EOF.
func (h *har) leave() error {
	for range 2 {
		if err := h.stream.rest(false); err != nil {
			return err
		}
	}
	return io.EOF
}

// failure is the error after which nothing more can be read.
func (h *har) failure(err error) error {
	e := &InputError{Input: h.input.name, Hint: "save the HAR file again", Err: err}
	switch err {
	case errNoHAR:
		e.Problem, e.Hint = "has no log.entries, as a HAR file has", "say --input-format jsonl if each line is a request"
	case errNotJSON:
		e.Problem = fmt.Sprintf("is no valid JSON after %d bytes", h.stream.offset)
	case io.ErrUnexpectedEOF:
		e.Problem = "ends too early"
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

// take makes an entry of a request, and says whether it is one that can be sent.
func (h *har) take(raw []byte) (bool, *LineError) {
	h.clear()
	var r harRequest
	if err := json.Unmarshal(raw, &r); err != nil || !utf8.Valid(raw) {
		return false, &LineError{Problem: "the request is not as a HAR file has it", Hint: "save the HAR file again"}
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
	if h.input.cookies && len(r.Cookies) > 0 && h.header["Cookie"] == nil {
		var pairs []string
		for _, c := range r.Cookies {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
		if bad := h.addHeader("Cookie", strings.Join(pairs, "; ")); bad != nil {
			return false, bad
		}
	}
	if r.PostData != nil {
		if bad := h.setPostData(r.PostData); bad != nil {
			return false, bad
		}
	}
	return true, nil
}

// isOfBrowser tells URLs of what a browser has without asking a server by HTTP: data:, blob:, wss: and the like.
func isOfBrowser(text string) bool {
	scheme, _, ok := strings.Cut(text, ":")
	if !ok || scheme == "" {
		return false
	}
	for i := range len(scheme) {
		if c := scheme[i]; !('a' <= c && c <= 'z' || i > 0 && strings.IndexByte("0123456789+-", c) >= 0) {
			return false
		}
	}
	return scheme != "http" && scheme != "https"
}

// leavesOut tells header fields that belong to the browser's connection, its cache or its cookies, not to the request.
func (h *har) leavesOut(name string) bool {
	switch name = strings.ToLower(name); name {
	case "host", "accept-encoding":
		return true
	case "cookie":
		return !h.input.cookies
	}
	return hasAnyPrefix([]byte(name), ":", "if-", "proxy-")
}

// setPostData takes the body of a request.
func (h *har) setPostData(body *harBody) *LineError {
	kind, _, err := mime.ParseMediaType(body.MimeType)
	switch {
	case body.Encoding == "base64":
		decoded, err := base64.StdEncoding.DecodeString(body.Text)
		if err != nil {
			return &LineError{Problem: "the body is not base64, as it is said to be", Hint: "save the HAR file again"}
		}
		h.body = &content{text: decoded}
	case body.Text != "":
		h.body = &content{text: []byte(body.Text)}
	case len(body.Params) == 0:
		return nil
	case kind == "application/x-www-form-urlencoded":
		var form []string
		for _, p := range body.Params {
			form = append(form, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
		}
		h.body = &content{text: []byte(strings.Join(form, "&"))}
	default:
		return &LineError{Problem: "the body is not in the file, only its parts", Hint: "save the HAR file with bodies, or take the request out"}
	}
	if err == nil && httpguts.ValidHeaderFieldValue(body.MimeType) && h.header["Content-Type"] == nil {
		return h.addHeader("Content-Type", body.MimeType)
	}
	return nil
}
