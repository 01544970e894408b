package web

// IsIdempotent reports whether a request with this method may be repeated regardless of its outcome (RFC 9110,
// section 9.2.2). An empty method is GET.
func IsIdempotent(method string) bool {
	switch method {
	case "", "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}
