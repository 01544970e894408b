package cookies

import (
	"maps"
	"net/http"
	"strings"

	"example.com/fetch/internal/web"
)

// Add is a request with further cookies, which come before its own.
func Add(req *http.Request, all []*http.Cookie) *http.Request {
	field := http.Request{Header: http.Header{}}
	for _, c := range all {
		field.AddCookie(c)
	}
	own, _ := web.Field(req.Header, "Cookie")
	with := req.WithContext(req.Context())
	with.Header = maps.Clone(req.Header)
	maps.DeleteFunc(with.Header, func(name string, _ []string) bool { return strings.EqualFold(name, "Cookie") })
	with.Header["Cookie"] = []string{strings.Join(append(field.Header["Cookie"], own...), "; ")}
	return with
}
