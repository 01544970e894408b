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

// A request's identity depends on what is sent, and so on the secrets that tell it from others: those of its row and those
// that its entry of the list brings. Credentials that are the whole list's, from the command line or a template, are left
// out, so that a new token does not make other requests of all of them.

// IdentityURL is the URL as it counts for the identity of the request, and whether a secret stands in it.
func (k *Request) IdentityURL() (url string, secret bool) {
	if !k.OwnURL {
		return k.ShownURL(), false
	}
	url = k.urlOfTemplate()
	return url, k.Rules.URLSpans(url, k.Data...) != nil
}

// IdentityHeader reports whether a header field counts for the identity of the request, and whether it is a secret.
func (k *Request) IdentityHeader(name string) (counts, secret bool) {
	if !k.Rules.Header(name) {
		return true, false
	}
	_, own := k.OwnHeader[name]
	_, common := k.CommonHeader[name]
	return own || common, own
}

// IdentityValue is the value of such a field as it counts: of a common credential, that there is one.
func (k *Request) IdentityValue(name, value string) string {
	if _, common := k.CommonHeader[name]; common {
		return k.Rules.MaskHeader(name, value)
	}
	return value
}

// IdentityCell is the value of a cell as it counts for the identity of the request, and whether it is a secret. A secret that
// all rows have, since there is one value for it, does not tell them apart.
func (k *Request) IdentityCell(cell fetcher.Cell) (value string, secret bool) {
	switch {
	case !k.Rules.anyColumn() || !k.isSecret(cell):
		return cell.Value, false
	case k.Rules.Common(cell.Column):
		return Mask, false
	}
	return cell.Value, true
}

// IdentityContent is the content as it counts for the identity of the request, and whether a secret stands in it.
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

// Credentials joins the credentials that the entry of the list brings itself; empty if it brings none. They are common to
// a list if all of its entries bring the same.
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
		content, _ := k.contentOfTemplate() // what cannot be read will fail when it is sent
		body := string(content)
		add(body, k.Rules.BodySpans(k.ContentType(), body, k.BodyData...))
	}
	return b.String()
}

// Common is the origin of the same request in a list whose credentials are common.
func (o *Origin) Common() *Origin {
	common := *o
	common.OwnURL, common.OwnBody, common.OwnHeader, common.CommonHeader = false, false, nil, o.OwnHeader
	return &common
}

// Digest is a keyed digest of credentials, by which another leg knows them; empty of none.
func (r *Rules) Digest(credentials string) string {
	if credentials == "" {
		return ""
	}
	mac := hmac.New(sha256.New, r.Key())
	mac.Write([]byte(credentials))
	return hex.EncodeToString(mac.Sum(nil))
}
