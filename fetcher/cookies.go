package fetcher

import (
	"net/http"
	"net/url"

	"example.com/fetch/internal/cookies"
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

// withCookies is a hop with the cookies that belong to it: itself, if there are none.
func (x *exchange) withCookies(req *http.Request) *http.Request {
	send := x.cookies.For(req.URL)
	if jar := x.run.engine.jar; jar != nil {
		send = jar.Cookies(req.URL)
	}
	if len(send) == 0 {
		return req
	}
	x.cookies.Note(send...)
	return cookies.Add(req, send)
}

// keepCookies keeps what a response sets, if another hop may want it.
func (x *exchange) keepCookies(from *url.URL, resp *http.Response) {
	e := x.run.engine
	if len(resp.Header["Set-Cookie"]) == 0 || e.fetcher.Cookies == NoCookies {
		return
	}
	if e.jar == nil && !x.run.follow && !(web.IsRedirect(resp.StatusCode) && e.fetcher.MaxRedirects >= 0) {
		return
	}
	set := cookies.Of(resp)
	x.cookies.Note(set...)
	if e.jar != nil {
		e.jar.SetCookies(from, set)
		return
	}
	x.cookies.Put(from, set)
}
