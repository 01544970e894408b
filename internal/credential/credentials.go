// Package credential gives each request the secrets of the host that it goes to, and no other host's.
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

// Options are the secrets that were given, and whom they are for. The zero value gives none.
type Options struct {
	User   string      // NAME:PASSWORD for basic authentication (RFC 7617); empty: none
	Bearer string      // a token for bearer authentication (RFC 6750); empty: none
	Header http.Header // header fields that are credentials; an Authorization of its own takes the place of User's and Bearer's

	// Hosts are those that User, Bearer and Header are for: HOST or HOST:PORT, an IPv6 address in brackets. HOST alone
	// means the default ports, 443 of https and 80 of http, and no other. None: they are for the origin (scheme, host and
	// port) of the list's first request.
	Hosts []string

	// Netrc is the path of a netrc file; empty: none. Each of its entries is for the host of its name, on any port. What
	// User, Bearer and Header say goes before it, and of several for one host the first counts; but where a URL names a user
	// without a password, it is that user's entry. Its default entry is not used.
	Netrc string

	// Policy gives the header fields that the policy of an origin asks for; nil: there are none. What the options above give goes
	// before them, and so does what a request brings along, unless it is a field of Usual with its value there. IsSecret reports
	// whether a field is a credential.
	Policy   func(web.Origin) http.Header
	Usual    http.Header
	IsSecret func(field string) bool

	// OnWarning is told, once, of each thing that the user should know but that stops nothing; nil tells nobody. It may be
	// called concurrently. The texts hold no secret.
	OnWarning func(text string)
	// IsLocal says of a host name, without its port, that what is sent to it does not leave this machine, although it is
	// no loopback address; nil: none does.
	IsLocal func(hostname string) bool
}

// Credentials adds to requests what belongs to their hosts. It is safe for concurrent use.
type Credentials struct {
	given   *grant               // User, Bearer and Header; nil: none of them
	hosts   []web.HostSpec       // whom given is for; none: the first origin
	netrc   map[string]logins    // by host name
	joined  map[[2]*grant]*grant // given and one of netrc together
	warn    func(string)
	isLocal func(string) bool
	policy  func(web.Origin) http.Header
	usual   http.Header
	secret  func(field string) bool

	mu      sync.Mutex
	begun   bool             // the list has been seen from its beginning
	first   web.Origin       // of the list; empty as long as it is not known
	places  map[string]place // what is known of "scheme://authority", as it stands in URLs
	headers map[headerKey]headerPair
	warned  bool // of plain http
}

// grant is what the requests to some host are given. It is compared by identity.
type grant struct {
	header http.Header
	policy http.Header // goes after header, and takes the place of what is usual
	usual  http.Header
	secret bool // there is a credential in it
}

// New checks the options. Its errors are of what the user gave, and show no secret.
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

// givenHeader makes header fields of User, Bearer and Header.
func givenHeader(o Options) (http.Header, error) {
	header := make(http.Header, len(o.Header)+1)
	switch {
	case o.User != "" && o.Bearer != "":
		return nil, errors.New("-u and --bearer-env both say who asks; give one of them")
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
			return nil, errors.New("a header that is a credential has a name that is no header name")
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

// nothing says that there is nothing to give to anyone.
func (c *Credentials) nothing() bool { return c.given == nil && len(c.netrc) == 0 && c.policy == nil }
