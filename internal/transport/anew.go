package transport

import "net/http"

// Anew is a transport like t that uses no connection twice; t itself if it is not net/http's.
func Anew(t http.RoundTripper) http.RoundTripper {
	plain, ok := t.(*http.Transport)
	if !ok {
		return t
	}
	plain = plain.Clone()
	plain.DisableKeepAlives = true
	return plain
}
