package format

import (
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
	"example.com/fetch/internal/web/webtest"
)

// parseOne parses a line as it stands in a file.
func parseOne(line string) (req fetcher.Request, found bool, bad *LineError) {
	var p Parser
	if found, bad = p.parse([]byte(line)); found {
		p.fill(&req)
	}
	return req, found, bad
}

func TestLine(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, tt := range []struct{ line, name, url string }{
		{"http://h/", "", "http://h/"},
		{"https://example.com", "", "https://example.com"},
		{"http://h?x=1", "", "http://h?x=1"},
		{"ethanol http://h/x", "ethanol", "http://h/x"},
		{"acetic acid \t http://h/x", "acetic acid", "http://h/x"},
		{"  water  http://h/x \t ", "water", "http://h/x"},
		{"\ufeffhttp://h/", "", "http://h/"},
		{"\ufeffname http://h/", "name", "http://h/"},
		{"Wasser/für http://h/", "Wasser/für", "http://h/"},
		{"name=http://h/", "name=", "http://h/"},
		{"a:b, http://h/", "a:b,", "http://h/"},
		{"get http://h/", "get", "http://h/"},
		{"GET it http://h/", "GET it", "http://h/"},
		{"say \"x\" http://h/", "say \"x\"", "http://h/"},
		{"no.2 # http://h/", "no.2 #", "http://h/"},
		{"xhttps://h/", "x", "https://h/"},
		{"ftp://x http://h/", "ftp://x", "http://h/"},

		// the URL's path and query
		{"http://h/acetic acid/x", "", "http://h/acetic%20acid/x"},
		{"http://h/?q=acetic acid", "", "http://h/?q=acetic%20acid"},
		{"http://h/a  b", "", "http://h/a%20%20b"},
		{"http://h/Größe?ü=ß", "", "http://h/Gr%C3%B6%C3%9Fe?%C3%BC=%C3%9F"},
		{"http://h/a%2Fb%20c?d=%41%e4", "", "http://h/a%2Fb%20c?d=%41%e4"},
		{"http://h/a%2Fb/{c}", "", "http://h/a%2Fb/%7Bc%7D"},
		{"http://h/{a,b}?c={d}", "", "http://h/%7Ba,b%7D?c=%7Bd%7D"},
		{"http://h/\"<>\\^`|", "", "http://h/%22%3C%3E%5C%5E%60%7C"},
		{"http://h/?a[]=1&b='c'", "", "http://h/?a[]=1&b='c'"},
		{"http://h/-._~!$&'()*+,;=:@", "", "http://h/-._~!$&'()*+,;=:@"},
		{"http://h/../a//b/.", "", "http://h/../a//b/."},
		{"http://h/?u=http://x/?y", "", "http://h/?u=http://x/?y"},
		{"http://h/?a?b", "", "http://h/?a?b"},
		{"http://h/\u00a0", "", "http://h/"},
		{"http://h/a\u00a0b", "", "http://h/a%C2%A0b"},
		{"http://h/x#top", "", "http://h/x"},
		{"http://h#top", "", "http://h"},
		{"http://h/x?q#a?b/c", "", "http://h/x?q"},
		{"http://h/x  # a remark", "", "http://h/x"},

		// scheme, host and port
		{"HTTP://h/", "", "http://h/"},
		{"HttpS://Example.COM/Path", "", "https://example.com/Path"},
		{"http://bücher.example/", "", "http://xn--bcher-kva.example/"},
		{"http://BÜCHER.example:8080/", "", "http://xn--bcher-kva.example:8080/"},
		{"http://日本語。jp", "", "http://xn--wgv71a119e.jp"},
		{"http://xn--bcher-kva.example/", "", "http://xn--bcher-kva.example/"},
		{"http://a_b.example.com/", "", "http://a_b.example.com/"},
		{"http://example.com./", "", "http://example.com./"},
		{"http://" + label + "." + label + ".x/", "", "http://" + label + "." + label + ".x/"},
		{"http://127.0.0.1:8000/x", "", "http://127.0.0.1:8000/x"},
		{"http://h:1/", "", "http://h:1/"},
		{"http://h:65535", "", "http://h:65535"},
		{"http://h:65535?q", "", "http://h:65535?q"},
		{"http://h:/x", "", "http://h/x"},
		{"http://h:00080/x", "", "http://h:80/x"},
		{"http://[::1]/", "", "http://[::1]/"},
		{"http://[2001:DB8::A]:8080/x", "", "http://[2001:db8::a]:8080/x"},
		{"http://[::ffff:1.2.3.4]/", "", "http://[::ffff:1.2.3.4]/"},
		{"http://[fe80::1%25eth0]/", "", "http://[fe80::1%25eth0]/"},

		// user and password
		{"http://u:p@h/", "", "http://u:p@h/"},
		{"http://u@h:8080/", "", "http://u@h:8080/"},
		{"http://u:p@ss wörd@h/", "", "http://u:p%40ss%20w%C3%B6rd@h/"},
		{"http://u:%2F%3A@H/", "", "http://u:%2F%3A@h/"},
	} {
		req, found, bad := parseOne(tt.line)
		if bad != nil {
			t.Errorf("%q: %v", tt.line, bad)
			continue
		}
		if !found || req.Name != tt.name || req.URL != tt.url {
			t.Errorf("%q: got %q, %q; want %q, %q", tt.line, req.Name, req.URL, tt.name, tt.url)
		}
		checkURL(t, tt.line, req.URL)
	}
}

