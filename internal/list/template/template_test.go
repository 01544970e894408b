package template

import (
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yosida95/uritemplate/v3"
	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
)

func fillIn(raw string, row fetcher.Row) (string, error) {
	var names []string
	for _, c := range row {
		names = append(names, c.Column)
	}
	v, err := newVariables(names, nil)
	if err != nil {
		return "", err
	}
	t, bad := compile([]byte(raw), v)
	if bad != nil {
		return "", bad
	}
	var x maker
	u, p := x.url(t, &values{row: row})
	if p != nil {
		return "", errors.New(p.Problem)
	}
	return string(u), nil
}

func TestExpressions(t *testing.T) {
	row := fetcher.Row{
		{Column: "name", Value: "acetic acid"}, {Column: "cas", Value: "64-19-7"}, {Column: "slash", Value: "a/b?c#d&e=f%20"},
		{Column: "greek", Value: "β-Größe"}, {Column: "empty", Value: ""}, {Column: "CAS number", Value: "x"}, {Column: "Härte", Value: "y"},
		{Column: "E-Mail", Value: "a@b"}, {Column: "a}b", Value: "z"}, {Column: "+x", Value: "p"}, {Column: "prime", Value: "2',3\"-x"},
		{Column: "path", Value: "/v1/x y"}, {Column: "nul", Value: "a\x00\ufffd\nb"}, {Column: "n:3", Value: "colon"},
	}
	for _, tt := range []struct{ template, want string }{
		{"http://h/{name}/x", "http://h/acetic%20acid/x"},
		{"http://h/{slash}", "http://h/a%2Fb%3Fc%23d%26e%3Df%2520"},
		{"http://h/{greek}", "http://h/%CE%B2-Gr%C3%B6%C3%9Fe"},
		{"http://h/{prime}", "http://h/2%27%2C3%22-x"},
		{"http://h/{nul}", "http://h/a%00%EF%BF%BD%0Ab"},
		{"http://h/{CAS number}/{Härte}/{E-Mail}/{a}b}/{+x}/{n:3}", "http://h/x/y/a%40b/z/p/colon"},
		{"http://h/{name,cas}", "http://h/acetic%20acid,64-19-7"},
		{"http://h/{greek:3}", "http://h/%CE%B2-G"},
		{"http://h/{cas:20}", "http://h/64-19-7"},
		{"http://h/{+slash}", "http://h/a/b?c"}, // what follows is a fragment
		{"http://h/x?q={+slash}", "http://h/x?q=a/b?c"},
		{"http://h{+path}", "http://h/v1/x%20y"},
		{"http://h{/cas,name}", "http://h/64-19-7/acetic%20acid"},
		{"http://h/x{.cas,name}", "http://h/x.64-19-7.acetic%20acid"},
		{"http://h/x{;cas,name}", "http://h/x;cas=64-19-7;name=acetic%20acid"},
		{"http://h/{?name,cas,empty}", "http://h/?name=acetic%20acid&cas=64-19-7&empty="},
		{"http://h{?cas}", "http://h?cas=64-19-7"},
		{"http://h/?x=1{&name,greek}", "http://h/?x=1&name=acetic%20acid&greek=%CE%B2-Gr%C3%B6%C3%9Fe"},
		{"http://h/{?E-Mail,CAS number:1}", "http://h/?E-Mail=a%40b&CAS%20number=x"},
		{"http://h/?q={empty}&r={slash}", "http://h/?q=&r=a%2Fb%3Fc%23d%26e%3Df%2520"},
		{"http://h/{cas}{#name}", "http://h/64-19-7"},
		{"http://h/Größe {cas} %41#{name}", "http://h/Gr%C3%B6%C3%9Fe%2064-19-7%20%41"},
		{"HTTP://Bücher.Example/{cas}", "http://xn--bcher-kva.example/64-19-7"},
		{"http://u:p@h/{cas}", "http://u:p@h/64-19-7"},
		{"http://h/nothing", "http://h/nothing"},
	} {
		got, err := fillIn(tt.template, row)
		if err != nil || got != tt.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", tt.template, got, err, tt.want)
		}
	}
}

