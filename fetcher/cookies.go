package fetcher

import (
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	urlpath "path"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"example.com/fetch/internal/web"
)

// Cookies says which cookies are sent that servers have set (RFC 6265), beside those of a request's own Cookie field, which
// come after them.
type Cookies uint8

// What Fetcher.Cookies may be.
const (
	CookiesOfRequest Cookies = iota // those set before in the same attempt, by redirects, and on the pages before it
	CookiesOfRun                    // all that were set since the Fetcher was made
	NoCookies
)

// What is taken of one response, as curl has it, and in all for one request.
const (
	maxSetCookies = 50
	maxCookie     = 4 << 10 // bytes of name and value
	maxCookies    = 1000
)

// cookies are those that were set for one request and its pages. The zero value has none.
type cookies struct {
	jar    *cookiejar.Jar // nil: there is none yet
	set    []setCookie    // what is in it, in the order in which it came; not written to
	first  []setCookie    // of set, with what this page began
	values []string       // of all that were set or sent
}

// setCookie is a cookie as the response from a URL has set it.
type setCookie struct {
	by *url.URL
	*http.Cookie
}

// replaces reports whether a cookie takes the place of an earlier one, or at least is set in the same way.
func (c setCookie) replaces(old setCookie) bool {
	return c.Name == old.Name && c.Domain == old.Domain && c.Path == old.Path && c.by.Host == old.by.Host &&
		(c.Path != "" || urlpath.Dir(c.by.Path) == urlpath.Dir(old.by.Path))
}

func newJar() *cookiejar.Jar {
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	return jar
}

// again goes back to what there was before the first attempt.
func (c *cookies) again() {
	if len(c.first) == 0 && len(c.set) == 0 {
		return
	}
	c.jar, c.set = newJar(), c.first
	for _, s := range c.set {
		c.jar.SetCookies(s.by, []*http.Cookie{s.Cookie})
	}
}

// ofNextPage are the cookies with which a further page begins.
func (c *cookies) ofNextPage() cookies {
	next := cookies{jar: c.jar, set: c.set, first: c.set}
	for _, s := range c.set {
		next.note(s.Cookie)
	}
	return next
}

// put takes in what a response sets.
func (c *cookies) put(by *url.URL, set []*http.Cookie) {
	if c.jar == nil {
		c.jar = newJar()
	}
	for _, cookie := range set {
		one := setCookie{by, cookie}
		kept := make([]setCookie, 0, len(c.set)+1)
		for _, old := range c.set {
			if !one.replaces(old) {
				kept = append(kept, old)
			}
		}
		if len(kept) < maxCookies {
			c.set = append(kept, one)
			c.jar.SetCookies(by, []*http.Cookie{cookie})
		}
	}
}

func (c *cookies) note(cookies ...*http.Cookie) {
	for _, cookie := range cookies {
		if cookie.Value != "" && !slices.Contains(c.values, cookie.Value) {
			c.values = append(c.values, cookie.Value)
		}
	}
}

// withCookies is a hop with the cookies that belong to it: itself, if there are none.
func (x *exchange) withCookies(req *http.Request) *http.Request {
	jar := x.cookies.jar
	if x.run.engine.jar != nil {
		jar = x.run.engine.jar
	}
	if jar == nil {
		return req
	}
	send := jar.Cookies(req.URL)
	if len(send) == 0 {
		return req
	}
	x.cookies.note(send...)
	field := http.Request{Header: http.Header{}}
	for _, c := range send {
		field.AddCookie(c)
	}
	own, _ := web.Field(req.Header, "Cookie")
	hop := req.WithContext(req.Context())
	hop.Header = maps.Clone(req.Header)
	maps.DeleteFunc(hop.Header, func(name string, _ []string) bool { return strings.EqualFold(name, "Cookie") })
	hop.Header["Cookie"] = []string{strings.Join(append(field.Header["Cookie"], own...), "; ")}
	return hop
}

// keepCookies keeps what a response sets, if another hop may want it.
func (x *exchange) keepCookies(from *url.URL, resp *http.Response) {
	e := x.run.engine
	if len(resp.Header["Set-Cookie"]) == 0 || e.fetcher.Cookies == NoCookies {
		return
	}
	if e.jar == nil && !x.run.follow && !(isRedirect(resp.StatusCode) && e.fetcher.MaxRedirects >= 0) {
		return
	}
	set := slices.DeleteFunc(resp.Cookies(), func(c *http.Cookie) bool { return len(c.Name)+len(c.Value) > maxCookie })
	set = set[:min(len(set), maxSetCookies)]
	x.cookies.note(set...)
	if e.jar != nil {
		e.jar.SetCookies(from, set)
		return
	}
	x.cookies.put(from, set)
}
