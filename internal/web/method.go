package web

// IsIdempotent reports whether a request of this method may be sent again whatever became of it (RFC 9110, section 9.2.2).
// No method is GET.
func IsIdempotent(method string) bool {
	switch method {
	case "", "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}
