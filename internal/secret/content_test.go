package secret_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
)

// TestHasSecretContent: fields, members and parts by their names, cells of secret columns, and copies of what is secret elsewhere.
func TestHasSecretContent(t *testing.T) {
	const form, multipart = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
	part := func(name string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\nvalue\r\n--b--\r\n"
	}
	for _, c := range []struct {
		kind, body string
		want       bool
	}{
		{form, "user=a&password=b", true}, {form, "user=a", false}, {form, "mine=b", true},
		{"application/json", `{"password":"b"}`, true}, {"application/json", `{"name":"b"}`, false},
		{multipart, part("password"), true}, {multipart, part("name"), false},
		{"text/plain", "the cell is abcdefgh", true}, {"text/plain", "the token is from-the-header", true}, {"text/plain", "none", false},
	} {
		req := &fetcher.Request{
			URL: "http://a.test/", Row: fetcher.Row{{Column: "mine", Value: "abcdefgh"}},
			Header: http.Header{"Content-Type": {c.kind}, "Authorization": {"Bearer from-the-header"}},
			Body:   func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(c.body)), nil },
			Tag:    &secret.Origin{Rules: secret.NewRules("mine")},
		}
		if got := secret.Of(req).HasSecretContent(); got != c.want {
			t.Errorf("%s %q: %v", c.kind, c.body, got)
		}
	}
}
