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

// Adapt gives the requests of a list what belongs to their hosts, as Apply does. Its own error ends the sequence, with a
// nil request. Put it before anything that leaves requests out of the list: the first request says whom the credentials
// are for.
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

// Apply gives one request of the list what belongs to its host. It sets Request.Header to another map where there is
// something to add, one that many requests share and nobody may write to. What the request brings along stays: a field of
// its own, and the name and password in its URL, go before ours.
//
// The error is an *OtherHostError if nobody said which hosts the credentials are for, and this one is not the first.
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

// ApplyToPage gives a request that a server led to, such as a further page, what belongs to its host: nothing, if that is
// not among those that the credentials are for.
func (c *Credentials) ApplyToPage(req *fetcher.Request) {
	if c.nothing() {
		return
	}
	c.mu.Lock()
	warning := c.give(req, c.look(req.URL))
	c.mu.Unlock()
	c.tell(warning)
}

// admit finds where a request of the list goes, and whether it may. The lock is held, as in all below.
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
		clear(c.places) // which did not know it
		p = c.look(req.URL)
	}
	if p.grant != nil || c.hasOwn(req, p) {
		return p, nil
	}
	return p, otherHost(req.Seq, c.first, p.origin)
}

// hasOwn reports whether a request brings all that ours would give it.
func (c *Credentials) hasOwn(req *fetcher.Request, p place) bool {
	for name := range c.given.header {
		if !web.HasField(req.Header, name) && !(p.userinfo && name == "Authorization") {
			return false
		}
	}
	return true
}

// place is what is known of a scheme and authority.
type place struct {
	origin   web.Origin
	userinfo bool   // the URL brings a name or a password of its own, and there is nothing better for it
	grant    *grant // the credentials that its requests get; nil: none
	whole    *grant // with what a policy asks for; nil: nothing
}

// Bounds of what is remembered: of the places, and of the headers made. A list of more is served more slowly.
const (
	maxPlaces  = 1024
	maxHeaders = 256
)

// look finds the place that a URL leads to. Most requests of a list go to few.
func (c *Credentials) look(raw string) place {
	authority := untilPath(raw)
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

// untilPath is a URL up to where its path, query or fragment begins.
func untilPath(raw string) string {
	start := 0
	if i := strings.Index(raw, "://"); i >= 0 {
		start = i + len("://")
	}
	if i := strings.IndexAny(raw[start:], "/?#"); i >= 0 {
		return raw[:start+i]
	}
	return raw
}

// grantFor is what the requests to an origin get whose URLs name a user, or none, and whether that user is all that they
// are authorized by.
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

// withPolicy is a grant and what the policy of an origin asks for beside.
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

// headerKey says what a header was made of: which map of the requests', and what was added.
type headerKey struct {
	own      uintptr
	grant    *grant
	userinfo bool
}

// headerPair is a header that was made and what it was made of. That is kept too: were it not, its address could come to
// be another's.
type headerPair struct {
	own, made http.Header
	changed   bool
}

// give sets the header of a request, and gives the warning that is due with it.
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
		return "" // it has all of it by itself
	}
	req.Header = pair.made
	if !p.whole.secret {
		return ""
	}
	return c.plainWarning(p.origin)
}

// addTo makes a header of a request's own and the grant, and reports whether that is another.
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

// plainWarning warns once of secrets that go over a network in the clear.
func (c *Credentials) plainWarning(o web.Origin) string {
	name, _ := web.SplitHost(o.Host)
	if c.warned || o.Scheme == "https" || isLoopback(name) || c.isLocal != nil && c.isLocal(name) {
		return ""
	}
	c.warned = true
	return "credentials go to " + o.String() + " unencrypted, for all on the way to read; write https:// if the server has it"
}

// isLoopback reports whether what is sent to a host stays on this machine (RFC 6761, section 6.3 for the name).
func isLoopback(hostname string) bool {
	if hostname == "localhost" || strings.HasSuffix(hostname, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(hostname)
	return err == nil && addr.Unmap().IsLoopback()
}

// isFor reports whether a host that was named with --auth-host is an origin's. One without a port means the scheme's own.
func isFor(spec web.HostSpec, o web.Origin) bool {
	if spec.Port == "" {
		spec.Port = web.DefaultPort(o.Scheme)
	}
	return spec.Matches(o.Host)
}

// OtherHostError is a request for a host that the credentials may not be for: they are for the host of the list's first
// request as long as nobody says otherwise.
type OtherHostError struct {
	Seq   int64  // of the request; 0 if it has none
	First string // whom the credentials are for
	Other string // whom the request is for
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

// maxSurveyed bounds how many hosts a Survey names.
const maxSurveyed = 1000

// Survey is what a list would get.
type Survey struct {
	Without []string // hosts of which some request gets nothing from us, as they first come; at most 1,000
	More    bool     // there are more of them
	Unused  []string // of Options.Hosts, those that no request is for
}

// Survey reads a list without changing its requests. The error is that of the list, or what Apply would say to the first
// request that it refuses. It must be a list that can be read again.
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
		case !slices.Contains(s.Without, p.origin.Shown()): // which http and https share
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
