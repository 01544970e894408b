package web

import (
	"net"
	"strings"
	"testing"

	"example.com/fetch/internal/web/webtest"
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

// FuzzHostSpec: whatever a user writes for a host, it is written again as what means the same, and it matches the host of
// the URL that has it.
func FuzzHostSpec(f *testing.F) {
	for _, s := range []string{"A.test:080", "[fe80::1%eth0]:80", "::1", "Bücher.test", "me@a.test", "a.test:", "%25"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := ParseHostSpec(text)
		if err != nil {
			return
		}
		if again, err := ParseHostSpec(spec.String()); again != spec || err != nil {
			t.Errorf("%q is %+v, and written as %q %+v: %v", text, spec, spec, again, err)
		}
		if host := HostOf("http://" + text); host != "" && !spec.Matches(host) {
			t.Errorf("%q does not match %q", text, host)
		}
	})
}

// FuzzComparable: it changes nothing the second time, nor what is dialled.
func FuzzComparable(f *testing.F) {
	for _, c := range webtest.Cases {
		f.Add(c.URL)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		text := Comparable(raw)
		if again := Comparable(text); again != text {
			t.Errorf("%q becomes %q, and that %q", raw, text, again)
		}
		if HostOf(text) != HostOf(raw) {
			t.Errorf("%q has the host %q, and %q %q", raw, HostOf(raw), text, HostOf(text))
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c >= 0x80 }) < 0
}