// checkURL checks what holds for every URL that a list gives.
func checkURL(t *testing.T, line, raw string) {
	t.Helper()
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c >= 0x7f {
			t.Errorf("%q: byte %#x in %q", line, c, raw)
		}
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if u.Hostname() == "" || u.Hostname() != strings.ToLower(u.Hostname()) && u.Hostname()[0] != '[' && !strings.Contains(u.Hostname(), "%") {
		t.Errorf("%q: host %q", line, u.Hostname())
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" {
		t.Errorf("%q: %q", line, raw)
	}
	path := raw[strings.Index(raw, "://")+len("://"):]
	path = strings.TrimLeftFunc(path, func(r rune) bool { return r != '/' && r != '?' })
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if sent := u.RequestURI(); sent != path {
		t.Errorf("%q: %q is sent as %q", line, raw, sent)
	}
	if again, found, bad := parseOne(raw); bad != nil || !found || again.URL != raw {
		t.Errorf("%q: %q is read as %q, %v", line, raw, again.URL, bad)
	}
}

func TestLineWithoutEntry(t *testing.T) {
	for _, line := range []string{"", " ", "\t \r", "#", "# http://h/", "#http://h/", "\ufeff# x", "\ufeff", "\u00a0"} {
		if _, found, bad := parseOne(line); found || bad != nil {
			t.Errorf("%q: %v, %v", line, found, bad)
		}
	}
}

// TestHostOfLine: a list has the hosts that every other part of the program sees, as far as it takes them.
func TestHostOfLine(t *testing.T) {
	taken := 0
	for _, c := range webtest.Cases {
		req, found, bad := parseOne(c.URL)
		if !found || bad != nil {
			continue
		}
		taken++
		if got := web.HostOf(req.URL); got != c.Host {
			t.Errorf("%q becomes %q, whose host is %q, want %q", c.URL, req.URL, got, c.Host)
		}
	}
	if taken < 50 {
		t.Errorf("only %d URLs are taken", taken)
	}
}

