package cookies

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A Jar forgets what was set longest ago, of a domain that sets too much before all others.
func TestJarIsBounded(t *testing.T) {
	j := NewJar()
	at := func(host string, set ...*http.Cookie) {
		u, _ := url.Parse("http://" + host + "/a/b")
		j.SetCookies(u, set)
	}
	names := func(host string) (all []string) {
		u, _ := url.Parse("http://" + host + "/a/b")
		for _, c := range j.Cookies(u) {
			all = append(all, c.Name+"="+c.Value)
		}
		return all
	}
	at("first.test", &http.Cookie{Name: "sid", Value: "1"})
	for i := range 200 {
		host := []string{"www.greedy.test", "greedy.test", "a.b.greedy.test"}[i%3]
		at(host, &http.Cookie{Name: fmt.Sprint("n", i), Value: "v", Domain: ".Greedy.test", Path: []string{"", "/", "/a"}[i%3]})
		at("www.first.test", &http.Cookie{Name: "again", Value: fmt.Sprint(i), Domain: "first.test"})
	}
	if n := len(names("greedy.test")); n != maxOfDomain || j.kept.Len() != maxOfDomain+2 {
		t.Errorf("%d cookies of one domain, %d in all", n, j.kept.Len())
	}
	if got := fmt.Sprint(names("first.test")); got != "[sid=1 again=199]" {
		t.Error(got)
	}
	at("evil.test", &http.Cookie{Name: "sid", Domain: "first.test", MaxAge: -1}, &http.Cookie{Name: "x", Domain: "test"})
	for i := range maxOfDomain {
		at("evil.test", &http.Cookie{Name: fmt.Sprint("n", i), Value: "v", Domain: "first.test"})
	}
	if got := fmt.Sprint(names("first.test")); got != "[sid=1 again=199]" {
		t.Errorf("another host's cookies: %s", got)
	}
	for i := range 2 * maxInJar {
		at(fmt.Sprintf("h%d.test", i), &http.Cookie{Name: "a", Value: "v"})
	}
	if len(names("first.test")) != 0 || len(names("h0.test")) != 0 || len(names(fmt.Sprintf("h%d.test", 2*maxInJar-1))) != 1 ||
		j.kept.Len() != maxInJar || len(j.known) != maxInJar || len(j.of) != maxInJar {
		t.Errorf("%d, %d, %d in the jar", j.kept.Len(), len(j.known), len(j.of))
	}
	resp := &http.Response{Header: http.Header{"Set-Cookie": {"a=b; Path=/" + strings.Repeat("x", maxLine), "c=d"}}}
	if got := Of(resp); len(got) != 1 || got[0].Name != "c" {
		t.Errorf("taken: %v", got)
	}
}

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
