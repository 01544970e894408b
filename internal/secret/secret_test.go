package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
)

func TestMaskURL(t *testing.T) {
	r := NewRules("sid", "X-Mine")
	for _, c := range []struct{ url, shown, stripped string }{
		{"http://h/a?b=c", "http://h/a?b=c", "http://h/a?b=c"},
		{"http://me:pw@h/a", "http://me:***@h/a", "http://me@h/a"},
		{"http://me@h/a", "http://me@h/a", "http://me@h/a"},
		{"http://me:@h/a", "http://me:@h/a", "http://me:@h/a"},
		{"http://me:p@w:x@h:80/a@b", "http://me:***@h:80/a@b", "http://me@h:80/a@b"},
		{"http://me:p/w@h/a?x=1", "http://me:***@h/a?x=1", "http://me@h/a?x=1"},
		{"http://h/C[C@H](O)C", "http://h/C[C@H](O)C", "http://h/C[C@H](O)C"},
		{"http://h/?api_key=s&b=1", "http://h/?api_key=***&b=1", "http://h/?b=1"},
		{"http://h/?b=1&API_Key=s", "http://h/?b=1&API_Key=***", "http://h/?b=1"},
		{"http://h/?api_key=s", "http://h/?api_key=***", "http://h/"},
		{"http://h/?api%5Fkey=s#f", "http://h/?api%5Fkey=***#f", "http://h/#f"},
		{"http://h/?api_key=", "http://h/?api_key=", "http://h/?api_key="},
		{"http://h/?a=1&key=k&token=t&sig=s&code=c", "http://h/?a=1&key=***&token=***&sig=***&code=***", "http://h/?a=1"},
		{"http://h/?session=1&pass=2&keyword=3&page_token=4&signature=5", "http://h/?session=1&pass=2&keyword=3&page_token=4&signature=5",
			"http://h/?session=1&pass=2&keyword=3&page_token=4&signature=5"},
		{"http://h/a;password=x;v=1/b;v=2", "http://h/a;password=***;v=1/b;v=2", "http://h/a;v=1/b;v=2"},
		{"http://h/a;password=x/y?z=1", "http://h/a;password=***/y?z=1", "http://h/a/y?z=1"},
		{"http://h/#access_token=x&state=1", "http://h/#access_token=***&state=1", "http://h/#state=1"},
		{"http://h/#/cb?access_token=x", "http://h/#/cb?access_token=***", "http://h/#/cb"},
		{"http://h/?x=a;api_key=b", "http://h/?x=a;api_key=b", "http://h/?x=a;api_key=b"},
		{"http://h/?SID=1&x-mine=2", "http://h/?SID=***&x-mine=***", "http://h/"},
		{"http://h?X-Amz-Signature=abc&X-Amz-Date=d", "http://h?X-Amz-Signature=***&X-Amz-Date=d", "http://h?X-Amz-Date=d"},
		{"a.b@example.org", "a.b@example.org", "a.b@example.org"},
		{"/x?token=1", "/x?token=***", "/x"},
		{"", "", ""},
	} {
		if got := r.MaskURL(c.url); got != c.shown {
			t.Errorf("%s is shown as %s, not %s", c.url, got, c.shown)
		}
		if got := r.StripURL(c.url); got != c.stripped && strings.TrimSuffix(got, "#") != c.stripped {
			t.Errorf("%s without credentials is %s, not %s", c.url, got, c.stripped)
		}
	}
	if got := r.MaskURL("http://h/?key=aspirin&token=t", "Key"); got != "http://h/?key=aspirin&token=***" {
		t.Errorf("a column fills key: %s", got)
	}
}

