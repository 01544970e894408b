package web

import (
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// FieldName returns the canonical form of a header field's name, and whether it is valid.
func FieldName(name string) (string, bool) {
	return http.CanonicalHeaderKey(name), httpguts.ValidHeaderFieldName(name)
}

// CheckFields returns an error that names an invalid field of a header. It shows no value, which may be a secret.
func CheckFields(h http.Header) error {
	for name, values := range h {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("%q is not a header field name", name)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return fmt.Errorf("the value of header field %s holds a character that may not stand there", name)
			}
		}
	}
	return nil
}

// Field returns the values of a header field, ignoring the case of its name, and whether it exists.
func Field(h http.Header, name string) ([]string, bool) {
	if values, ok := h[name]; ok {
		return values, true
	}
	for n, values := range h {
		if strings.EqualFold(n, name) {
			return values, true
		}
	}
	return nil, false
}

// Conditional are the fields that make a request conditional, and the range (RFC 9110, sections 13 and 14).
var Conditional = []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"}

// HasField reports whether a header has a field, ignoring the case of its name.
func HasField(h http.Header, name string) bool {
	_, ok := Field(h, name)
	return ok
}

// CrossesOrigins reports whether a field may be sent to an origin that it was not meant for, as on redirects and
// for further pages: it only describes what is wanted, the content, or the program.
func CrossesOrigins(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "Range", "User-Agent":
		return true
	}
	return false
}
