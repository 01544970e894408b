package web

import (
	"net"
	"strings"
	"testing"
)

// FuzzURL: whatever the URL, its password is neither in what is shown of it nor in what is said of it, and the host that
// limits go by has its one form.
func FuzzURL(f *testing.F) {
	f.Add("secret", "a.test/path?q=1#f")
	f.Add("se%zzcret", "[::1]:80/")
	f.Add("p@ss word", "Bücher.test:8080/a@b")
	f.Add("x:y:zz", "a.test:99999/")
	f.Fuzz(func(t *testing.T, password, rest string) {
		if len(password) < 4 || strings.ContainsAny(password, "/?#\\") || strings.Contains("http://user:@not a URL"+rest, password) {
			return
		}
		raw := "http://user:" + password + "@" + rest
		if shown := WithoutUserinfo(raw); strings.Contains(shown, password) {
			t.Errorf("%q is shown as %q", raw, shown)
		}
		u, err := Parse(raw)
		if err != nil {
			if strings.Contains(err.Error(), password) {
				t.Errorf("of %q is said: %v", raw, err)
			}
			return
		}
		host := Host(u)
		name, port, err := net.SplitHostPort(host)
		if err != nil || name == "" || port == "" || !isASCII(host) || name != strings.ToLower(name) && !strings.Contains(name, "%") {
			t.Errorf("the host of %q is %q: %v", raw, host, err)
		}
		u.Host = host
		if again := Host(u); again != host {
			t.Errorf("the host of %q is %q, and then %q", raw, host, again)
		}
	})
}
