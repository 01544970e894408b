package fetcher

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"example.com/fetch/internal/web"
)

// located is the http.RoundTripper below http.Client. While that has a redirect, its Location is the URL as web.Reference has
// it. Where no redirect is followed, there is none: http.Client parses it, and opens the content of the request again, before
// it asks whether to follow.
type located struct{ gate }

func (l located) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req.Context())
	x.location = nil
	resp, err := l.gate.RoundTrip(req)
	if err != nil || !web.IsRedirect(resp.StatusCode) || len(resp.Header["Location"]) == 0 {
		return resp, err
	}
	x.location = resp.Header["Location"]
	delete(resp.Header, "Location")
	if to := x.location[0]; l.engine.fetcher.MaxRedirects >= 0 {
		resp.Header["Location"] = []string{web.Reference(to)}
	}
	return resp, nil
}

// restoreLocation gives a response its Location back, as it came, when http.Client is done.
func (x *exchange) restoreLocation(resp *http.Response) {
	if x.location != nil {
		resp.Header["Location"], x.location = x.location, nil
	}
}

// checkRedirect is http.Client's redirect policy. Once a chain has left the origin (scheme, host and port) that the
// caller named, nothing that the caller set goes along but what is harmless, not even back to it: net/http would send
// X-Api-Key to any host, and Authorization to another port of the same host. The Referer that net/http adds, query and
// all, never goes.
func (e *engine) checkRedirect(req *http.Request, via []*http.Request) error {
	most := cmp.Or(e.fetcher.MaxRedirects, DefaultMaxRedirects)
	fail := func(err error) error { return &Error{Kind: KindRedirect, Err: err} }
	switch {
	case len(via) > most:
		return fail(fmt.Errorf("stopped after %d redirects", most))
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fail(errors.New("to a URL that is neither http nor https"))
	case req.URL.Hostname() == "":
		return fail(errors.New("to a URL without a host"))
	}
	if err := web.Check(req.URL); err != nil {
		return fail(err)
	}
	x := exchangeOf(req.Context())
	carries := req.Body != nil && req.Body != http.NoBody
	if carries && !web.SameOrigin(req.URL, x.url) && e.fetcher.PrivateBody != nil && e.fetcher.PrivateBody(x.request) {
		return fail(fmt.Errorf("to another origin, %s, which would get the content of the request, and the secrets in it", req.URL.Host))
	}
	if x.strayed || !web.SameOrigin(req.URL, x.url) {
		x.strayed = true
		for name := range req.Header {
			if !web.CrossesOrigins(name) {
				delete(req.Header, name)
			}
		}
		req.Host = req.URL.Host
	} else {
		delete(req.Header, "Referer")
		if own, ok := web.Field(x.request.Header, "Referer"); ok {
			req.Header["Referer"] = own
		}
		if req.URL.User == nil { // net/http keeps it for a relative Location only, which is of no help to anyone
			req.URL.User = x.url.User
		}
	}
	e.askForCodings(req, x.request)
	return nil
}
