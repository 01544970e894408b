package secret

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
)

// Origin says where the parts of a request come from, as far as it decides what in it is secret. Whoever makes requests
// from a list puts one into Request.Tag; many requests may share one. A request without one is taken for one that brings
// all that it has by itself.
type Origin struct {
	Rules *Rules

	// URL and Body are those of the request with Mask in the place of each secret that a template has put in; empty: none
	// was. Values are these secrets.
	URL, Body string
	Values    []string
	// Data and BodyData name the ambiguous parameters (key, token, sig, code) of the URL and of the content that a column
	// fills, so that they hold data.
	Data, BodyData []string

	// OwnURL and OwnBody say that URL and content are the entry's own, not the whole list's, and OwnHeader are the
	// header fields that it brings. Credentials in them tell requests apart.
	OwnURL, OwnBody bool
	OwnHeader       http.Header
	// CommonHeader are the header fields that the entry brings, and whose credentials all entries have that bring any.
	CommonHeader http.Header

	// Led says that a server has led to the URL, as to a further page, so that copies of Values may stand in it.
	Led bool
}

var unknown = &Origin{OwnURL: true, OwnBody: true}

// OriginOf is the origin of a request. It is never nil, and not to be changed.
func OriginOf(req *fetcher.Request) *Origin {
	if o, ok := req.Tag.(*Origin); ok && o != nil {
		return o
	}
	return unknown
}

// Page is the origin of a request that a response to from has led to.
func Page(from *fetcher.Request) *Origin {
	o := OriginOf(from)
	if o.Led { // what a page itself names, such as a cursor, is not the user's
		return o
	}
	values := Of(from).Secrets()
	slices.Sort(values)
	return &Origin{Rules: o.Rules, Values: slices.Compact(values), Data: o.Data, OwnURL: true, Led: true}
}

// MaxContent is how much of a content is looked at, in bytes.
const MaxContent = 2 << 20

// Request knows the secrets of one request. It is for one goroutine.
type Request struct {
	*Origin
	req    *fetcher.Request
	more   []string
	shown  string // the URL; empty: not made yet
	copies Copies
	made   bool // of copies

	read    bool // content and err are there
	content []byte
	err     error
}

// Of tells what is secret of a request. More are secrets that were sent with it beside its own, such as cookies of a server.
func Of(req *fetcher.Request, more ...string) *Request {
	return &Request{Origin: OriginOf(req), req: req, more: more}
}

// ShownURL is the URL of the request with Mask in the place of each secret.
func (k *Request) ShownURL() string {
	if k.shown == "" {
		k.shown = k.Rules.MaskURL(k.urlOfTemplate(), k.Data...)
		if k.Led {
			k.shown = k.masked(k.shown)
		}
	}
	return k.shown
}

// StrippedURL is the URL of the request without its credentials: for the names of files and for programs.
func (k *Request) StrippedURL() string { return k.Rules.StripURL(k.urlOfTemplate(), k.Data...) }

// URLAsked is the URL of the request as it is sent.
func (k *Request) URLAsked() string { return k.req.URL }

// urlOfTemplate is the URL without what a template has put in as a secret.
func (k *Request) urlOfTemplate() string {
	if k.URL != "" {
		return k.URL
	}
	return k.req.URL
}

// BackURL is a URL that came back, such as that of a redirect: masked like one that is sent, and without copies.
func (k *Request) BackURL(raw string) string {
	if raw == k.req.URL {
		return k.ShownURL()
	}
	return k.Back(k.Rules.MaskURL(raw, k.Data...))
}

// Back is a text that came back, such as a header field or an error, with Mask in the place of copies of the request's
// own secrets, those included that were cut off where dots stand for the rest.
func (k *Request) Back(text string) string {
	if text == "" {
		return ""
	}
	if len(text) > len(k.req.URL) && strings.Contains(text, "://") && strings.Contains(text, k.req.URL) { // an error that quotes it: there short secrets are known, too
		text = strings.ReplaceAll(text, k.req.URL, k.ShownURL())
	}
	return k.masked(text)
}

// masked masks copies.
func (k *Request) masked(text string) string {
	if !k.made {
		k.copies, k.made = NewCopies(k.Secrets()), true
	}
	return k.copies.Mask(text)
}

// Secrets lists the secrets of the request, as they stand in it.
func (k *Request) Secrets() []string {
	all := slices.Concat(k.Values, k.Rules.given(), k.more)
	add := func(text string, spans []Span) {
		for _, at := range spans {
			all = append(all, text[at.From:at.To])
		}
	}
	add(k.req.URL, k.Rules.URLSpans(k.req.URL, k.Data...))
	all = k.appendBasic(all)
	for name, values := range k.req.Header {
		for _, value := range values {
			add(value, k.Rules.HeaderSpans(name, value))
		}
	}
	content, _ := k.Content() // as much as can be read
	body := string(content)
	add(body, k.Rules.BodySpans(k.ContentType(), body, k.BodyData...))
	if k.Rules.anyColumn() {
		for _, cell := range slices.Concat(append(k.req.Rows[:len(k.req.Rows):len(k.req.Rows)], k.req.Row)...) {
			if k.isSecret(cell) {
				all = append(all, cell.Value)
			}
		}
	}
	return all
}

// appendBasic appends what is sent for the userinfo of the URL (RFC 7617).
func (k *Request) appendBasic(all []string) []string {
	if !strings.Contains(k.req.URL, "@") {
		return all
	}
	u, err := url.Parse(k.req.URL)
	if err != nil || u.User == nil {
		return all
	}
	password, _ := u.User.Password()
	return append(all, base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
}

// ShownRow is a row with Mask in the place of the cells of secret columns. It is the row itself if there is none.
func (k *Request) ShownRow(row fetcher.Row) fetcher.Row {
	if !k.Rules.anyColumn() || !slices.ContainsFunc(row, k.isSecret) {
		return row
	}
	shown := slices.Clone(row)
	for i, cell := range shown {
		if k.isSecret(cell) {
			shown[i].Value = Mask
		}
	}
	return shown
}

func (k *Request) isSecret(cell fetcher.Cell) bool {
	return cell.Value != "" && k.Rules.Column(cell.Column)
}

// Content is what is looked at of the request's content: its first 2 MiB, in which any entry of a list fits. It is read once.
func (k *Request) Content() ([]byte, error) {
	if k.read || k.req.Body == nil {
		return k.content, k.err
	}
	k.read = true
	body, err := k.req.Body()
	if err != nil || body == nil {
		k.err = err
		return nil, err
	}
	k.content, k.err = io.ReadAll(io.LimitReader(body, MaxContent))
	if err := body.Close(); k.err == nil {
		k.err = err
	}
	return k.content, k.err
}

// HasSecretContent reports whether a secret is in the content, as far as that is looked at, or a copy of one of the request's
// other secrets. Of a content that cannot be read nobody knows, so it counts.
func (k *Request) HasSecretContent() bool {
	content, err := k.Content()
	body := string(content)
	return err != nil || k.Body != "" || len(k.Rules.BodySpans(k.ContentType(), body, k.BodyData...)) > 0 || k.masked(body) != body
}

// contentOfTemplate is the content without what a template has put in as a secret.
func (k *Request) contentOfTemplate() ([]byte, error) {
	if k.Body != "" {
		return []byte(k.Body), nil
	}
	return k.Content()
}

// ContentType is that of the request.
func (k *Request) ContentType() string { return k.req.Header.Get("Content-Type") }
