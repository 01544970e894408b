package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/yosida95/uritemplate/v3"
	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/table"
)

// fillIn fills one template in with one row.
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
	var x expander
	u, p := x.url(t, &values{row: row})
	if p != nil {
		return "", errors.New(p.what)
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
		{"{+v}", "ftp://h/", "holds no URL with http:// or https://"},
		{"{+v}", "x http://h/", "holds no URL with http:// or https://"},
		{"{+v}", "http://u:p@h/", "brings a user name or password"},
		{"{+v}/x", `http://h\@i`, "brings a user name or password"},
		{"{v}://h/x", "https", "https://h/x"},
		{"{+v}://h/x", "http://evil/?", "is neither http nor https"},
		{"http://{v}/x", "Host", "http://host/x"},
		{"http://{+v}/x", "host:81", "http://host:81/x"},
		{"http://{+v}/x", "[::1]:81", "http://[::1]:81/x"},
		{"http://{+v}/x", "evil/", "holds what cannot stand in a host name"},
		{"http://{+v}/x", "u@evil", "holds what cannot stand in a host name"},
		{"http://{+v}/x", `a\b`, "the URL cannot be sent: the host holds a character that may not stand there"},
		{"http://{v}/x", "a/b", "the URL cannot be sent: the host holds a character that may not stand there"},
		{"http://{+v}.example.com/", "evil.com/", "holds what cannot stand in a host name"},
		{"http://{+v}.example.com/", "evil.com:80", "the URL cannot be sent: the port is not a number from 1 to 65535"},
		{"http://sensor{v}.example:80/", "7", "http://sensor7.example:80/"},
		{"http://h:{v}/x", "81", "http://h:81/x"},
		{"http://h:{v}/x", "81@evil", "the URL cannot be sent: the port is not a number from 1 to 65535"},
		{"http://h{+v}", "/a", "http://h/a"},
		{"http://h{+v}", ".evil/", "holds what cannot stand in a host name"},
		{"http://h{+v}", "evil", "does not begin with /, and stands just behind the host"},
		{"http://h{+v}/x", "@evil", "holds what cannot stand in a host name"},
		{"http://h/{v}/x", "..", "is . or .., which would be taken for a step to another folder"},
		{"http://h/.{v}?x", ".", "is . or .., which would be taken for a step to another folder"},
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
			got = err.Error()
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
		{"http://h/{cid:3}", `"http://h/{cid:3}": {cid:3} wants the beginning of what is a list with --batch; take out the colon and the number`},
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

// TestAnyValue: what is filled in for a part of the path is that part, and changes nothing else.
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

// TestAgainstAnother: where the library that others use is right, which is in ASCII, we say the same.
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
		got := string(e.append(nil, &values{row: row, list: list, batch: 2}))
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
		checkURL(t, raw, got)
		// A value has no part in what stands before the path, if that is literal.
		if at, after := findScheme([]byte(raw)); at == 0 {
			if host, _, found := cutAny(raw[after:], "/?#"); found && !strings.ContainsAny(host, "{}") {
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

func TestRowsAndTemplates(t *testing.T) {
	inDir(t, map[string]string{
		"c.csv":  "CID,Name\n702,ethanol\n176,\"acetic acid\"\n",
		"l.txt":  "weights http://h/{CID}\n# more\n{Name}-cas http://i/?n={Name}\n",
		"l.json": `{"url":"http://j/{CID}","method":"PUT","header":{"X-Name":"<{Name}> {x}"},"body":{"n":"{Name}"},"timeout":3,"row":{"a":1}}` + "\n",
	})
	o := Options{Rows: "c.csv", Template: fetcher.Request{Header: http.Header{"Accept": {"*/*"}}}}
	l := mustOpen(t, nil, o, "http://h/{Name}", "l.txt")
	want := []string{
		"1 ethanol http://h/ethanol", "2 weights ethanol http://h/702", "3 ethanol-cas http://i/?n=ethanol",
		"4 acetic acid http://h/acetic%20acid", "5 weights acetic acid http://h/176", "6 acetic acid-cas http://i/?n=acetic%20acid",
	}
	wantRequests(t, l, want...)
	wantRequests(t, l, want...)
	if n, known := l.Total(); n != 6 || !known || l.Templates() != 3 || !gocmp.Equal(l.Columns(), []string{"CID", "Name"}) {
		t.Errorf("%d, %v, %d templates, columns %q", n, known, l.Templates(), l.Columns())
	}

	for req, err := range mustOpen(t, nil, o, "l.json").Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		name := req.Row[1].Value
		if req.Method != "PUT" || req.Timeout != 3*time.Second || req.Header.Get("X-Name") != "<"+name+"> {x}" || req.Header.Get("Accept") != "*/*" ||
			contentOf(t, req) != `{"n":"`+name+`"}` || len(req.Row) != 2 || req.Row[0].Column != "CID" {
			t.Errorf("%+v", req)
		}
	}
	if len(o.Template.Header) != 1 {
		t.Errorf("the template's header is now %v", o.Template.Header)
	}
}

func contentOf(t *testing.T, req *fetcher.Request) string {
	t.Helper()
	if req.Body == nil {
		return ""
	}
	var got string
	for range 2 { // it can be read for each attempt
		r, err := req.Body()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil || int64(len(b)) != req.Length {
			t.Errorf("%d bytes, %v; length %d", len(b), err, req.Length)
		}
		got = string(b)
	}
	return got
}

func TestBodiesAndHeaders(t *testing.T) {
	inDir(t, map[string]string{"c.csv": "id,text\n1,\"say \"\"ü\"\" & \\\n\tx=y\"\n"})
	const form, js = "application/x-www-form-urlencoded", "application/vnd.x+json; charset=utf-8"
	for _, tt := range []struct{ kind, body, want string }{
		{"", `{"q": "{text}", "n": {id}, "{other}": {}}`, `{"q": "say \"ü\" & \\\u000a\u0009x=y", "n": 1, "{other}": {}}`},
		{form, ` ["{text}"]`, ` ["say \"ü\" & \\\u000a\u0009x=y"]`},
		{js, `"{text}"`, `"say \"ü\" & \\\u000a\u0009x=y"`},
		{form, "a={text}&b={id}", "a=say+%22%C3%BC%22+%26+%5C%0A%09x%3Dy&b=1"},
		{form, "{id}={text}", "1=say+%22%C3%BC%22+%26+%5C%0A%09x%3Dy"},
		{"text/plain", "<{text}>{id", "<say \"ü\" & \\\n\tx=y>{id"},
		{"", "{{id}}", "{1}"},
		{form, "constant", "constant"},
	} {
		o := Options{Rows: "c.csv", Template: fetcher.Request{Header: http.Header{}}}
		if tt.kind != "" {
			o.Template.Header.Set("Content-Type", tt.kind)
		}
		o.Template.Body = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(tt.body)), nil }
		o.Template.Length = int64(len(tt.body))
		for req, err := range mustOpen(t, nil, o, "http://h/").Requests(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if got := contentOf(t, req); got != tt.want {
				t.Errorf("%s as %q:\n got %s\nwant %s", tt.body, tt.kind, got, tt.want)
			}
		}
	}

	l := mustOpen(t, nil, Options{Rows: "c.csv", Template: fetcher.Request{Header: http.Header{"X-Text": {"{text}"}}}}, "http://h/")
	for req, err := range l.Requests(t.Context()) {
		if err != nil || req.Header != nil {
			t.Error(err, req.Header)
		}
		wantError(t, req.Err, `c.csv:2: "http://h/": the column text holds a line end or another character that may not stand in the header field X-Text; `+
			"correct it, or take the row out")
	}
	for body, bad := range map[string]bool{strings.Repeat("x", maxBodyTemplate+1): false, "{id}" + strings.Repeat("x", maxBodyTemplate): true} {
		o := Options{Rows: "c.csv", Template: fetcher.Request{Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }}}
		_, err := Open(t.Context(), []string{"http://h/"}, nil, o)
		if bad {
			wantError(t, err, "the body is longer than 1 MiB and has a column in braces; columns are only filled into bodies of up to 1 MiB")
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestBadRows(t *testing.T) {
	const some = "cid,key\n1,a\n,s3cret\n3\n4,b\n"
	inDir(t, map[string]string{
		"s.csv": some,
		"c.csv": some + strings.Repeat("x\n", 30),
		"e.csv": "cid\n",
		"b.csv": "cid,cid\n",
		"l.txt": "http://h/{cid}\nhttp://h/{kid}\nhttp://h/{kee}?x\n",
	})
	// A row that cannot be read ends the list, and all of them are told at once. One whose values make no request does not.
	_, err := Open(t.Context(), []string{"http://h/{cid}?k={key}"}, nil, Options{Rows: "c.csv"})
	all, ok := errors.AsType[*BadLinesError](err)
	if !ok || all.Count != 31 || len(all.First) != 20 {
		t.Fatal(err)
	}
	wantError(t, all.First[0], "c.csv:4: the row has 1 cells, the heading 2; add the cells that are missing; they may be empty")

	o := Options{Rows: "s.csv", SkipBad: true}
	want := []string{
		"1 1 http://h/1", "2 1 http://i/?1", "3 http://h/ ! FILE 3", "4 http://i/?", "5 ! FILE 4", "6 4 http://h/4", "7 4 http://i/?4",
	}
	for _, rows := range []string{"s.csv", "-"} {
		o.Rows = rows
		l := mustOpen(t, strings.NewReader(some), o, "http://h/{cid}", "http://i/?{cid}")
		name := map[string]string{"s.csv": "s.csv", "-": "standard input"}[rows]
		var wanted []string
		for _, w := range want {
			wanted = append(wanted, strings.ReplaceAll(w, "FILE", name))
		}
		wantRequests(t, l, wanted...)
		n, known := l.Total()
		if known && n != 7 || known != (rows != "-") {
			t.Errorf("%d requests, known: %v", n, known)
		}
		if !known {
			_, err = read(l)
			wantError(t, err, "standard input: has been read already, and cannot be read again")
		}
	}
	for req, err := range mustOpen(t, nil, Options{Rows: "s.csv", SkipBad: true}, "http://h/{cid}?k={key}").Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch req.Seq {
		case 2:
			wantError(t, req.Err, `s.csv:3: "http://h/{cid}?…": the column cid is empty, and the URL needs it before its query; correct it, or take the row out`)
			if row := fmt.Sprint(req.Row); row != "[{cid } {key s3cret}]" || req.URL != "http://h/?k=s3cret" {
				t.Errorf("%s, %s", row, req.URL)
			}
		case 3:
			if row := fmt.Sprint(req.Row); row != "[{cid 3} {key }]" || req.Err == nil {
				t.Errorf("%s, %v", row, req.Err)
			}
		}
	}
	got, err := read(mustOpen(t, strings.NewReader(some), Options{Rows: "-"}, "http://h/{cid}"))
	wantError(t, err, `standard input, line 4: the row has 1 cells, the heading 2; add the cells that are missing; they may be empty`)
	if len(got) != 2 {
		t.Error(got)
	}

	for _, tt := range []struct {
		o    Options
		args string
		want string
	}{
		{Options{Rows: "e.csv"}, "http://h/{cid}", "e.csv: there is no row in it; write rows below the heading"},
		{Options{Rows: "b.csv"}, "http://h/{cid}", `b.csv: line 1: columns 1 and 2 are both named "cid"; give each its own name`},
		{Options{Rows: "none.csv"}, "http://h/{cid}", "none.csv: no such file"},
		{Options{Rows: "http://h/x.csv"}, "http://h/{cid}", "--rows: is a URL, not a file; fetch it first, and name the file"},
		{Options{Rows: "-"}, "-", "-: standard input is named twice; write - once, for the list or for --rows"},
		{Options{Rows: "c.csv"}, "l.txt", `l.txt:2: "http://h/{kid}": {kid} is neither a column nor the name of a --set; did you mean {cid}? there are cid, key` + "\n" +
			`l.txt:3: "http://h/{kee}?…": {kee} is neither a column nor the name of a --set; did you mean {key}? there are cid, key`},
		{Options{Rows: "c.csv", Set: []string{"key=1"}}, "http://h/{cid}", "--set: the name key is a column of the table, too; choose another name"},
		{Options{Set: []string{"a=1", "a=2"}}, "http://h/{a}", "--set: the name a is in another --set, too; choose another name"},
		{Options{Rows: "c.csv", Batch: Batch{"kid", 3}}, "http://h/{cid}", "--batch: {kid} is neither a column nor the name of a --set; did you mean {cid}? there are cid, key"},
		{Options{Rows: "c.csv", Batch: Batch{"key", 3}}, "http://h/{cid}", `argument 1: the template "http://h/{cid}" has no {key}, which --batch makes a list; write {key} where the list belongs`},
	} {
		_, err := Open(t.Context(), strings.Fields(tt.args), strings.NewReader(""), tt.o)
		wantError(t, err, tt.want)
	}
}

// TestHeadingOfOneWord: a table with one value a line has a heading if that is what the templates name.
func TestHeadingOfOneWord(t *testing.T) {
	const text, quoted = "name\nacetic acid\n1,10-x\n", "\"na\"\"me\"\n\"a, b\"\n\n c\n"
	inDir(t, map[string]string{"t.txt": text, "t": text, "q": quoted, "long.txt": strings.Repeat("x", table.MaxRow+1) + "\nname\n"})
	for _, rows := range []string{"t.txt", "t", "-"} {
		l := mustOpen(t, strings.NewReader(text), Options{Rows: rows}, "http://h/{value}")
		wantRequests(t, l, "1 name http://h/name", "2 acetic acid http://h/acetic%20acid", "3 1,10-x http://h/1%2C10-x")
		o := Options{Rows: rows, SkipBad: true, Template: fetcher.Request{Header: http.Header{"X": {"{name}"}}}}
		l = mustOpen(t, strings.NewReader(text), o, "http://h/{?name}")
		where := cmp.Or(strings.Trim(rows, "-"), "standard input")
		wantRequests(t, l, "1 acetic acid http://h/?name=acetic%20acid", "2 1 ! "+where+" 3")
		if c := l.Columns(); len(c) != 1 || c[0] != "name" {
			t.Error(c)
		}
		_, err := Open(t.Context(), []string{"http://h/{name}/{value}"}, strings.NewReader(text), Options{Rows: rows})
		wantError(t, err, where+": its first line is a heading for {name}, but not for {value}; use one of them")
		_, err = Open(t.Context(), []string{"http://h/{nam}"}, strings.NewReader(text), Options{Rows: rows})
		wantError(t, err, `argument 1: "http://h/{nam}": {nam} is neither a column nor the name of a --set; the table has one value a line, which is {value}, or what its first line says`)
	}
	wantRequests(t, mustOpen(t, nil, Options{Rows: "q"}, `http://h/{na"me}`), "1 a, b http://h/a%2C%20b", "2 c http://h/%20c")
	l := mustOpen(t, nil, Options{Rows: "long.txt", SkipBad: true}, "http://h/{value}")
	wantRequests(t, l, "1 ! long.txt 1", "2 name http://h/name")
	wantRequests(t, mustOpen(t, strings.NewReader(text), Options{Rows: "-", Batch: Batch{"name", 5}, SkipBad: true}, "http://h/{name}"),
		"1 name acetic acid http://h/acetic%20acid", "2 1 ! standard input 3")
}

// TestJSONArrayAsTable: read one element at a time, told by its entries.
func TestJSONArrayAsTable(t *testing.T) {
	const text = `[{"cid": 702, "x": 1.10}, {"x": null, "name": "y"}, {"cid": 12345678901234567890123}, 7]`
	inDir(t, map[string]string{"a.json": text, "a.jsonl": text, "b.json": text[:len(text)-4] + "]"})
	_, err := Open(t.Context(), []string{"http://h/{cid}"}, nil, Options{Rows: "a.json"})
	wantError(t, err, `a.json, entry 4: it is not a JSON object; write it like {"name": "water"}`)
	for _, rows := range []string{"a.json", "a.jsonl"} {
		l := mustOpen(t, nil, Options{Rows: rows, SkipBad: true}, "http://h/{cid}?{x}{name}")
		wantRequests(t, l, "1 702 http://h/702?1.10", "2 y http://h/?y ! "+rows+" 0", "3 12345678901234567890123 http://h/12345678901234567890123?", "4 ! "+rows+" 0")
		if n, known := l.Total(); n != 4 || !known {
			t.Error(n, known)
		}
		for req := range l.Requests(t.Context()) {
			if req.Seq == 2 {
				wantError(t, req.Err, rows+`, entry 2: "http://h/{cid}?…": the column cid is empty, and the URL needs it before its query; correct it, or take the row out`)
			}
		}
	}
	got, err := read(mustOpen(t, strings.NewReader(text), Options{Rows: "-"}, "http://h/?{cid}"))
	wantError(t, err, `standard input, entry 2: the key "name" is new: the first object does not have it; `+
		"write it there, with null if it has no value; a table in a file may have new keys anywhere")
	if len(got) != 1 {
		t.Error(got)
	}
}

func TestRowsFromAPipeComeAsTheyAreWritten(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	go func() {
		for _, text := range []string{"a\tb\n", "1\t2\n", "3\t4\n"} {
			if _, err := io.WriteString(w, text); err != nil {
				return
			}
		}
	}()
	l := mustOpen(t, r, Options{Rows: "-"}, "http://h/{a}")
	n := 0
	for req, err := range l.Requests(t.Context()) {
		if n++; err != nil || req.URL != []string{"http://h/1", "http://h/3"}[n-1] {
			t.Fatal(req, err)
		}
		if n == 2 {
			return
		}
	}
}

// TestVeryManyCombinations: the check does not go through all of what is only counted.
func TestVeryManyCombinations(t *testing.T) {
	inDir(t, map[string]string{"c.csv": "a\n1\n2\n3\n"})
	const many = 1_000_000_000
	for _, tt := range []struct {
		o     Options
		total int64
	}{
		{Options{Set: []string{"n=1..1000000000"}}, many},
		{Options{Set: []string{"n=1..1000000000", "m=1..1000"}}, 1000 * many},
		{Options{Rows: "c.csv", Set: []string{"n=1..1000000000"}}, 3 * many},
		{Options{Rows: "c.csv", Set: []string{"n=1..1000000000"}, Batch: Batch{"a", 2}}, 2 * many},
		{Options{Set: []string{"n=1..1000000001"}, Batch: Batch{"n", 100}}, many/100 + 1},
	} {
		template := "http://h/{n}"
		if tt.o.Batch.Column == "a" {
			template = "http://h/{a}/{n}"
		}
		l := mustOpen(t, nil, tt.o, template)
		total, _ := l.Total()
		if total != tt.total {
			t.Errorf("%+v: %d requests", tt.o, total)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range l.Requests(ctx) {
			if n++; n == 1 {
				cancel()
			} else if err != context.Canceled {
				t.Error(err)
			}
		}
		if n > 2 {
			t.Errorf("%d after the end", n)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	const rows = 100_000
	var text strings.Builder
	text.WriteString("cid,name\n")
	for i := range rows {
		fmt.Fprintf(&text, "%d,acetic acid %d\n", i, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		l, err := Open(b.Context(), []string{"http://h/rest/pug/compound/name/{name}/JSON?cid={cid}"}, strings.NewReader(text.String()), Options{Rows: "-"})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range l.Requests(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// TestDocument: the examples in docs/templates.md are true.
func TestDocument(t *testing.T) {
	page, err := os.ReadFile("../../docs/templates.md")
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
		var x expander
		if got, p := x.url(compiled, v); p != nil || string(got) != m[2] {
			t.Errorf("%s: %s, %v; the page says %s", m[1], got, p, m[2])
		}
		found++
	}
	if found != 17 {
		t.Errorf("%d examples", found)
	}
}
