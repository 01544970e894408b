package web

import (
	"net/http"
	"net/url"
	"strings"
)

// NewRequest is a request with the fields of a header as they are, whatever the case of their names, but for Host, which sets
// the Host header field. It is a value, since WithContext makes a copy that stays.
func NewRequest(method string, u *url.URL, header http.Header) http.Request {
	fields, host := make(http.Header, len(header)+1), u.Host
	for name, values := range header {
		if strings.EqualFold(name, "Host") {
			if len(values) > 0 && values[0] != "" {
				host = values[0]
			}
			continue
		}
		fields[name] = values
	}
	return http.Request{Method: method, URL: u, Host: host, Header: fields, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}
