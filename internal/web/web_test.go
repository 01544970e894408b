package web

import (
	"net/http"
	"net/url"
	"testing"

	"example.com/fetch/internal/web/webtest"
)

func TestHost(t *testing.T) {
	for _, c := range webtest.Cases {
		if got := HostOf(c.URL); got != c.Host {
			t.Errorf("the host of %q is %q, want %q", c.URL, got, c.Host)
		}
		u, err := Parse(c.URL)
		if (err == nil) != (c.Host != "") {
			t.Errorf("%q: %v", c.URL, err)
		}
		if err != nil {
			continue
		}
		if got := OriginOf(u).Shown(); got != c.Shown {
			t.Errorf("the host of %q is shown as %q, want %q", c.URL, got, c.Shown)
		}
		name, port := SplitHost(c.Host)
		if normal, ok := Hostname(name); normal != name || !ok {
			t.Errorf("the name %q has another normal form: %q, %t", name, normal, ok)
		}
		for text, want := range map[string]HostSpec{c.Host: {name, port}, u.Hostname(): {Name: name}} {
			if got, err := ParseHostSpec(text); got != want || err != nil {
				t.Errorf("%q is the host %v, want %v; %v", text, got, want, err)
			}
		}
		if err := Normalize(u); err != nil || Host(u) != c.Host || u.Host != c.Shown {
			t.Errorf("%q becomes %q: %v", c.URL, u, err)
		}
	}
}

func TestHostSpec(t *testing.T) {
	for _, c := range []struct {
		text string
		want HostSpec
	}{
		{"A.Test", HostSpec{"a.test", ""}},
		{"a.test:", HostSpec{"a.test", ""}},
		{"a.test:0080", HostSpec{"a.test", "80"}},
		{"Bücher.test:443", HostSpec{"xn--bcher-kva.test", "443"}},
		{"::1", HostSpec{"::1", ""}},
		{"[0:0::1]", HostSpec{"::1", ""}},
		{"[::1]:80", HostSpec{"::1", "80"}},
		{"fe80::1%eth0", HostSpec{"fe80::1%eth0", ""}},
		{"[FE80::1%eth0]:80", HostSpec{"fe80::1%eth0", "80"}},
		{"[fe80::1%25eth0]:80", HostSpec{"fe80::1%eth0", "80"}},
		{"127.0.0.1", HostSpec{"127.0.0.1", ""}},
	} {
		got, err := ParseHostSpec(c.text)
		if err != nil || got != c.want {
			t.Errorf("%q is %v, want %v: %v", c.text, got, c.want, err)
		}
		if again, err := ParseHostSpec(got.String()); again != got || err != nil {
			t.Errorf("%v is written as %q, which is %v: %v", got, got, again, err)
		}
	}
	for _, text := range []string{"", ":80", "a b", " a", "http://a.test", "a.test/", "me@a.test", "*.a.test", "a.test:0", "a.test:x", "a.test:80:81", "::1]:80", "fe80::1%eth0]:80", "a.test\n"} {
		if got, err := ParseHostSpec(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
	if s := (HostSpec{Name: "::1"}); !s.Matches("[::1]:81") || s.Matches("[::2]:81") {
		t.Error("a name does not match any port")
	}
	if s := (HostSpec{"a.test", "80"}); !s.Matches("a.test:80") || s.Matches("a.test:443") || s.Matches("b.a.test:80") {
		t.Error("a name and a port match something else")
	}
}

func TestSameOrigin(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"http://a.test/1", "HTTP://A.test:80/2"}:                 true,
		{"https://bücher.test", "https://xn--bcher-kva.test:443"}: true,
		{"http://[::1]/", "http://[0::1]:80/"}:                    true,
		{"http://a.test/", "https://a.test/"}:                     false,
		{"http://a.test:443/", "https://a.test:443/"}:             false,
		{"http://a.test/", "http://a.test:81/"}:                   false,
		{"http://a.test/", "http://a.test./"}:                     false,
		{"http://a.test/", "http://b.a.test/"}:                    false,
	} {
		a, errA := Parse(pair[0])
		b, errB := Parse(pair[1])
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if SameOrigin(a, b) != want || (OriginOf(a) == OriginOf(b)) != want {
			t.Errorf("%v have the same origin: %t", pair, !want)
		}
	}
	if got := (Origin{"https", "a.test:443"}).String(); got != "https://a.test" {
		t.Error(got)
	}
}

