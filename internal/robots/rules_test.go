package robots

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// allows reports whether a robots.txt allows a URL for a crawler.
func allows(t *testing.T, text, token, raw string) bool {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	r := Parse([]byte(text), token).match(u.RequestURI())
	return r == nil || r.allow
}

// TestRFC has the examples of RFC 9309, sections 2.2.1 to 2.2.3 and 5.
func TestRFC(t *testing.T) {
	const (
		merged = "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz\n"
		simple = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n" +
			"User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n" +
			"User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n\nEOF\n"
		longest = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"
		one     = "User-Agent: *\nDisallow: "
	)
	for _, test := range []struct {
		text, token, path string
		allowed           bool
	}{
		{merged, "examplebot", "/foo", false}, {merged, "ExampleBot", "/bar/x", false}, {merged, "EXAMPLEBOT", "/baz", false}, {merged, "ExampleBot", "/qux", true},
		{merged, "Example", "/foo", true}, {merged, "ExampleBotty", "/foo", true},
		{simple, "unnamed", "/a.gif", false}, {simple, "unnamed", "/a.gif?x", true}, {simple, "unnamed", "/example/", false}, {simple, "unnamed", "/publications/", true},
		{simple, "foobot", "/", false}, {simple, "foobot", "/example/page.html", true}, {simple, "foobot", "/example/allowed.gif", true}, {simple, "foobot", "/publications/", false},
		{simple, "barbot", "/example/page.html", false}, {simple, "bazbot", "/example/page.html", false}, {simple, "bazbot", "/a.gif", true},
		{simple, "quxbot", "/example/page.html", true}, {simple, "quxbot", "/a.gif", true},
		{longest, "foobot", "/example/page/", true}, {longest, "foobot", "/example/page/disallowed.gif", false},

		{one + "/foo/bar?baz=quz", "f", "/foo/bar?baz=quz", false},
		{one + "/foo/bar?baz=https://foo.bar", "f", "/foo/bar?baz=https://foo.bar", false},
		{one + "/foo/bar?baz=https://foo.bar", "f", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", false},
		{one + "/foo/bar?baz=https%3a%2f%2Ffoo.bar", "f", "/foo/bar?baz=https://foo.bar", false},
		{one + "/foo/bar/ツ", "f", "/foo/bar/%E3%83%84", false}, {one + "/foo/bar/%e3%83%84", "f", "/foo/bar/ツ", false},
		{one + "/foo/bar/%62%61%7A", "f", "/foo/bar/baz", false}, {one + "/foo/bar/baz", "f", "/foo/bar/%62%61%7A", false},
		{one + "/a%2Fb", "f", "/a/b", true}, {one + "/a/b", "f", "/a%2fb", true}, {one + "/a%2Fb", "f", "/a%2fb", false},

		{one + "/this/*/exactly", "f", "/this/and/that/exactly", false}, {one + "/this/$", "f", "/this/", false}, {one + "/this/$", "f", "/this/x", true},
		{one + "/path/file-with-a-%2A.html", "f", "/path/file-with-a-*.html", false}, {one + "/path/file-with-a-%2A.html", "f", "/path/file-with-a-b.html", true},
		{one + "/path/foo-%24", "f", "/path/foo-$", false}, {one + "/path/foo-%24", "f", "/path/foo-", true}, {one + "/a$b", "f", "/a$b/c", false},
	} {
		if got := allows(t, test.text, test.token, "http://a.test"+test.path); got != test.allowed {
			t.Errorf("%s may have %s of\n%s: %v", test.token, test.path, test.text, got)
		}
	}
}

// TestGoogle has the cases of Google's parser (github.com/google/robotstxt, robots_test.cc) that are not its own extensions:
// a file, and what it allows and disallows for FooBot.
func TestGoogle(t *testing.T) {
	const own = "user-agent: FooBot\n"
	for _, test := range []struct{ text, allowed, disallowed string }{
		{own + "disallow: /\n", "", "/x/y"},
		{"foo: FooBot\nbar: /\n", "/x/y", ""},
		{"user-agent FooBot\ndisallow /\n", "", "/x/y"},
		{"allow: /foo/bar/\n\n" + own + "disallow: /\nallow: /x/\nuser-agent: BarBot\ndisallow: /\nallow: /y/\n\n\nallow: /w/\n" +
			"user-agent: BazBot\n\n" + own + "allow: /z/\ndisallow: /\n", "/x/b /z/d", "/y/c /foo/bar/"},
		{"USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /\n", "/x/y", "/a/b"}, {"uSeR-aGeNt: FooBot\nAlLoW: /x/\ndIsAlLoW: /\n", "/x/y", "/a/b"},
		{"User-Agent: FOOBOT BAR\nAllow: /x/\nDisallow: /\n", "/x/y", "/a/b"}, {"User-Agent: foobot/1.2\nAllow: /x/\nDisallow: /\n", "/x/y", "/a/b"},
		{"User-Agent: *\nDisallow: /\nUser-Agent: FooBot Bar\nAllow: /x/\nDisallow: /\n", "/x/y", "/a"},
		{"user-agent: *\nallow: /\n" + own + "disallow: /\n", "", "/x/y"}, {own + "allow: /\nuser-agent: BarBot\ndisallow: /\n", "/x/y", ""},
		{"user-agent: BarBot\ndisallow: /\n", "/x/y", ""}, {"", "/x/y", ""},
		{own + "disallow: /x/\n", "/X/y", "/x/y"}, {own + "disallow: /X/\n", "/x/y", "/X/y"},
		{own + "disallow: /x/page.html\nallow: /x/\n", "/x/", "/x/page.html"}, {own + "allow: /x/page.html\ndisallow: /x/\n", "/x/page.html", "/x/"},
		{own + "disallow: \nallow: \n", "/x", ""}, {own + "disallow: /\nallow: /\n", "/x", ""}, {own + "disallow: /x\nallow: /x/\n", "/x/", "/x"},
		{own + "disallow: /x/page.html\nallow: /x/page.html\n", "/x/page.html", ""}, {own + "allow: /page\ndisallow: /*.html\n", "/page", "/page.html"},
		{own + "allow: /x/page.\ndisallow: /*.html\n", "/x/page.html", "/x/y.html"}, {"User-agent: *\nDisallow: /x/\n" + own + "Disallow: /y/\n", "/x/page", "/y/page"},
		{own + "Disallow: /\nAllow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par\n", "/foo/bar?qux=taz&baz=http://foo.bar?tar&par", "/foo/bar?qux"},
		{own + "Disallow: /foo/bar/quz\nAllow: /foo/*/qux\n", "/foo/quz /foo//quz /foo/bax/quz", "/foo/bar/quz"},
		{own + "Disallow: /foo/bar$\nAllow: /foo/bar/qux\n", "/foo/bar/qux /foo/bar/ /foo/bar/baz", "/foo/bar"},
		{own + "# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n", "/foo/bar", "/foo/quz"},
		{own + "disallow: /\nallow: /fish\n", "/fish /fish.html /fish/salmon.html /fishheads /fish.html?id=anything", "/bar /Fish.asp /catfish /?id=fish"},
		{own + "disallow: /\nallow: /fish*\n", "/fish /fish.html /fish/salmon.html /fishheads /fish.html?id=anything", "/bar /Fish.asp /catfish /?id=fish"},
		{own + "disallow: /\nallow: /fish/\n", "/fish/ /fish/salmon /fish/?salmon /fish/?id=anything", "/bar /fish /fish.html /Fish/Salmon.html"},
		{own + "disallow: /\nallow: /*.php\n", "/filename.php /folder/filename.php?parameters //folder/any.php.file.html /filename.php/ /index?f=filename.php/",
			"/bar /php/ /index?php /windows.PHP"},
		{own + "disallow: /\nallow: /*.php/\n", "/index?f=filename.php/", "/a.php"},
		{own + "disallow: /\nallow: /*.php$\n", "/filename.php /folder/filename.php", "/bar /filename.php?parameters /filename.php/ /filename.php5 /php/ /aaaphpaaa //windows.PHP"},
		{own + "disallow: /\nallow: /fish*.php\n", "/fish.php /fishheads/catfish.php?parameters", "/bar /Fish.PHP"},
		{own + "allow: /p\ndisallow: /\n", "/page", "/x"}, {own + "allow: /folder\ndisallow: /folder\n", "/folder/page", ""},
		{own + "allow: /page\ndisallow: /*.htm\n", "", "/page.htm"}, {own + "allow: /$\ndisallow: /\n", "/", "/page.html"},
	} {
		for path := range strings.FieldsSeq(test.allowed) {
			if !allows(t, test.text, "FooBot", "http://foo.bar"+path) {
				t.Errorf("%s is disallowed by\n%s", path, test.text)
			}
		}
		for path := range strings.FieldsSeq(test.disallowed) {
			if allows(t, test.text, "FooBot", "http://foo.bar"+path) {
				t.Errorf("%s is allowed by\n%s", path, test.text)
			}
		}
	}
}

// TestLines: each kind of end of line, a BOM, blanks, comments and lines of other things.
func TestLines(t *testing.T) {
	lines := []string{"# a comment", "User-Agent : Fetch # ours", "", "Sitemap: http://a.test/s.xml", "\tDisallow:\t/a b  ", "noise", ": /", "Disallow: private"}
	for _, end := range []string{"\n", "\r\n", "\r"} {
		for _, begin := range []string{"", "\xef\xbb\xbf"} {
			r := Parse([]byte(begin+strings.Join(lines, end)), "fetch")
			if got := fmt.Sprint(len(r.rules), r.match("/a%20b/c")); got != "1 Disallow: /a%20b, line 5" {
				t.Errorf("with %q and %q: %s", begin, end, got)
			}
		}
	}
	long := Parse([]byte("User-agent: *\nAllow: /"+strings.Repeat("x", 1000)+"\x1b[31m"), "fetch").rules[0].String()
	if len(long) > 130 || !strings.HasPrefix(long, "Allow: /xxx") {
		t.Errorf("shown as %q", long)
	}
	for agent, want := range map[string]string{"fetch/0.1.0": "fetch", "fetch": "fetch", "My-Bot_2.0 (x)": "My-Bot_2.0", "": "", "(x)": ""} {
		if got := Token(agent); got != want {
			t.Errorf("the token of %q is %q", agent, got)
		}
	}
}

func TestDelay(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"User-agent: *\nCrawl-delay: 5": 5 * time.Second, "User-agent: fetch\nCrawl-Delay: 0.25\nDisallow:": 250 * time.Millisecond,
		"User-agent: *\nCrawl-delay: 5\nUser-agent: fetch\nDisallow: /":                                    0,
		"User-agent: fetch\nCrawl-delay: 5\n\nUser-agent: x\nDisallow:\nUser-agent: fetch\nCrawl-delay: 2": 5 * time.Second,
		"Crawl-delay: 5": 0, "User-agent: *\nCrawl-delay: soon": 0, "User-agent: *\nCrawl-delay: -1": 0, "User-agent: *\nCrawl-delay: NaN": 0,
		"User-agent: *\nCrawl-delay: 1e300": maxDelay, "User-agent: *\nCrawl-delay: Inf": maxDelay,
	} {
		if got := Parse([]byte(text), "fetch").Delay; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	// It is none of the RFC's lines, and so does not end the lines of user agents (section 2.2.4).
	if allows(t, "User-agent: fetch\nCrawl-delay: 5\nUser-agent: x\nDisallow: /", "fetch", "http://a.test/") {
		t.Error("a Crawl-delay has ended the lines of user agents")
	}
}

// FuzzRules: whatever a server says, there is an answer, it is the same however paths are escaped that need not be, and what
// is shown of it is plain text.
func FuzzRules(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b$\nAllow: /%61\nCrawl-delay: 1", "/axb?c=%2f")
	f.Add("\xef\xbb\xbfuser-agent fetch\rdisallow /\x00%", "/%zz")
	f.Add("user-agent:*\nallow:/*?*:***$\ndisallow:*", "/?:\xff")
	f.Fuzz(func(t *testing.T, text, path string) {
		r := Parse([]byte(text), "fetch")
		if r.Delay < 0 || r.Delay > maxDelay {
			t.Fatalf("a delay of %v", r.Delay)
		}
		found := r.match(path)
		if again := r.match(normal(path, false, '*', '$')); again != found {
			t.Fatalf("%q: %v, and in normal form %v", path, found, again)
		}
		if found == nil {
			return
		}
		for _, c := range found.String() {
			if c < ' ' || c == 0x7f || c > 0x7f && c != '…' {
				t.Fatalf("shown as %q", found.String())
			}
		}
		for i := range r.rules {
			if other := &r.rules[i]; matches(other.pattern, normal(path, false, '*', '$')) && len(other.pattern) > len(found.pattern) {
				t.Fatalf("%v, though %v is longer", found, other)
			}
		}
	})
}