func TestPlacesInTheURL(t *testing.T) {
	for _, tt := range []struct{ template, value, want string }{ // want: a URL, or what is wrong
		{"{+v}", "http://Host:80/a?b", "http://host:80/a?b"},
		{"{+v}/x", "https://h", "https://h/x"},
		{"{+v}", "ftp://h/", "contains no URL with http:// or https://"},
		{"{+v}", "x http://h/", "contains no URL with http:// or https://"},
		{"{+v}", "http://u:p@h/", "brings a user name or password"},
		{"{+v}/x", `http://h\@i`, "brings a user name or password"},
		{"{v}://h/x", "https", "https://h/x"},
		{"{+v}://h/x", "http://evil/?", "is neither http nor https"},
		{"http://{v}/x", "Host", "http://host/x"},
		{"http://{+v}/x", "host:81", "http://host:81/x"},
		{"http://{+v}/x", "[::1]:81", "http://[::1]:81/x"},
		{"http://{+v}/x", "evil/", "contains characters that are not allowed in a host name"},
		{"http://{+v}/x", "u@evil", "contains characters that are not allowed in a host name"},
		{"http://{+v}/x", `a\b`, "the URL cannot be sent: the host contains a character that is not allowed"},
		{"http://{v}/x", "a/b", "the URL cannot be sent: the host contains a character that is not allowed"},
		{"http://{+v}.example.com/", "evil.com/", "contains characters that are not allowed in a host name"},
		{"http://{+v}.example.com/", "evil.com:80", "the URL cannot be sent: the port is not a number from 1 to 65535"},
		{"http://sensor{v}.example:80/", "7", "http://sensor7.example:80/"},
		{"http://h:{v}/x", "81", "http://h:81/x"},
		{"http://h:{v}/x", "81@evil", "the URL cannot be sent: the port is not a number from 1 to 65535"},
		{"http://h{+v}", "/a", "http://h/a"},
		{"http://h{+v}", ".evil/", "contains characters that are not allowed in a host name"},
		{"http://h{+v}", "evil", "does not begin with /, and directly follows the host"},
		{"http://h{+v}/x", "@evil", "contains characters that are not allowed in a host name"},
		{"http://h/{v}/x", "..", "is . or .., which would change the folder"},
		{"http://h/.{v}?x", ".", "is . or .., which would change the folder"},
		{"http://h/{v}/x", "...", "http://h/.../x"},
		{"http://h/?q={v}", "..", "http://h/?q=.."},
		{"http://h/x{v}", ".", "http://h/x."},
		{"http://h/{v}", "", "is empty, and the URL needs it before its query"},
		{"http://h{/v}", "", "is empty, and the URL needs it before its query"},
		{"http://{v}/", "", "is empty, and the URL needs it before its query"},
		{"{+v}", "", "is empty, and the URL needs it before its query"},
	} {
		got, err := fillIn(tt.template, fetcher.Row{{Column: "v", Value: tt.value}})
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "the column v ")
		}
		if got != tt.want {
			t.Errorf("%s with %q:\n got %s\nwant %s", tt.template, tt.value, got, tt.want)
		}
	}
}

