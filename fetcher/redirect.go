package fetcher

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"example.com/fetch/internal/web"
)

// isRedirect reports whether net/http follows the status, as RFC 9110, section 15.4 has it.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect:
		return true
	}
	return false
}

// unfollowed is the http.RoundTripper below http.Client where no redirect is followed. It keeps the Location back until
// http.Client is done: that parses it, and opens the content of the request again, before it asks whether to follow.
type unfollowed struct{ gate }

func (u unfollowed) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := u.gate.RoundTrip(req)
	if err == nil && isRedirect(resp.StatusCode) {
		exchangeOf(req.Context()).location = resp.Header["Location"]
		delete(resp.Header, "Location")
	}
	return resp, err
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
