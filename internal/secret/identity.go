package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
)

// A request's identity depends on what is sent, including the secrets that distinguish it from others: those of
// its row and of its own entry in the list. Credentials of the whole list, from the command line or a template,
// are left out, so that a new token does not change the identity of all requests.

// IdentityURL returns the URL for the identity of the request, and whether it contains a secret.
func (k *Request) IdentityURL() (url string, secret bool) {
	if !k.OwnURL {
		return k.ShownURL(), false
	}
	url = k.urlOfTemplate()
	return url, k.Rules.URLSpans(url, k.Data...) != nil
}

// IdentityHeader reports whether a header field is part of the identity of the request, and whether it is a
// secret.
func (k *Request) IdentityHeader(name string) (counts, secret bool) {
	if !k.Rules.Header(name) {
		return true, false
	}
	_, own := k.OwnHeader[name]
	_, common := k.CommonHeader[name]
	return own || common, own
}

// IdentityValue returns the value of such a field for the identity: for a common credential only that there is
// one.
func (k *Request) IdentityValue(name, value string) string {
	if _, common := k.CommonHeader[name]; common {
		return k.Rules.MaskHeader(name, value)
	}
	return value
}

// IdentityCell returns the value of a cell for the identity of the request, and whether it is a secret. A secret
// with a single value for all rows does not distinguish them, and is left out.
func (k *Request) IdentityCell(cell fetcher.Cell) (value string, secret bool) {
	switch {
	case !k.Rules.anyColumn() || !k.isSecret(cell):
		return cell.Value, false
	case k.Rules.Common(cell.Column):
		return Mask, false
	}
	return cell.Value, true
}

// IdentityContent returns the content for the identity of the request, and whether it contains a secret.
func (k *Request) IdentityContent() (content []byte, secret bool, err error) {
	if content, err = k.contentOfTemplate(); err != nil || len(content) == 0 {
		return content, false, err
	}
	switch spans := k.Rules.BodySpans(k.ContentType(), string(content), k.BodyData...); {
	case len(spans) == 0:
		return content, false, nil
	case k.OwnBody:
		return content, true, nil
	default:
		return []byte(MaskSpans(string(content), spans)), false, nil
	}
}

// Credentials joins the credentials of the entry in the list; empty if it has none. They are common to a list if
// all of its entries have the same.
func (k *Request) Credentials() string {
	var b strings.Builder
	add := func(text string, spans []Span) {
		for _, at := range spans {
			b.WriteString(at.Name + "=" + text[at.From:at.To])
			b.WriteByte(0)
		}
	}
	if k.OwnURL {
		url := k.urlOfTemplate()
		add(url, k.Rules.URLSpans(url, k.Data...))
	}
	for _, name := range slices.Sorted(maps.Keys(k.OwnHeader)) {
		for _, value := range k.OwnHeader[name] {
			add(value, k.Rules.HeaderSpans(name, value))
		}
	}
	if k.OwnBody && k.req.Body != nil {
		content, _ := k.contentOfTemplate() // unreadable content will fail when it is sent
		body := string(content)
		add(body, k.Rules.BodySpans(k.ContentType(), body, k.BodyData...))
	}
	return b.String()
}

// Common returns the origin of the same request in a list with common credentials.
func (o *Origin) Common() *Origin {
	common := *o
	common.OwnURL, common.OwnBody, common.OwnHeader, common.CommonHeader = false, false, nil, o.OwnHeader
	return &common
}

// Digest returns a keyed digest of credentials, by which a later part of the run recognizes them; empty for none.
func (r *Rules) Digest(credentials string) string {
	if credentials == "" {
		return ""
	}
	mac := hmac.New(sha256.New, r.Key())
	mac.Write([]byte(credentials))
	return hex.EncodeToString(mac.Sum(nil))
}
