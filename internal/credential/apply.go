package credential

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// Adapt gives the requests of a list what belongs to their hosts, like Apply. Its own error ends the sequence,
// with a nil request. It must precede anything that removes requests from the list, because the first request
// determines the hosts of the credentials.
func (c *Credentials) Adapt(reqs iter.Seq2[*fetcher.Request, error]) iter.Seq2[*fetcher.Request, error] {
	if c.nothing() {
		return reqs
	}
	return func(yield func(*fetcher.Request, error) bool) {
		for req, err := range reqs {
			if err == nil && req != nil {
				if err = c.Apply(req); err != nil {
					req = nil
				}
			}
			if !yield(req, err) || err != nil {
				return
			}
		}
	}
}

// Apply gives one request of the list what belongs to its host. If there is something to add, it replaces
// Request.Header by another map, which many requests share and which must not be written to. What the request
// itself has takes precedence: its own fields, and the name and password in its URL.
//
// The error is an *OtherHostError if nothing says which hosts the credentials are for, and this one is not the
// first.
func (c *Credentials) Apply(req *fetcher.Request) error {
	if c.nothing() {
		return nil
	}
	c.mu.Lock()
	warning := ""
	p, err := c.admit(req)
	if err == nil {
		warning = c.give(req, p)
	}
	c.mu.Unlock()
	c.tell(warning)
	return err
}

// ApplyToPage gives a request whose URL comes from a server, such as a further page, what belongs to its host:
// nothing, if the credentials are not for that host.
func (c *Credentials) ApplyToPage(req *fetcher.Request) {
	if c.nothing() {
		return
	}
	c.mu.Lock()
	warning := c.give(req, c.look(req.URL))
	c.mu.Unlock()
	c.tell(warning)
}

// admit determines where a request of the list goes, and whether credentials may be sent there. The caller holds
// the lock, as for all functions below.
func (c *Credentials) admit(req *fetcher.Request) (place, error) {
	c.begun = c.begun || req.Seq <= 1
	if req.Err != nil { // it goes nowhere
		return place{}, nil
	}
	p := c.look(req.URL)
	if c.given == nil || len(c.hosts) > 0 || p.origin == (web.Origin{}) {
		return p, nil
	}
	if c.first == (web.Origin{}) {
		if !c.begun {
			return p, errors.New("the list is taken up after its first request, so that nobody can tell whose the credentials are: " +
				"name the hosts that they are for with --auth-host, repeatable")
		}
		c.first = p.origin
		clear(c.places) // they were computed without it
		p = c.look(req.URL)
	}
	if p.grant != nil || c.hasOwn(req, p) {
		return p, nil
	}
	return p, otherHost(req.Seq, c.first, p.origin)
}

// hasOwn reports whether a request already has everything that would be added.
func (c *Credentials) hasOwn(req *fetcher.Request, p place) bool {
	for name := range c.given.header {
		if !web.HasField(req.Header, name) && !(p.userinfo && name == "Authorization") {
			return false
		}
	}
	return true
}

// place is what is known about a scheme and authority.
type place struct {
	origin   web.Origin
	userinfo bool   // the URL has a name or a password of its own, and there is nothing better for it
	grant    *grant // the credentials that its requests get; nil: none
	whole    *grant // including what a policy requires; nil: nothing
}

// Limits of the caches of places and of headers. A list of more is served more slowly.
const (
	maxPlaces  = 1024
	maxHeaders = 256
)

// look finds the place that a URL leads to. Most lists have few.
func (c *Credentials) look(raw string) place {
	authority := web.UntilPath(raw)
	if p, ok := c.places[authority]; ok {
		return p
	}
	var p place
	if u, err := web.Parse(authority); err == nil {
		p.origin = web.OriginOf(u)
		p.grant, p.userinfo = c.grantFor(p.origin, u.User)
		p.whole = c.withPolicy(p.origin, p.grant)
	}
	if len(c.places) >= maxPlaces {
		clear(c.places)
	}
	c.places[strings.Clone(authority)] = p
	return p
}

// grantFor returns the credentials for an origin and a user in its URLs, or none, and whether that user is their
// only authorization.
func (c *Credentials) grantFor(o web.Origin, user *url.Userinfo) (_ *grant, userinfo bool) {
	if o == (web.Origin{}) {
		return nil, user != nil
	}
	var given, login *grant
	if c.isGiven(o) {
		given = c.given
	}
	name, _ := web.SplitHost(o.Host)
	switch {
	case user != nil && !hasPassword(user):
		login = c.netrc[name][user.Username()]
	case user == nil && (given == nil || !web.HasField(given.header, "Authorization")):
		login = c.netrc[name][noLogin]
	}
	switch both := [2]*grant{given, login}; {
	case login == nil:
		return given, user != nil
	case given == nil:
		return login, false
	case c.joined[both] == nil:
		header, _ := given.addTo(login.header, false)
		c.joined[both] = &grant{header: header, secret: true}
		fallthrough
	default:
		return c.joined[both], false
	}
}

// withPolicy returns a grant combined with what the policy of an origin requires.
func (c *Credentials) withPolicy(o web.Origin, g *grant) *grant {
	if c.policy == nil || o == (web.Origin{}) {
		return g
	}
	fields := c.policy(o)
	if len(fields) == 0 {
		return g
	}
	whole := &grant{policy: fields, usual: c.usual}
	if g != nil {
		whole.header, whole.secret = g.header, true
	}
	for name := range fields {
		whole.secret = whole.secret || c.secret(name)
	}
	return whole
}

func hasPassword(user *url.Userinfo) bool {
	_, has := user.Password()
	return has
}

