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

// Origin says where the parts of a request come from, as far as that determines what in it is secret. Whoever
// makes requests from a list stores one in Request.Tag; many requests may share one. A request without one counts
// as the sole source of all its parts.
type Origin struct {
	Rules *Rules

	// URL and Body are those of the request with each secret of a template masked; empty: there was none. Values
	// are these secrets.
	URL, Body string
	Values    []string
	// Data and BodyData name the ambiguous parameters (key, token, sig, code) of the URL and of the content that a
	// column fills, so that they are data.
	Data, BodyData []string

	// OwnURL and OwnBody say that URL and content belong to the entry, not the whole list, and OwnHeader are the
	// header fields of the entry. Credentials in them distinguish requests.
	OwnURL, OwnBody bool
	OwnHeader       http.Header
	// CommonHeader are the header fields of the entry whose credentials are the same in all entries that have any.
	CommonHeader http.Header

	// Led says that the URL comes from a server, like that of a further page, so that it may contain copies of
	// Values.
	Led bool
}

var unknown = &Origin{OwnURL: true, OwnBody: true}

// OriginOf returns the origin of a request. It is never nil, and must not be changed.
func OriginOf(req *fetcher.Request) *Origin {
	if o, ok := req.Tag.(*Origin); ok && o != nil {
		return o
	}
	return unknown
}

// Page returns the origin of a request whose URL comes from a response to from.
func Page(from *fetcher.Request) *Origin {
	o := OriginOf(from)
	if o.Led { // what a page itself adds, such as a cursor, is not a secret of the user
		return o
	}
	values := Of(from).Secrets()
	slices.Sort(values)
	return &Origin{Rules: o.Rules, Values: slices.Compact(values), Data: o.Data, OwnURL: true, Led: true}
}

// MaxContent is how much of a content is searched for secrets, in bytes.
const MaxContent = 2 << 20

// Request knows the secrets of one request. It is for one goroutine.
type Request struct {
	*Origin
	req    *fetcher.Request
	more   []string
	shown  string // the masked URL; empty: not computed yet
	copies Copies
	made   bool // of copies

	read    bool // content and err are set
	content []byte
	err     error
}

// Of returns the secrets of a request. More are secrets that were sent with it besides its own, such as cookies
// of a server.
func Of(req *fetcher.Request, more ...string) *Request {
	return &Request{Origin: OriginOf(req), req: req, more: more}
}

// ShownURL returns the URL of the request with each secret masked.
func (k *Request) ShownURL() string {
	if k.shown == "" {
		k.shown = k.Rules.MaskURL(k.urlOfTemplate(), k.Data...)
		if k.Led {
			k.shown = k.masked(k.shown)
		}
	}
	return k.shown
}

// StrippedURL returns the URL of the request without its credentials: for the names of files and for programs.
func (k *Request) StrippedURL() string { return k.Rules.StripURL(k.urlOfTemplate(), k.Data...) }

// URLAsked returns the URL of the request as it is sent.
func (k *Request) URLAsked() string { return k.req.URL }

// urlOfTemplate returns the URL with the secrets of a template masked.
func (k *Request) urlOfTemplate() string {
	if k.URL != "" {
		return k.URL
	}
	return k.req.URL
}

// BackURL returns a URL from a response, such as that of a redirect: masked like one that is sent, and without
// copies.
func (k *Request) BackURL(raw string) string {
	if raw == k.req.URL {
		return k.ShownURL()
	}
	return k.Back(k.Rules.MaskURL(raw, k.Data...))
}

// Back returns a text from a response, such as a header field or an error, with copies of the request's own
// secrets masked, including those that were cut off at dots.
func (k *Request) Back(text string) string {
	if text == "" {
		return ""
	}
	if len(text) > len(k.req.URL) && strings.Contains(text, "://") && strings.Contains(text, k.req.URL) { // an error that quotes the URL: then short secrets are known, too
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

// Secrets returns the secrets of the request, as they are in it.
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
	content, _ := k.Content() // the readable part
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

// ShownRow returns a row with the cells of secret columns masked. It is the row itself if there are none.
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

// Content returns the part of the request's content that is searched: its first 2 MiB, enough for any entry of a
// list. It is read once.
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

// HasSecretContent reports whether the searched part of the content contains a secret, or a copy of one of the
// request's other secrets. It returns true for unreadable content.
func (k *Request) HasSecretContent() bool {
	content, err := k.Content()
	body := string(content)
	return err != nil || k.Body != "" || len(k.Rules.BodySpans(k.ContentType(), body, k.BodyData...)) > 0 || k.masked(body) != body
}

// contentOfTemplate returns the content with the secrets of a template masked.
func (k *Request) contentOfTemplate() ([]byte, error) {
	if k.Body != "" {
		return []byte(k.Body), nil
	}
	return k.Content()
}

// ContentType returns the Content-Type of the request.
func (k *Request) ContentType() string { return k.req.Header.Get("Content-Type") }
