// Package credential gives each request the credentials of its host, and no other host's.
package credential

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/web"
)

// Options are the given credentials, and the hosts that they are for. The zero value has none.
type Options struct {
	User   string      // NAME:PASSWORD for basic authentication (RFC 7617); empty: none
	Bearer string      // a token for bearer authentication (RFC 6750); empty: none
	Header http.Header // header fields that are credentials; an Authorization replaces User and Bearer

	// Hosts are the hosts that User, Bearer and Header are for: HOST or HOST:PORT, an IPv6 address in brackets.
	// HOST alone means only the default ports, 443 of https and 80 of http. If empty, they are for the origin
	// (scheme, host and port) of the list's first request.
	Hosts []string

	// Netrc is the path of a netrc file; empty: none. Each of its entries is for the host of its name, on any
	// port. User, Bearer and Header take precedence over it, and of several entries for one host the first counts;
	// but if a URL names a user without a password, the entry of that user is used. Its default entry is ignored.
	Netrc string

	// Policy returns the header fields that the policy of an origin requires; nil: there are none. The options
	// above take precedence over them, and so does what a request itself has, unless it is a field of Usual with
	// its value there. IsSecret reports whether a field is a credential.
	Policy   func(web.Origin) http.Header
	Usual    http.Header
	IsSecret func(field string) bool

	// OnWarning is called once for each problem that the user should know about but that stops nothing; may be
	// nil. It may be called concurrently. The texts contain no secrets.
	OnWarning func(text string)
	// IsLocal reports whether data for a host name, without its port, stays on this machine although it is not a
	// loopback address; nil: never.
	IsLocal func(hostname string) bool
}

// Credentials adds to requests what belongs to their hosts. It is safe for concurrent use.
type Credentials struct {
	given   *grant               // User, Bearer and Header; nil: none of them
	hosts   []web.HostSpec       // hosts of given; none: the first origin
	netrc   map[string]logins    // by host name
	joined  map[[2]*grant]*grant // given and one of netrc together
	warn    func(string)
	isLocal func(string) bool
	policy  func(web.Origin) http.Header
	usual   http.Header
	secret  func(field string) bool

	mu      sync.Mutex
	begun   bool             // the list has been seen from its beginning
	first   web.Origin       // of the list; empty until it is known
	places  map[string]place // by "scheme://authority", as in URLs
	headers map[headerKey]headerPair
	warned  bool // of plain http
}

// grant is what is added to the requests for some host. It is compared by identity.
type grant struct {
	header http.Header
	policy http.Header // has lower priority than header, and replaces usual values
	usual  http.Header
	secret bool // it contains a credential
}

// New checks the options. Its errors concern the user's input, and show no secrets.
func New(o Options) (*Credentials, error) {
	c := &Credentials{
		warn:    o.OnWarning,
		isLocal: o.IsLocal,
		policy:  o.Policy, usual: o.Usual, secret: o.IsSecret,
		places:  make(map[string]place),
		headers: make(map[headerKey]headerPair),
		joined:  make(map[[2]*grant]*grant),
	}
	header, err := givenHeader(o)
	if err != nil {
		return nil, err
	}
	if len(header) > 0 {
		c.given = &grant{header: header, secret: true}
	}
	for _, text := range o.Hosts {
		spec, err := web.ParseHostSpec(text)
		if err != nil {
			return nil, fmt.Errorf("--auth-host: %w; write HOST or HOST:PORT, such as api.example.com or localhost:8080", err)
		}
		c.hosts = append(c.hosts, spec)
	}
	if len(c.hosts) > 0 && c.given == nil {
		return nil, errors.New("--auth-host: there is nothing to be sent to it; give -u, --bearer-env, --header-env or a header such as -H 'Authorization: …' with it")
	}
	if o.Netrc != "" {
		if c.netrc, err = readNetrc(o.Netrc, c.tell); err != nil {
			return nil, fmt.Errorf("--netrc: %w", err)
		}
	}
	return c, nil
}

// givenHeader converts User, Bearer and Header to header fields.
func givenHeader(o Options) (http.Header, error) {
	header := make(http.Header, len(o.Header)+1)
	switch {
	case o.User != "" && o.Bearer != "":
		return nil, errors.New("-u and --bearer-env both authenticate; use one of them")
	case o.User != "":
		if !strings.Contains(o.User, ":") {
			return nil, errors.New("-u: write NAME:PASSWORD, or NAME: if the password is empty")
		}
		if hasControl(o.User) {
			return nil, errors.New("-u: there is a control character in it, such as a line end")
		}
		header.Set("Authorization", basic(o.User))
	case o.Bearer != "":
		if !isVisible(o.Bearer) {
			return nil, errors.New("the bearer token holds a space, a line end or another character that no token has (RFC 6750, section 2.1)")
		}
		header.Set("Authorization", "Bearer "+o.Bearer)
	}
	for name, values := range o.Header {
		canonical, ok := web.FieldName(name)
		if !ok {
			return nil, errors.New("a credential header has an invalid name")
		}
		if canonical == "Proxy-Authorization" {
			return nil, errors.New("-H Proxy-Authorization would go to the servers themselves; write the proxy as -x http://NAME:PASSWORD@HOST:PORT")
		}
		for _, v := range values {
			if hasControl(v) || !httpguts.ValidHeaderFieldValue(v) {
				return nil, fmt.Errorf("the value for header %s holds a control character, such as a line end", canonical)
			}
		}
		header[canonical] = values
	}
	return header, nil
}

func basic(user string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user))
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// isVisible reports whether s is of visible ASCII.
func isVisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func (c *Credentials) tell(text string) {
	if c.warn != nil && text != "" {
		c.warn(text)
	}
}

// nothing reports whether there are no credentials at all.
func (c *Credentials) nothing() bool { return c.given == nil && len(c.netrc) == 0 && c.policy == nil }
