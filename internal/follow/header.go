package follow

import (
	"maps"
	"net/http"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// headerFor is what goes along to the next page: the header of the page before, without what was only about that page,
// and without what is not harmless if another origin is asked. It is the same map if nothing is taken away.
func headerFor(from *fetcher.Request, sameOrigin bool) http.Header {
	goes := func(name string) bool {
		return !isAboutOne(name, from.Body != nil) && (sameOrigin || web.CrossesOrigins(name))
	}
	header := maps.Clone(from.Header)
	maps.DeleteFunc(header, func(name string, _ []string) bool { return !goes(name) })
	if len(header) == len(from.Header) {
		return from.Header
	}
	return header
}

// isAboutOne reports whether a field is about one request or one representation, not about the resources that a chain has:
// the conditions of RFC 9110, section 13, a range, and what describes a content that is not sent again.
func isAboutOne(name string, hadBody bool) bool {
	switch http.CanonicalHeaderKey(name) {
	case "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range":
		return true
	case "Content-Type", "Content-Encoding", "Content-Language", "Content-Length", "Expect", "Idempotency-Key":
		return hadBody
	}
	return false
}
