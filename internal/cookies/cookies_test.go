package cookies

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// What a server sets is bounded: in one response, and over all pages of a request.
func TestManyCookies(t *testing.T) {
	var c Set
	by, _ := url.Parse("http://a.test/")
	for i := range 3 * maxCookies {
		c.Put(by, []*http.Cookie{{Name: fmt.Sprint("n", i), Value: "v"}, {Name: "same", Value: fmt.Sprint(i)}})
	}
	if n := len(c.jar.Cookies(by)); n > maxCookies || len(c.set) > maxCookies {
		t.Errorf("%d cookies are kept, and %d sets", n, len(c.set))
	}
}
