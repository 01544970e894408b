package web

import (
	"maps"
	"net/http"
	"slices"
)

// PageHeader is what goes along to the next page: the header of the page before, without what was only about that page,
// and without what is not harmless if another origin is asked. It is the same map if nothing is taken away.
func PageHeader(before http.Header, hadBody, sameOrigin bool) http.Header {
	header := maps.Clone(before)
	maps.DeleteFunc(header, func(name string, _ []string) bool {
		return isAboutOne(name, hadBody) || !sameOrigin && !CrossesOrigins(name)
	})
	if len(header) == len(before) {
		return before
	}
	return header
}

// isAboutOne reports whether a field is about one request or one representation, not about the resources that a chain has:
// the conditions of RFC 9110, section 13, a range, and what describes a content that is not sent again.
func isAboutOne(name string, hadBody bool) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Content-Type", "Content-Encoding", "Content-Language", "Content-Length", "Expect", "Idempotency-Key":
		return hadBody
	}
	return slices.Contains(Conditional, http.CanonicalHeaderKey(name))
}