func TestBadLine(t *testing.T) {
	const host = "; a host name has letters, digits, hyphens, and dots between its parts"
	const ipv6 = "; write it like http://[2001:db8::1]:8080/, a zone like [fe80::1%25eth0]"
	const port = "the port is not a number from 1 to 65535; write it as http://HOST:PORT/PATH, or leave it out"
	for _, tt := range []struct{ line, want string }{
		{"example.com/x", `"example.com/x": there is no http:// or https://; write https://example.com/x`},
		{"water example.com/x?k=v", `"water example.com/x?…": there is no http:// or https://; write https://example.com/x?…`},
		{"u:secret@example.com/x", `"***@example.com/x": there is no http:// or https://; write https://***@example.com/x`},
		{"//example.com/x", `"//example.com/x": there is no http:// or https://; write https://example.com/x`},
		{"localhost:8000/x", `"localhost:8000/x": there is no http:// or https://; write http://localhost:8000/x`},
		{"hello", `"hello": there is no http:// or https://; write one URL on each line, with the scheme`},
		{"x\x1b[2J\u202e", `"x\x1b[2J\u202e": there is no http:// or https://; write one URL on each line, with the scheme`},
		{"ftp://h/x", `"ftp://h/x": the scheme is neither http:// nor https://; only these can be fetched`},
		{"htpp://h/x", `"htpp://h/x": the scheme is neither http:// nor https://; write http:// or https://`},
		{"http:/h/x", `"http:/h/x": two slashes do not follow the scheme; write http:// or https://`},
		{"HTTPS:h/x", `"HTTPS:h/x": two slashes do not follow the scheme; write http:// or https://`},
		{"GET /x", `"GET /x": this looks like a raw HTTP request; write the whole URL alone, and give the method with -X GET`},
		{"Authorization: Bearer secret", `"Authorization:…": this looks like a header field, not a URL; give header fields with -H`},
		{"  token=secret", `"token=…": there is no http:// or https://; write one URL on each line, with the scheme`},
		{" referer=http://h/", `"referer=…": this looks like an option of aria2's format; say --input-format aria2`},
		{" out=x", `"out=…": this looks like an option of aria2's format; say --input-format aria2`},
		{" # http://h/", `"http://h/": # is not at the start of the line; remove the blanks before it, if this is a comment`},

		{"GET http://h/x", `"http://h/x": the name GET is an HTTP method; this looks like vegeta's format; write the URL alone, and give the method with -X GET; or say --input-format vegeta`},
		{"DELETE  http://h/x", `"http://h/x": the name DELETE is an HTTP method; this looks like vegeta's format; write the URL alone, and give the method with -X DELETE; or say --input-format vegeta`},
		{`"http://h/x"`, `"http://h/x\"": the URL is in quotes or brackets; write it without them`},
		{`{"url": "http://h/x"}`, `"http://h/x\"}": the URL is in quotes or brackets; write it without them`},
		{`<a href='http://h/x'>`, `"http://h/x'>": the URL is in quotes or brackets; write it without them`},
		{"<http://h/x>", `"http://h/x>": the URL is in quotes or brackets; write it without them`},
		{"[x](http://h/x)", `"http://h/x)": the URL is in quotes or brackets; write it without them`},
		{"caf\xe9 http://h/", `"http://h/": the name is not UTF-8; save the list as UTF-8`},
		{"a\x1bb http://h/", `"http://h/": the name holds a control character; remove it`},

		{"http://a/ http://b/", `"http://a/ http://b/": there are two URLs on the line; put each on a line of its own, or write the blank between them as %20 if this is one URL`},
		{"http://a/\thttp://b/", `"http://a/\thttp://b/": the URL holds a control character (0x09); put one URL on each line and nothing behind it, or write the character as %09`},
		{"http://a/\x00", `"http://a/\x00": the URL holds a control character (0x00); put one URL on each line and nothing behind it, or write the character as %00`},
		{"http://a/\x7fb", `"http://a/\x7fb": the URL holds a control character (0x7f); put one URL on each line and nothing behind it, or write the character as %7F`},
		{"http://a/caf\xe9", `"http://a/caf\xe9": the URL is not UTF-8; save the list as UTF-8, or write such bytes as escapes like %E9`},
		{"http://h/%zz", `"http://h/%zz": the escape %zz is not a percent sign with two hexadecimal digits; write the percent sign itself as %25`},
		{"http://h/?q=100%", `"http://h/?…": the escape % is not a percent sign with two hexadecimal digits; write the percent sign itself as %25`},
		{"http://h/a%4", `"http://h/a%4": the escape %4 is not a percent sign with two hexadecimal digits; write the percent sign itself as %25`},
		{"http://u:p@h/%zz", `"http://***@h/%zz": the escape % is not a percent sign with two hexadecimal digits; write the percent sign itself as %25`},
		{"http://u:p%zz@h/", `"http://***@h/": a % before the @ is not followed by two hexadecimal digits; write the percent sign itself as %25`},

		{"http://", `"http://": there is no host; write it as http://HOST/PATH`},
		{"http:///x", `"http:///x": there is no host; write it as http://HOST/PATH`},
		{"http://?x", `"http://?…": there is no host; write it as http://HOST/PATH`},
		{"http://:80/", `"http://:80/": there is no host; write it as http://HOST/PATH`},
		{"http://u:p@/", `"http://***@/": there is no host; write it as http://HOST/PATH`},
		{`http://a\@b/`, `"http://***@b/": there is a \ before the path; write it as http://HOST/PATH`},
		{"http://exa mple/", `"http://exa mple/": the host contains a character that is not allowed` + host},
		{"http://a%20b/", `"http://a%20b/": the host contains a character that is not allowed` + host},
		{"http://./", `"http://./": there is nothing between two dots of the host` + host},
		{"http://a..b/", `"http://a..b/": there is nothing between two dots of the host` + host},
		{"http://.a/", `"http://.a/": there is nothing between two dots of the host` + host},
		{"http://" + strings.Repeat("a", 64) + "/", `"http://` + strings.Repeat("a", 64) + `/": a part of the host is longer than 63 bytes` + host},
		{"http://ü\u200e/", `"http://ü\u200e/": the host cannot be written in punycode` + host},
		{"http://h:0/", `"http://h:0/": ` + port},
		{"http://h:65536/", `"http://h:65536/": ` + port},
		{"http://h:x/", `"http://h:x/": ` + port},
		{"http://h:-1/", `"http://h:-1/": ` + port},
		{"http://h:99999999999999999999/", `"http://h:99999999999999999999/": ` + port},
		{"http://u:pa/ss@h/", `"http://***@h/": ` + port + "; in a password write / ? # as %2F %3F %23"},
		{"http://u:p@ss@h:0/", `"http://***@h:0/": ` + port},
		{"http://u:pa#ss@h/", `"http://***@h/": ` + port + "; in a password write / ? # as %2F %3F %23"},
		{"http://::1/", `"http://::1/": there is more than one colon in the host; write an IPv6 address in brackets, like http://[::1]:8080/`},
		{"http://[::1/", `"http://[::1/": a bracket of the host is not closed` + ipv6},
		{"http://[::1]x/", `"http://[::1]x/": a bracket of the host is not closed` + ipv6},
		{"http://[1.2.3.4]/", `"http://[1.2.3.4]/": the text in brackets is not an IPv6 address` + ipv6},
		{"http://[::1%eth0]/", `"http://[::1%eth0]/": the text in brackets is not an IPv6 address` + ipv6},
		{"http://[::1%25]/", `"http://[::1%25]/": the text in brackets is not an IPv6 address` + ipv6},
		{"http://[::1%25e/0]/", `"http://[::1%25e/0]/": a bracket of the host is not closed` + ipv6},
		{"http://[::1]:0/", `"http://[::1]:0/": ` + port},
	} {
		_, found, bad := parseOne(tt.line)
		if found || bad == nil {
			t.Errorf("%q is accepted", tt.line)
			continue
		}
		bad.Input, bad.Line = "list.txt", 7
		if got, want := bad.Error(), "list.txt:7: "+tt.want; got != want {
			t.Errorf("%q:\n got %s\nwant %s", tt.line, got, want)
		}
	}
}