// isGiven reports whether User, Bearer and Header are for an origin.
func (c *Credentials) isGiven(o web.Origin) bool {
	if len(c.hosts) == 0 {
		return c.given != nil && o == c.first
	}
	return slices.ContainsFunc(c.hosts, func(spec web.HostSpec) bool { return isFor(spec, o) })
}

// headerKey identifies a combined header: the map of the requests, and what was added.
type headerKey struct {
	own      uintptr
	grant    *grant
	userinfo bool
}

// headerPair is a combined header and its source. The source is kept, too, because otherwise its address could be
// reused.
type headerPair struct {
	own, made http.Header
	changed   bool
}

// give sets the header of a request, and returns a warning if one is due.
func (c *Credentials) give(req *fetcher.Request, p place) (warning string) {
	if p.whole == nil {
		return ""
	}
	key := headerKey{reflect.ValueOf(req.Header).Pointer(), p.whole, p.userinfo}
	pair, ok := c.headers[key]
	if !ok {
		pair.own = req.Header
		pair.made, pair.changed = p.whole.addTo(req.Header, p.userinfo)
		if len(c.headers) >= maxHeaders {
			clear(c.headers)
		}
		c.headers[key] = pair
	}
	if !pair.changed {
		return "" // it already has everything
	}
	req.Header = pair.made
	if !p.whole.secret {
		return ""
	}
	return c.plainWarning(p.origin)
}

// addTo combines a request's own header with the grant, and reports whether anything was added.
func (g *grant) addTo(own http.Header, userinfo bool) (made http.Header, changed bool) {
	made = make(http.Header, len(own)+len(g.header)+len(g.policy))
	maps.Copy(made, own)
	add := func(name string, values []string) {
		if !(userinfo && name == "Authorization") {
			made[name], changed = values, true
		}
	}
	for name, values := range g.header {
		if !web.HasField(own, name) {
			add(name, values)
		}
	}
	for name, values := range g.policy {
		if !web.HasField(made, name) || slices.Equal(made[name], g.usual[name]) && g.usual[name] != nil {
			add(name, values)
		}
	}
	return made, changed
}

// plainWarning warns once about secrets that are sent unencrypted over a network.
func (c *Credentials) plainWarning(o web.Origin) string {
	name, _ := web.SplitHost(o.Host)
	if c.warned || o.Scheme == "https" || isLoopback(name) || c.isLocal != nil && c.isLocal(name) {
		return ""
	}
	c.warned = true
	return "credentials go to " + o.String() + " unencrypted, for all on the way to read; write https:// if the server has it"
}

// isLoopback reports whether data for a host stays on this machine (RFC 6761, section 6.3 for the name).
func isLoopback(hostname string) bool {
	if hostname == "localhost" || strings.HasSuffix(hostname, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(hostname)
	return err == nil && addr.Unmap().IsLoopback()
}

// isFor reports whether a host of --auth-host matches an origin. Without a port it means the default port of the
// scheme.
func isFor(spec web.HostSpec, o web.Origin) bool {
	if spec.Port == "" {
		spec.Port = web.DefaultPort(o.Scheme)
	}
	return spec.Matches(o.Host)
}

// OtherHostError is a request to a host that the credentials may not be for: unless specified, they are for the
// host of the list's first request.
type OtherHostError struct {
	Seq   int64  // of the request; 0 if it has none
	First string // host of the credentials
	Other string // host of the request
}

func (e *OtherHostError) Error() string {
	where := ""
	if e.Seq > 0 {
		where = fmt.Sprintf(" of request %d", e.Seq)
	}
	return fmt.Sprintf("the credentials are for %s (the first of the list), and %s%s is another host: "+
		"name those that they are for with --auth-host, repeatable; the others get none", e.First, e.Other, where)
}

func otherHost(seq int64, first, other web.Origin) *OtherHostError {
	if first.Shown() == other.Shown() {
		return &OtherHostError{seq, first.String(), other.String()}
	}
	return &OtherHostError{seq, first.Shown(), other.Shown()}
}

// maxSurveyed limits the number of hosts that a Survey names.
const maxSurveyed = 1000

// Survey says which credentials a list would be given.
type Survey struct {
	Without []string // hosts with requests that get no credentials, in order of appearance; at most 1,000
	More    bool     // there are more of them
	Unused  []string // of Options.Hosts, those without a request
}

// Survey reads a list without changing its requests. The error is that of the list, or that of Apply for the
// first request that it rejects. The list must be readable again.
func (c *Credentials) Survey(reqs iter.Seq2[*fetcher.Request, error]) (Survey, error) {
	var s Survey
	if c.nothing() {
		return s, nil
	}
	seen := make(map[web.Origin]bool)
	met := make([]bool, len(c.hosts))
	for req, err := range reqs {
		if err != nil {
			return s, err
		}
		c.mu.Lock()
		p, err := c.admit(req)
		c.mu.Unlock()
		if err != nil {
			return s, err
		}
		switch {
		case p.origin == (web.Origin{}) || seen[p.origin]:
			continue
		case len(seen) < maxSurveyed:
			seen[p.origin] = true
		}
		for i, spec := range c.hosts {
			met[i] = met[i] || isFor(spec, p.origin)
		}
		switch {
		case p.grant != nil:
		case len(s.Without) == maxSurveyed || !seen[p.origin]:
			s.More = true
		case !slices.Contains(s.Without, p.origin.Shown()): // shared by http and https
			s.Without = append(s.Without, p.origin.Shown())
		}
	}
	for i, spec := range c.hosts {
		if !met[i] {
			s.Unused = append(s.Unused, spec.String())
		}
	}
	return s, nil
}