func TestMaskHeader(t *testing.T) {
	var r *Rules
	for _, c := range [][3]string{
		{"authorization", "Bearer abc", "Bearer ***"}, {"Authorization", "abc", "***"}, {"Authorization", "Digest a=b, c=d", "Digest ***"},
		{"Authorization", "Basic ", "Basic "}, {"Proxy-Authorization", "Basic eA==", "Basic ***"},
		{"Cookie", "lang=en; consent=1", "lang=***; consent=***"}, {"Cookie", "a=b=c;d", "a=***;***"}, {"Cookie", "a=;  b= x", "a=;  b= ***"}, {"Cookie", `a="x y"; b=""`, `a="***"; b=***`},
		{"Set-Cookie", "id=7; Path=/; Secure", "id=***; Path=/; Secure"}, {"X-API-KEY", "k 1", "***"}, {"Accept", "Bearer x", "Bearer x"},
		{"X-Session", "s", "s"}, {"Idempotency-Key", "i", "i"},
	} {
		if got := r.MaskHeader(c[0], c[1]); got != c[2] {
			t.Errorf("%s: %s is shown as %s, not %s", c[0], c[1], got, c[2])
		}
	}
}

func TestMaskBody(t *testing.T) {
	var r *Rules
	const form, multi = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
	for _, c := range [][3]string{
		{form, "a=1&password=x%20y&b=2", "a=1&password=***&b=2"}, {form, "passwords=1", "passwords=1"}, {"", "token=1", "token=***"},
		{"text/plain", "password=x", "password=x"},
		{form, "\ufeff" + `{"password":"x"}`, "\ufeff" + `{"password":"***"}`},
		{form, ` {"password": "x\"y", "a": {"password": "z"}, "code": 12}`, ` {"password": "***", "a": {"password": "z"}, "code": ***}`},
		{"application/json", `{"api_key":null,"token":"","id_token":["a"]}`, `{"api_key":null,"token":"","id_token":***}`},
		{"application/json", `{"password":"x","password":"y"`, `{"password":"***","password":"***"`},
		{multi, "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nx\r\ny\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nz\r\n--b--\r\n",
			"--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n***\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nz\r\n--b--\r\n"},
	} {
		if got := r.MaskBody(c[0], c[1]); got != c[2] {
			t.Errorf("%s is shown as %s, not %s", c[1], got, c[2])
		}
	}
}

