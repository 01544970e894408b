package web

import (
	"net/url"
	"strings"
	"testing"
)

func TestReference(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"/a/b?c=d#e":                "/a/b?c=d#e",
		" /a \t":                    "/a",
		"/a b/ü?q=ü x":              "/a%20b/%C3%BC?q=%C3%BC%20x",
		"/\xfc?q=\xfc":              "/%FC?q=%FC",
		"/100%/%zz/%4?p=50%&q=%41":  "/100%25/%25zz/%254?p=50%25&q=%41",
		"?ü":                        "?%C3%BC",
		"#ü%":                       "#%C3%BC%25",
		"/a?b?c#d#e":                "/a?b?c#d%23e",
		`/a\b?<"^|>`:                "/a%5Cb?%3C%22%5E%7C%3E",
		"//b.test/ü":                "//b.test/%C3%BC",
		"//bücher.test":             "//bücher.test",
		"https://me:p%w@b.test/x y": "https://me:p%w@b.test/x%20y",
		"http://[::1]:8080/[x]":     "http://[::1]:8080/[x]",
		"2:30.html":                 "./2:30.html",
		"a/2:30":                    "a/2:30",
		":":                         "./:",
		"javascript:alert(1)":       "javascript:alert(1)",
		"/a\nb c":                   "/a\nb c",
	} {
		if got := Reference(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// FuzzReference: what url.Parse takes, it takes afterwards, too, to the same host, and a second time nothing changes.
func FuzzReference(f *testing.F) {
	for _, s := range []string{"/a b?ü#%", "http://a.test/%", "2:30", "//x", "a:b", "?", "\xff", " /a\tb "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Reference(text)
		if again := Reference(got); again != got {
			t.Errorf("%q becomes %q, and then %q", text, got, again)
		}
		before, err := url.Parse(strings.TrimFunc(text, func(r rune) bool { return r <= ' ' }))
		if err != nil {
			return
		}
		after, err := url.Parse(got)
		if err != nil || after.Host != before.Host || after.Scheme != before.Scheme {
			t.Errorf("%q becomes %q: %v", text, got, err)
		}
	})
}
