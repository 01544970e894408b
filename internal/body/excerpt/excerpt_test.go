package excerpt_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/excerpt"
	"example.com/fetch/internal/record"
)

// said is the excerpt of a body in the record of a request with these secrets.
func said(t testing.TB, e *excerpt.Excerpt, secrets ...string) string {
	t.Helper()
	header := http.Header{}
	for _, s := range secrets {
		header.Add("Authorization", "Bearer "+s)
	}
	res := &fetcher.Result{
		Request: &fetcher.Request{URL: "http://a.test/", Header: header}, Value: e,
		Err: &fetcher.Error{Kind: fetcher.KindHTTP4xx}, Attempts: []fetcher.Attempt{{}},
	}
	return record.From(res).ErrorBody
}

func TestExcerpt(t *testing.T) {
	const page = "<!DOCTYPE html>\n<html><head><title>%s</title><style>p{}</style><script>if (a<b) x()</script></head><body>"
	long := strings.Repeat("wörter ", 50)
	for _, tt := range []struct{ name, contentType, body, want string }{
		{"PubChem", "application/json", `{"Fault":{"Code":"PUGREST.BadRequest","Message":"Invalid property","Details":["Invalid property: CanonicalSMILES"]}}`,
			"Invalid property: CanonicalSMILES"},
		{"RFC 9457", "application/problem+json", `{"type":"https://h/p","title":"No credit.","status":403,"detail":"Your balance is 30, but that costs 50."}`,
			"No credit. Your balance is 30, but that costs 50."},
		{"OAuth", "application/json", `{"error_description":"The code has expired","error":"invalid_grant"}`, "invalid_grant: The code has expired"},
		{"FastAPI", "application/json", `{"detail":[{"type":"missing","loc":["query","q"],"msg":"Field required","input":null}]}`, "query: q: Field required"},
		{"JSON:API", "application/json", `{"errors":[{"status":"422","title":"Invalid","detail":"too short"},{"title":"Invalid"}]}`, "too short: Invalid"},
		{"Laravel", "application/json", `{"message":"The data was invalid.","errors":{"email":["is required"]}}`, `{"email":["is required"]}: The data was invalid.`},
		{"Apigee", "application/json", `{"fault":{"faultstring":"Quota violation","detail":{"errorcode":"p.Quota"}}}`, `Quota violation: {"errorcode":"p.Quota"}`},
		{"several", "application/json", `{"messages":["one","two"]}`, "one: two"},
		{"a string", "application/json", `"no such thing"`, "no such thing"},
		{"JSON that says it in its own way", "application/json", "{\"code\":  7,\n \"status\": 404}", `{"code": 7, "status": 404}`},
		{"an error that is a number", "application/json", `{"error":true,"message":null}`, `{"error":true,"message":null}`},
		{"JSON that is cut off", "application/json", `{"message":"whole","detail":"ha`, "whole"},
		{"UTF-16", "application/json", "{\x00\"\x00m\x00s\x00g\x00\"\x00:\x00\"\x00\xe4\x00\"\x00}\x00", "ä"},
		{"Latin-1", "text/plain; charset=iso-8859-1", "f\xfcr", "für"},
		{"a page", "text/html", strings.Replace(page, "%s", "Sorry &amp; so", 1) + "<h1>We are</h1>\n<p>busy&nbsp;now.", "Sorry & so: We are busy now."},
		{"a page that repeats its title", "text/html", strings.Replace(page, "%s", "404 Not Found", 1) + "<center>404 Not Found</center><hr>nginx", "404 Not Found nginx"},
		{"a page of a title", "", strings.Replace(page, "%s", "Gone", 1), "Gone"},
		{"XML", "application/xml", `<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message><![CDATA[no <such> key]]></Message></Error>`, "NoSuchKey no <such> key"},
		{"text", "text/plain", "\n 404\tpage\r\nnot found \n", "404 page not found"},
		{"controls", "text/plain", "a\x1b[31mred\u202e\u2028b\x7f", "a [31mred b"},
		{"not UTF-8", "text/plain", "caf\xe9", "caf\uFFFD"},
		{"an image", "image/png", "\x89PNG\r\n\x1a\n\x00\x00", ""},
		{"an image without zeros", "image/gif", "GIF89a\xff\xfe", ""},
		{"nothing", "text/plain", " \n", ""},
		{"too long", "text/plain", long, string([]rune(long)[:199]) + "…"},
	} {
		got := said(t, excerpt.Of(tt.contentType, []byte(tt.body)))
		if want := strings.Join(strings.Fields(tt.want), " "); got != want {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}

// A secret that the body repeats is masked before the text is cut, wherever it is cut.
func TestExcerptKeepsNoSecret(t *testing.T) {
	const key = "s3cret  kanarienvogel<1>"
	for n := range 220 {
		for _, body := range []string{
			strings.Repeat("x", n) + " " + key + " behind",
			`{"message":"` + strings.Repeat("x", n) + " " + key + `"}`,
			"<p>" + strings.Repeat("x", n) + strings.ReplaceAll(key, "<", "&lt;"),
			"<title>t</title><!-- " + strings.Repeat("x", 8<<10-30+n%60) + " --><p>" + strings.ReplaceAll(key, "<", "&lt;"),
			strings.Repeat(" ", 8<<10-n%60) + key,
			strings.Repeat(" ", 8<<10-60) + `{"message":"` + strings.Repeat("x", n%60) + key + `"}`,
		} {
			if got := said(t, excerpt.Of("text/plain", []byte(body)), key); strings.Contains(got, "s3") {
				t.Fatalf("%d: %q", n, got)
			}
		}
	}
}

func TestCodedExcerpt(t *testing.T) {
	var coded bytes.Buffer
	w := gzip.NewWriter(&coded)
	io.WriteString(w, `{"message":"no"}`+strings.Repeat(" ", 1<<20)+"late")
	w.Close()
	if got := said(t, excerpt.Of("application/json", coded.Bytes(), "gzip")); got != "no" {
		t.Errorf("%q", got)
	}
	if got := said(t, excerpt.Of("application/json", coded.Bytes()[:5], "gzip")); got != "" {
		t.Errorf("%q", got)
	}
}

// FuzzExcerpt: whatever comes, it is one short line that no terminal obeys.
func FuzzExcerpt(f *testing.F) {
	for _, body := range []string{`{"error":{"message":"a"}}`, "<title>a<p>b", "<![CDATA[", `[["`, "\xff\xfe<", `{"errors":[{"a":1}`} {
		f.Add("text/html; charset=utf-16", []byte(body))
		f.Add("", []byte(body))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		got := said(t, excerpt.Of(contentType, body))
		if utf8.RuneCountInString(got) > 200 || got != record.Printable(got) || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
	})
}
