package follow

import (
	"net/url"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	const base, none = "http://a.test:8080/list/1?x=1&y=2", ""
	for reference, want := range map[string]string{
		"2":                                 "http://a.test:8080/list/2",
		"/2":                                "http://a.test:8080/2",
		"?x=2":                              "http://a.test:8080/list/1?x=2",
		"":                                  base,
		"#top":                              base,
		"#%zz":                              base,
		"../2#top":                          "http://a.test:8080/2",
		"//b.test/2":                        "http://b.test/2",
		"https://B.Test:443":                "https://b.test/",
		"https://B.Test:80/":                "https://b.test:80/",
		"https://bücher.test/ä?ä":           "https://xn--bcher-kva.test/%C3%A4?%C3%A4",
		"http://[::1]:80/":                  "http://[::1]/",
		" \n/2\t ":                          "http://a.test:8080/2",
		"/a b?q=a b&r=\"<>'":                "http://a.test:8080/a%20b?q=a%20b&r=%22%3C%3E'",
		"/a%2Fb?q=%2F":                      "http://a.test:8080/a%2Fb?q=%2F",
		`\\b.test\x`:                        "http://a.test:8080/list/%5C%5Cb.test%5Cx",
		"/a\nb":                             none,
		"/a\x00b":                           none,
		"/%zz?p=50%":                        "http://a.test:8080/%25zz?p=50%25",
		"/\xfc?q=\xfc":                      "http://a.test:8080/%FC?q=%FC",
		"2:30.html":                         "http://a.test:8080/list/2:30.html",
		"ftp://b.test/":                     none,
		"file:///etc/passwd":                none,
		"javascript:alert(1)":               none,
		"mailto:me@a.test":                  none,
		"http:b.test":                       none,
		"http://":                           none,
		"http://:80/":                       none,
		"http://me@b.test/":                 none,
		"//me:pw@a.test:8080/":              none,
		"http://b.test:0/":                  none,
		"http://b.test:65536/":              none,
		"http://[::1/":                      none,
		"//:0:":                             none,
		"http://[fe80::1%25eth0]/":          none,
		"http://\u200d.test/":               none,
		"/" + strings.Repeat("x", 64<<10):   none,
		"http://b.test:99999999999999999x/": none,
	} {
		got := none
		if u, ok := resolve(base, reference); ok {
			got = u.String()
		}
		if got != want {
			t.Errorf("%q leads to %q, want %q", reference, got, want)
		}
	}
	for raw, want := range map[string]string{
		"HTTP://me:pw@A.Test:80#top": "http://a.test/", "https://a.test:443/x?a b#c": "https://a.test/x?a%20b", "::": none, "ftp://a.test/": none,
	} {
		if got := canonical(raw); got != want {
			t.Errorf("%q is fetched as %q, want %q", raw, got, want)
		}
	}
	for _, base := range []string{"", "::", "mailto:x"} {
		if u, ok := resolve(base, "2"); ok {
			t.Errorf("from %q to %v", base, u)
		}
	}
}

// FuzzResolve: what is followed is a whole http or https URL without userinfo and control characters, in its one form.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"/2", "//b.test", "?q=a b#c", "http://[::1%25x]/", "https://ÄÖ.test:443/", "..//..", "http://a@b/", "\\", "%2f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, reference string) {
		u, ok := resolve("http://a.test/1?x", reference)
		if !ok {
			return
		}
		text := u.String()
		again, err := url.Parse(text)
		if err != nil || again.Host == "" || again.Scheme != "http" && again.Scheme != "https" || again.User != nil || again.Fragment != "" {
			t.Fatalf("%q leads to %q: %v", reference, text, err)
		}
		for i := range len(text) {
			if text[i] <= ' ' || text[i] >= 0x7f {
				t.Fatalf("%q leads to %q", reference, text)
			}
		}
		if canon := canonical(text); canon != text {
			t.Errorf("%q leads to %q, which is fetched as %q", reference, text, canon)
		}
	})
}
