package transport

import (
	"net/http"
	"slices"
)

// IsPlain reports whether a transport is net/http's own, or made of such.
func IsPlain(t http.RoundTripper) bool {
	switch t := t.(type) {
	case *http.Transport:
		return true
	case *Spread:
		return !slices.ContainsFunc(t.Transports, func(t http.RoundTripper) bool { return !IsPlain(t) })
	}
	return false
}