func TestNormalize(t *testing.T) {
	for raw, want := range map[string]string{
		"HTTP://me:pw@A.Test:80#top":  "http://me:pw@a.test/",
		"https://a.test:443/x?a b#c":  "https://a.test/x?a%20b",
		"https://B.Test:80":           "https://b.test:80/",
		"http://a.test/%7e?%7e='<ä>'": "http://a.test/%7e?%7e='%3C%C3%A4%3E'",
		"http://[FE80::1%25x]:80/":    "http://[fe80::1%25x]/",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := Normalize(u); err != nil || u.String() != want {
			t.Errorf("%q becomes %q, want %q: %v", raw, u, want, err)
		}
	}
}

func TestComparable(t *testing.T) {
	seen := map[string]string{}
	for _, same := range [][]string{
		{"http://a.test/", "http://a.test", "HTTP://A.test:80/#top"},
		{"http://a.test/%7Ex%2f", "http://a.test/~x%2F"},
		{"https://[::1]/?%41=%2f&b", "https://[0::1]:443/?A=%2F&b"},
		{"http://me@bücher.test/ä", "http://me@xn--bcher-kva.test/%c3%a4"},
		{"http://a.test:443/"}, {"https://a.test/"}, {"http://a.test/x//y"}, {"http://a.test/x/y"}, {"http://a.test/?"},
		{"http://a.test/x%2fy"}, {"http://a.test/%2525"}, {"http://a.test/%25"}, {"http://a.test/?b=%26"}, {"http://a.test/?b=&"},
		{"not a URL %41"}, {"not a URL A"}, {"http://a.test/?100%"}, {"http://a.test/?100%25"},
	} {
		for _, other := range same {
			text := Comparable(other)
			if text != Comparable(same[0]) || Comparable(text) != text {
				t.Errorf("%q becomes %q, and %q %q", other, text, same[0], Comparable(same[0]))
			}
			if was, ok := seen[text]; ok && was != same[0] {
				t.Errorf("%q and %q are not told apart", was, other)
			}
			seen[text] = same[0]
		}
	}
}

func TestFields(t *testing.T) {
	h := http.Header{"Accept": {"a"}, "x-api-KEY": {"k"}, "Empty": nil}
	for name, want := range map[string]bool{"Accept": true, "accept": true, "X-Api-Key": true, "empty": true, "Key": false} {
		if HasField(h, name) != want {
			t.Errorf("has %s: %t", name, !want)
		}
	}
	if v, ok := Field(h, "X-Api-Key"); !ok || len(v) != 1 || v[0] != "k" {
		t.Error(v, ok)
	}
	for name, want := range map[string]string{"x-api-key": "X-Api-Key", "ETAG": "Etag", "a b": "", "": "", "x\n": "", "ü": ""} {
		if got, ok := FieldName(name); ok != (want != "") || ok && got != want {
			t.Errorf("%q is the field %q, %t", name, got, ok)
		}
	}
	for name, want := range map[string]bool{"accept": true, "User-Agent": true, "Content-Type": true, "Authorization": false, "Cookie": false, "X-Api-Key": false, "Referer": false} {
		if CrossesOrigins(name) != want {
			t.Errorf("%s goes to other origins: %t", name, !want)
		}
	}
}

// BenchmarkHost is what each hop pays.
func BenchmarkHost(b *testing.B) {
	for _, raw := range []string{"http://127.0.0.1:8000/x", "https://api.example.test/x", "https://API.example.test/x", "http://[::1]:8000/x", "https://bücher.test/"} {
		u, err := Parse(raw)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(u.Host, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Host(u)
			}
		})
	}
}