// However a server writes a secret, it is found; and of what holds none nothing is changed.
func TestCopies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringN(6, 40, -1).Draw(t, "secret")
		if !json.Valid([]byte(`"`+strings.NewReplacer(`"`, "", `\`, "").Replace(s)+`"`)) || s != strings.ToValidUTF8(s, "") {
			t.Skip()
		}
		c := NewCopies([]string{s})
		quoted, _ := json.Marshal(s)
		var plain bytes.Buffer
		e := json.NewEncoder(&plain)
		e.SetEscapeHTML(false)
		_ = e.Encode(s)
		for _, form := range []string{
			s, url.QueryEscape(s), url.PathEscape(s), strings.ToLower(url.QueryEscape(s)), url.PathEscape(url.PathEscape(s)),
			(&url.URL{Path: s}).EscapedPath(), string(quoted[1 : len(quoted)-1]), strings.Trim(plain.String(), "\n")[1 : plain.Len()-2],
		} {
			if form == strings.ToLower(url.QueryEscape(s)) && strings.ToLower(s) != s {
				continue
			}
			if got := c.Mask("<" + form + ">"); got != "<"+Mask+">" {
				t.Errorf("%q, written as %q, is shown as %q", s, form, got)
			}
		}
	})
	c := NewCopies([]string{"geheim1", "short", "a%2Fbcde", "Basic"})
	for _, text := range []string{"", "short", "geheim", "geheim%3", `\u00`, "%", "%2", "%25", "%252", `\`, "+", "a/bc", "C[C@H](O)C"} {
		if got := c.Mask(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := NewCopies([]string{"A&AAᾈ\ufffd"}).Mask(`<A\u0026AAᾈ�>`); got != "<***>" {
		t.Errorf("of a secret that holds U+FFFD, %q is shown", got)
	}
	if got := c.Mask("x a%252Fbcde a/bcde A%2fbcde"); got != "x *** *** ***" {
		t.Error(got)
	}
}

// What was shortened before may end with a part of a secret.
func TestCutCopies(t *testing.T) {
	c := NewCopies([]string{"geheimnis-und-mehr"})
	for text, want := range map[string]string{
		"x geheimnis-u…": "x ***…", "x geheimnis ...": "x *** ...", "x geheimn": "x geheimn", "x gehei": "x gehei", "geheimnis-und ist da": "geheimnis-und ist da",
		"…nis-und-mehr da": "…*** da", "exit status 3: …nis-und-mehr": "exit status 3: …***", "a…geheimnis-und-mehr…": "a…***…", "…mehr da": "…mehr da", "x geheimnis%2…": "x ***…", "x geheimnix…": "x geheimnix…",
		`object ({"a":"geheimnis%2Du ...})`: `object ({"a":"*** ...})`,
	} {
		if got := c.Mask(text); got != want {
			t.Errorf("%q is shown as %q, not %q", text, got, want)
		}
	}
}

// Basic authentication is known however its base64 is written, and what becomes of a host in small letters.
func TestOtherSpellings(t *testing.T) {
	c := NewCopies([]string{"bWU6aHVudGVyMj8/Pz8=", "SuPerSecret"})
	for _, text := range []string{"bWU6aHVudGVyMj8/Pz8=", "bWU6aHVudGVyMj8/Pz8", "bWU6aHVudGVyMj8_Pz8", "bWU6aHVudGVyMj8_Pz8%3D", "hunter2????", "supersecret"} {
		if got := c.Mask("<" + text + ">"); got != "<"+Mask+">" {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
}

// What a server sends takes no longer to look through for all its likeness to a secret.
func TestCopiesAreQuick(t *testing.T) {
	c := NewCopies([]string{strings.Repeat("A", 6000), strings.Repeat("ab", 3000)})
	start := time.Now()
	c.Mask(strings.Repeat("A", 5000) + "…" + strings.Repeat("ab", 2000) + "... %25%25")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if got := NewCopies([]string{`["geheim1", {"a": "geheim2"}]`}).Mask("geheim1 geheim2 a"); got != "*** *** a" {
		t.Error(got)
	}
}

func TestRequest(t *testing.T) {
	r := NewRules("pw")
	r.AddColumn("api key")
	req := &fetcher.Request{
		URL: "http://me:hunter22@h/x?api_key=abcdefg&n=1", Header: http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("u:passphrase"))}},
		Row: fetcher.Row{{Column: "id", Value: "1"}, {Column: "api key", Value: "cell-secret"}, {Column: "PW", Value: "x"}, {Column: "other", Value: "hunter22"}},
		Tag: &Origin{Rules: r},
	}
	k := Of(req)
	if got := k.ShownURL(); got != "http://me:***@h/x?api_key=***&n=1" {
		t.Error(got)
	}
	back := "hunter22 abcdefg passphrase dTpwYXNzcGhyYXNl cell-secret bWU6aHVudGVyMjI= x me:1 " + req.URL
	if got, want := k.Back(back), "*** *** *** *** *** *** x me:1 http://me:***@h/x?api_key=***&n=1"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	row := k.ShownRow(req.Row)
	if row[0].Value != "1" || row[1].Value != Mask || row[2].Value != Mask || row[3].Value != "hunter22" || req.Row[1].Value != "cell-secret" {
		t.Error(row, req.Row)
	}
	page := &fetcher.Request{URL: "http://h/p/cell-secret?code=1", Tag: Page(req)}
	if got := Of(page).ShownURL(); got != "http://h/p/***?code=***" {
		t.Error(got)
	}
}

func FuzzSpans(f *testing.F) {
	for _, s := range []string{"http://me:pw@h/a;password=x?api_key=1#access_token=2", `{"password":{"a":1}}`, "a=1&token=%zz", "--b\r\n\r\n\r\n--b--"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := NewRules("x")
		for _, spans := range [][]Span{r.URLSpans(s), r.BodySpans("", s), r.BodySpans("multipart/form-data; boundary=b", s), r.HeaderSpans("Cookie", s)} {
			done := 0
			for _, at := range spans {
				if at.From < done || at.To <= at.From || at.To > len(s) || at.Begin > at.From {
					t.Fatalf("%q: %+v", s, spans)
				}
				done = at.To
			}
		}
		if again := r.MaskURL(r.MaskURL(s)); again != r.MaskURL(s) {
			t.Errorf("%q is masked again: %q", r.MaskURL(s), again)
		}
		r.StripURL(s)
		NewCopies([]string{s}).Mask(s + s)
	})
}
