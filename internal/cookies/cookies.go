// Package cookies keeps the cookies that servers set (RFC 6265) while a request and its pages are carried out.
package cookies

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	urlpath "path"
	"slices"

	"golang.org/x/net/publicsuffix"
)

// What is taken of one response, as curl has it, and in all for one request.
const (
	maxSetCookies = 50
	maxCookie     = 4 << 10 // bytes of name and value
	maxLine       = 8 << 10 // of all of a field
	maxCookies    = 1000
)

// Set is the cookies that were set for one request and its pages. The zero Set has none. It is not safe for concurrent use.
type Set struct {
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

// newJar makes a jar that knows which domains are public suffixes.
func newJar() *cookiejar.Jar {
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	return jar
}

// Again goes back to what there was before the first attempt.
func (c *Set) Again() {
	if len(c.first) == 0 && len(c.set) == 0 {
		return
	}
	c.jar, c.set = newJar(), c.first
	for _, s := range c.set {
		c.jar.SetCookies(s.by, []*http.Cookie{s.Cookie})
	}
}

// OfNextPage are the cookies with which a further page begins.
func (c *Set) OfNextPage() Set {
	next := Set{jar: c.jar, set: c.set, first: c.set}
	for _, s := range c.set {
		next.Note(s.Cookie)
	}
	return next
}

// Put takes in what the response from a URL sets.
func (c *Set) Put(by *url.URL, set []*http.Cookie) {
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

// Note keeps the values of cookies that were set or sent.
func (c *Set) Note(all ...*http.Cookie) {
	for _, cookie := range all {
		if cookie.Value != "" && !slices.Contains(c.values, cookie.Value) {
			c.values = append(c.values, cookie.Value)
		}
	}
}

// Values are those of all cookies that were set or sent, each once.
func (c *Set) Values() []string { return c.values }

// For is what is sent to a URL.
func (c *Set) For(u *url.URL) []*http.Cookie {
	if c.jar == nil {
		return nil
	}
	return c.jar.Cookies(u)
}

// Of are the cookies that a response sets, as far as they are taken.
func Of(resp *http.Response) []*http.Cookie {
	set := slices.DeleteFunc(resp.Cookies(), func(c *http.Cookie) bool { return len(c.Name)+len(c.Value) > maxCookie || len(c.Raw) > maxLine })
	return set[:min(len(set), maxSetCookies)]
}
