package testserver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick has no waits of its own.
func quick() *Handler {
	none := Delay{Max: -1}
	return New(Options{FingertipsDelay: none, PubChemDelay: none})
}

// ask sends one request to the handler, with "Name: value" headers.
func ask(t *testing.T, h http.Handler, method, url string, headers ...string) *http.Response {
	t.Helper()
	return askBody(t, h, method, url, "", headers...)
}

func askBody(t *testing.T, h http.Handler, method, url, body string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