func TestLongTextIsCut(t *testing.T) {
	_, _, bad := parseOne("http://h:0/" + strings.Repeat("ü", 1000))
	if want := `"http://h:0/` + strings.Repeat("ü", maxText-len("http://h:0/")) + `…"`; bad == nil || bad.Text != want {
		t.Errorf("got %v, want %s", bad, want)
	}
}

func FuzzLine(f *testing.F) {
	for _, seed := range []string{
		"http://h/", "name http://h:80/a b?c d#e", "HTTPS://u:p@Bücher.example/ü", "http://[fe80::1%25eth0]:1/%41",
		"GET http://h/", "example.com", "\ufeff http://h:", "# x", "http://a/ http://b/", "\"http://h/\"", "http://h/%zz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "\n") {
			return
		}
		req, found, bad := parseOne(line)
		switch {
		case found && bad == nil:
			checkURL(t, line, req.URL)
			if strings.Contains(req.Name, "://") && strings.Contains(strings.ToLower(req.Name), "http://") {
				t.Errorf("%q: name %q", line, req.Name)
			}
		case found || req.URL != "":
			t.Errorf("%q: %v and %v", line, req, bad)
		case bad != nil && (bad.Problem == "" || bad.Hint == ""):
			t.Errorf("%q: %#v", line, bad)
		}
	})
}

// FuzzSecret checks that no error shows a password, whatever stands around it.
func FuzzSecret(f *testing.F) {
	for _, seed := range [][2]string{
		{"http://u:", "@h:0/"}, {"http://u:a/", "@h/%zz"}, {"http://h:0/?", ""}, {"u:", "@example.com/x"}, {"name https://", "@"},
		{"ftp://u:", "@h/"}, {"http://u:#", "x@h:x/"}, {"http://a http://u:", "@b/"}, {"http://u:%", "@h"}, {"http://h:0/#", "@"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "s3cr3t-c4n4ry"
		if !strings.Contains(before, ":") { // NAME@HOST is an address
			return
		}
		inQuery := strings.Contains(before, "?") && strings.Contains(before, "://")
		if !strings.Contains(after, "@") && !inQuery {
			after = "@" + after
		}
		line := before + secret + after
		if strings.Contains(line, "\n") {
			return
		}
		if _, _, bad := parseOne(line); bad != nil && strings.Contains(bad.Error(), secret) {
			t.Errorf("%q: %v", line, bad)
		}
		if err := noFile(line, fs.ErrNotExist); strings.Contains(after, "@") && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", line, err)
		}
	})
}
