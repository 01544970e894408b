// Package secret says what a secret is, and keeps it out of what is shown and stored.
//
// A secret is the credential itself, known by where it is in a request: the password of userinfo; an Authorization
// value after its scheme; each cookie's value; the value of a header field or a parameter on a short list, or of one
// that the user has named; a cell of a column that the user has named, or that fills one of these. Nothing is guessed
// from how a value looks or what a column is called. docs/credentials.md has the lists.
//
// Where a secret is in a request, it is masked. In what comes back (the final URL, header fields, errors), copies of
// that request's own secrets are masked: see Copies. Everything else is data, and is left as it is.
package secret

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// Mask replaces every secret.
const Mask = "***"

// Rules say what is secret in one run. A nil *Rules knows only the built-in lists. Rules must not be changed
// after the first request; reading them is safe for concurrent use.
type Rules struct {
	named   map[string]bool // what the user has named, in lower case
	headers map[string]bool // header fields filled by a secret, in lower case
	columns map[string]bool // columns that fill a credential
	values  []string        // secrets that accompany every request
	common  map[string]bool // secret columns with the same value in all rows
	key     []byte
}

// NewRules returns the rules of a run. The names are those of header fields, parameters and columns, in any case,
// that are secret besides those on the lists.
func NewRules(names ...string) *Rules {
	r := &Rules{named: map[string]bool{}, headers: map[string]bool{}, columns: map[string]bool{}, common: map[string]bool{}, key: []byte(rand.Text())}
	for _, name := range names {
		r.named[strings.ToLower(name)] = true
	}
	return r
}

// AddColumn makes the cells of a column secret, because it fills a credential.
func (r *Rules) AddColumn(name string) { r.columns[name] = true }

// AddHeader makes a header field a credential, because a secret fills it.
func (r *Rules) AddHeader(name string) { r.headers[strings.ToLower(name)] = true }

// AddPassword masks the password of NAME:PASSWORD in everything that comes back, also in the encoding of basic
// authentication (RFC 7617): that of a proxy is in no request.
func (r *Rules) AddPassword(name, password string) {
	if password != "" {
		r.values = append(r.values, password, base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
	}
}

// given returns the secrets that accompany every request.
func (r *Rules) given() []string {
	if r == nil {
		return nil
	}
	return r.values
}

// AddCommon says that all rows have the same value in a column. If it is secret, it is not part of the identity
// of requests.
func (r *Rules) AddCommon(name string) { r.common[name] = true }

// Common reports whether AddCommon was called for a column.
func (r *Rules) Common(name string) bool { return r != nil && r.common[name] }

// Column reports whether the cells of a column are secret.
func (r *Rules) Column(name string) bool {
	if r == nil {
		return false
	}
	return r.columns[name] || r.isNamed(strings.TrimSpace(name)) || len(r.columns) > 0 && r.columns[strings.TrimSpace(name)]
}

// anyColumn reports whether any column may be secret.
func (r *Rules) anyColumn() bool { return r != nil && len(r.columns)+len(r.named) > 0 }

// Key returns the key of identities that depend on a secret: random, unless set by SetKey. A nil *Rules has none.
func (r *Rules) Key() []byte {
	if r == nil {
		return nil
	}
	return r.key
}

// SetKey sets the key of an earlier part of the run, so that identities do not change.
func (r *Rules) SetKey(key []byte) { r.key = key }

func (r *Rules) isNamed(name string) bool {
	return r != nil && len(r.named) > 0 && r.named[strings.ToLower(name)]
}

// headers are the header fields that contain credentials.
var headers = set(
	"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Api-Key", "ApiKey", "X-Token",
	"X-Auth-Token", "X-Access-Token", "Private-Token", "Ocp-Apim-Subscription-Key", "X-Amz-Security-Token", "X-Goog-Api-Key",
)

// parameters are those that contain credentials wherever they occur.
var parameters = set(
	"api_key", "apikey", "access_token", "refresh_token", "id_token", "client_secret", "password", "subscription-key",
	"X-Amz-Signature", "X-Amz-Security-Token", "X-Goog-Signature",
)

// ambiguous are parameters that contain a credential if their value is literal, and data if a column fills them.
var ambiguous = set("key", "token", "sig", "code")

func set(names ...string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[strings.ToLower(name)] = true
	}
	return all
}

// Header reports whether a header field contains a credential, ignoring case.
func (r *Rules) Header(name string) bool {
	switch name {
	case "Accept", "User-Agent", "Content-Type": // the usual ones need no search
		return r.isNamed(name) || r != nil && r.headers[strings.ToLower(name)]
	}
	return r.isListed(name) || r != nil && r.headers[strings.ToLower(name)]
}

// isListed reports whether the whole value of such a field is secret, not only what a template fills in.
func (r *Rules) isListed(name string) bool { return headers[strings.ToLower(name)] || r.isNamed(name) }

// Parameter is what the name of a parameter says about its value.
type Parameter uint8

const (
	Data       Parameter = iota // not a secret
	Credential                  // a secret
	IfLiteral                   // a secret, unless a column fills it
)

// Parameter classifies a parameter of a query, a path, a fragment, a form or a JSON object by its decoded name,
// ignoring case.
func (r *Rules) Parameter(name string) Parameter {
	const longest = 32
	if len(name) <= longest || r != nil && len(r.named) > 0 {
		switch lower := strings.ToLower(name); {
		case parameters[lower], r.isNamed(lower):
			return Credential
		case ambiguous[lower]:
			return IfLiteral
		}
	}
	return Data
}