func TestBadTemplate(t *testing.T) {
	const braces = "; write a brace itself as %7B or %7D"
	for _, tt := range []struct{ template, want string }{
		{"http://h/{nam}", `"http://h/{nam}": {nam} is neither a column nor the name of a --set; did you mean {name}? there are cid, name, CAS number`},
		{"http://h/{something}", `"http://h/{something}": {something} is neither a column nor the name of a --set; there are cid, name, CAS number`},
		{"http://h/{?cid,Name}", `"http://h/{?…": {Name} is neither a column nor the name of a --set; did you mean {name}? there are cid, name, CAS number`},
		{`http://h/?q={"token":"s3cret"}`, `"http://h/?…": {…}: what follows the colon is not a number from 1 to 9999; write {name:3} for the first three characters`},
		{`http://h/?q={"token"}`, `"http://h/?…": {…} is neither a column nor the name of a --set; there are cid, name, CAS number`},
		{"http://h/{}", `"http://h/{}": there is nothing in the braces; write a column into them; there are cid, name, CAS number`},
		{"http://h/{cid", `"http://h/{cid": there is a { without a }` + braces},
		{"http://h/cid}", `"http://h/cid}": there is a } without a {` + braces},
		{"http://h/{=cid}", `"http://h/{=…": the operator = in braces has no meaning yet (RFC 6570)` + braces},
		{"http://h/{cid:0}", `"http://h/{cid:0}": {cid:0}: what follows the colon is not a number from 1 to 9999; write {name:3} for the first three characters`},
		{"http://h/{cid:3}", `"http://h/{cid:3}": {cid:3} asks for a prefix of what --batch makes a list; remove the colon and the number`},
		{"http://{name}:{cid}@h/", `"http://***@h/": a user name or password is taken from a row; give them with -u or --netrc`},
		{"http://h:0/{cid}", `"http://h:0/{cid}": the port is not a number from 1 to 65535; write it as http://HOST:PORT/PATH, or leave it out`},
		{"http://h/{cid}%zz", `"http://h/{cid}%zz": the escape %zz is not a percent sign with two hexadecimal digits; write the percent sign itself as %25`},
		{"http://{name}/%zz", `"http://{name}/%zz": the escape %zz is not a percent sign with two hexadecimal digits; write the percent sign itself as %25`},
		{"{name}/x", `"{name}/x": the URL does not begin with http:// or https://; write {+url} for a column that holds whole URLs`},
		{"example.com/{name}", `"example.com/{name}": there is no http:// or https://; write https://example.com/{name}`},
		{"http://h/{cid}\x00", `"http://h/{cid}\x00": the URL holds a control character (0x00); put one URL on each line and nothing behind it, or write the character as %00`},
	} {
		v, err := newVariables([]string{"cid", "name", "CAS number"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		v.batch = 0
		_, bad := compile([]byte(tt.template), v)
		if bad == nil {
			t.Errorf("%s is accepted", tt.template)
			continue
		}
		bad.Input, bad.Line = "list.txt", 7
		if got, want := bad.Error(), "list.txt:7: "+tt.want; got != want {
			t.Errorf("%s:\n got %s\nwant %s", tt.template, got, want)
		}
	}
}

func TestAnyValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"/", "a/../b", "?x#y", "%2F", "@evil", "\x00", "ü", "日本", "2',3'"})).Draw(t, "value")
		name := rapid.SampledFrom([]string{"name", "CAS number", "Größe", "a-b", "x,y", "{", "?q"}).Draw(t, "name")
		got, err := fillIn("http://host:81/a/{"+name+"}/b?c={"+name+"}", fetcher.Row{{Column: name, Value: value}})
		if value == "" || value == "." || value == ".." {
			if err == nil {
				t.Fatalf("%q is accepted: %s", value, got)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(u.EscapedPath(), "/")
		if u.Host != "host:81" || u.User != nil || u.Fragment != "" || len(parts) != 4 || parts[1] != "a" || parts[3] != "b" {
			t.Fatalf("%q: %s", value, got)
		}
		if back, err := url.PathUnescape(parts[2]); err != nil || back != value {
			t.Errorf("%q comes back as %q, %v", value, back, err)
		}
		if back := u.Query().Get("c"); back != value || len(u.Query()) != 1 {
			t.Errorf("%q comes back as %q from the query", value, back)
		}
	})
}

