package web

import (
	"fmt"

	"golang.org/x/net/http/httpguts"
)

// CheckMethod returns an error unless a method is a token (RFC 9110, section 9.1).
func CheckMethod(method string) error {
	if !httpguts.ValidHeaderFieldName(method) {
		return fmt.Errorf("%q is not an HTTP method", method)
	}
	return nil
}

// IsIdempotent reports whether a request with this method may be repeated regardless of its outcome (RFC 9110,
// section 9.2.2). An empty method is GET.
func IsIdempotent(method string) bool {
	switch method {
	case "", "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}