func TestAgainstAnother(t *testing.T) {
	ascii := rapid.StringMatching(`[ -$&-~]{1,12}`) // without %, which it encodes where it should not
	rapid.Check(t, func(t *rapid.T) {
		row := fetcher.Row{{Column: "a", Value: ascii.Draw(t, "a")}, {Column: "b", Value: rapid.OneOf(rapid.Just(""), ascii).Draw(t, "b")}}
		list := rapid.SliceOfN(ascii, 1, 3).Draw(t, "list")
		row = append(row, fetcher.Cell{Column: "c", Value: list[0]})
		expression := rapid.SampledFrom([]string{"", "+", "#", ".", "/", ";", "?", "&"}).Draw(t, "operator") +
			rapid.SampledFrom([]string{"a", "b", "c", "c*", "a,b", "b,a,c", "c*,b", "a:3", "a:3,b:1"}).Draw(t, "variables")
		v, err := newVariables([]string{"a", "b", "c"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		v.batch = 2
		e, _, bad := parseExpression("{"+expression+"}", v)
		if bad != nil {
			t.Fatal(bad)
		}
		got := string(e.append(nil, &values{row: row, list: list, batch: 2}, nil))
		want, err := uritemplate.MustNew("{" + expression + "}").Expand(uritemplate.Values{
			"a": uritemplate.String(row[0].Value), "b": uritemplate.String(row[1].Value), "c": uritemplate.List(list...),
		})
		if err != nil || got != want {
			t.Errorf("{%s} of %q and %q: %s, want %s, %v", expression, row, list, got, want, err)
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range [][2]string{
		{"http://h/{v}", "x"}, {"{+v}/x", "http://h"}, {"http://{+v}.h:80/{?v*}{&v:3}", "a@b/c"}, {"http://h{+v}", "/.."}, {"{v}://h", "http"},
		{"http://u:{x}@h/{w}", "1"}, {"http://h/{a}b}{#v}", "%zz"}, {"https://[{+v}]:{v}/", "::1"}, {"name http://h/%", "\x00"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, raw, value string) {
		if raw = strings.TrimSpace(raw); raw == "" || !utf8.ValidString(value) {
			return
		}
		got, err := fillIn(raw, fetcher.Row{{Column: "v", Value: value}, {Column: "a}b", Value: value}})
		if err != nil {
			return
		}
		if again, bad := new(format.Parser).Normalize([]byte(got)); bad != nil || string(again) != got {
			t.Errorf("%q: %q is sent as %q, %v", raw, got, again, bad)
		}
		// A value has no part in what stands before the path, if that is literal.
		if at, after := format.FindScheme([]byte(raw)); at == 0 {
			if host := beforeAny(raw[after:], hostEnds); host != raw[after:] && !strings.ContainsAny(host, "{}") {
				u, err := url.Parse(got)
				other, err2 := fillIn(raw, fetcher.Row{{Column: "v", Value: "1"}, {Column: "a}b", Value: "1"}})
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				if o, err := url.Parse(other); err != nil || o.Host != u.Host || o.User.String() != u.User.String() || o.Scheme != u.Scheme {
					t.Errorf("%q with %q: %s, but %s with 1", raw, value, got, other)
				}
			}
		}
	})
}

func TestDocument(t *testing.T) {
	page, err := os.ReadFile("../../../docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	row := fetcher.Row{
		{Column: "name", Value: "acetic acid"}, {Column: "cas", Value: "64-19-7"}, {Column: "greek", Value: "β-Größe"}, {Column: "slash", Value: "a/b"},
		{Column: "path", Value: "/v1/x"}, {Column: "note"}, {Column: "CAS number", Value: "x"}, {Column: "cid", Value: "1"},
	}
	v := &values{row: row, list: []string{"1", "2", "3"}, batch: 7}
	found := 0
	for _, m := range regexp.MustCompile("(?m)^\\| `(http[^`]*)` \\| `(http[^`]*)` \\|$").FindAllStringSubmatch(string(page), -1) {
		var names []string
		for _, c := range row {
			names = append(names, c.Column)
		}
		vars, err := newVariables(names, nil)
		if err != nil {
			t.Fatal(err)
		}
		vars.batch = v.batch
		compiled, bad := compile([]byte(m[1]), vars)
		if bad != nil {
			t.Fatal(bad)
		}
		var x maker
		if got, p := x.url(compiled, v); p != nil || string(got) != m[2] {
			t.Errorf("%s: %s, %v; the page says %s", m[1], got, p, m[2])
		}
		found++
	}
	if found != 17 {
		t.Errorf("%d examples", found)
	}
}
