package format

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
)

// fuzzFormat checks what holds for every list of a format: reading it ends, and whatever it holds, the requests are such
// that they can be sent, with nothing smuggled into them, and the errors can be printed.
func fuzzFormat(f *testing.F, format format, seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		in := &Input{kind: stdinInput, Name: stdinName, Format: format, Cookies: true}
		d := &Reader{input: in, source: bytes.NewReader(text)}
		for n := 0; ; n++ {
			err := d.Next()
			switch bad := err.(type) {
			case nil:
				var req fetcher.Request
				d.Fill(&req)
				checkRequest(t, &req)
			case *LineError:
				if bad.Input != stdinName || bad.Line == 0 && bad.Entry == 0 || bad.Problem == "" || bad.Hint == "" {
					t.Errorf("%#v", bad)
				}
				checkPrintable(t, bad)
			default:
				if err != io.EOF {
					checkPrintable(t, in.Unreadable(err))
				}
				return
			}
			if n > len(text) {
				t.Fatal("it does not end")
			}
		}
	})
}

func checkRequest(t *testing.T, req *fetcher.Request) {
	t.Helper()
	checkURL(t, req.URL, req.URL)
	if req.Method != "" && (!httpguts.ValidHeaderFieldName(req.Method) || req.Method == http.MethodConnect) {
		t.Errorf("method %q", req.Method)
	}
	if !utf8.ValidString(req.Name) || hasControl([]byte(req.Name)) {
		t.Errorf("name %q", req.Name)
	}
	if req.Timeout < 0 || req.Timeout > maxTimeout {
		t.Errorf("timeout %v", req.Timeout)
	}
	for name, values := range req.Header {
		if !httpguts.ValidHeaderFieldName(name) || name != http.CanonicalHeaderKey(name) || isFraming(name) || len(values) == 0 {
			t.Errorf("header field %q: %q", name, values)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) || strings.ContainsAny(v, "\r\n\x00") {
				t.Errorf("header field %q: %q", name, v)
			}
		}
	}
	if (req.Body == nil) != (req.Length == 0) {
		t.Errorf("a body of length %d", req.Length)
	}
	checkWritten(t, req)
}

// checkWritten checks that what reads a request that was written gets the same, whether it is told the format or not.
func checkWritten(t *testing.T, req *fetcher.Request) {
	t.Helper()
	body := bodyOf(t, req)
	line, err := AppendRequest(nil, req)
	if err != nil {
		if utf8.ValidString(body) && req.Length < maxLine/10 {
			t.Errorf("%s: %v", req.URL, err)
		}
		return
	}
	for _, format := range []format{jsonlFormat, untold} {
		d := &Reader{input: &Input{kind: stdinInput, Format: format}, source: bytes.NewReader(line)}
		if err := d.Next(); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		var again fetcher.Request
		d.Fill(&again)
		if got := bodyOf(t, &again); got != body {
			t.Errorf("%s: the body is %q, was %q", line, got, body)
		}
		want := *req
		want.Body, again.Body = nil, nil
		if len(want.Header) == 0 {
			want.Header = nil
		}
		if diff := cmp.Diff(want, again); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
		if err := d.Next(); err != io.EOF {
			t.Errorf("%s: then %v", line, err)
		}
	}
}

func bodyOf(t *testing.T, req *fetcher.Request) string {
	t.Helper()
	if req.Body == nil {
		return ""
	}
	r, err := req.Body()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkPrintable checks that an error obeys nobody: it holds no control character.
func checkPrintable(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); hasControl([]byte(text)) || !utf8.ValidString(text) {
		t.Errorf("%q", text)
	}
}

func FuzzTable(f *testing.F) {
	fuzzFormat(f, csvFormat, "url,name,method,timeout,x\nhttp://h/,a,GET,1s,y\n", "URL;x\n\"http://h/\r\nX: y\";\n", "a,b\n", "url,url\n", "url\n\"")
}

func FuzzObjects(f *testing.F) {
	fuzzFormat(f, jsonlFormat, `{"url":"http://h/","method":"PUT","name":"x","timeout":1,"row":{"a":[1,2]},"header":{"X":["a","b"]},"body":{"x":1}}`,
		"{\"url\":\"http://h/\r\"}\n[]\n{}\n", `{"url":"http://h/","header":{"X":"a\r\nB: c"}}`, `{"header":{"":null}}`, `{"timeout":1e999,"url":"http://h"}`)
}

func FuzzVegetaJSON(f *testing.F) {
	fuzzFormat(f, vegetaJSONFormat, `{"method":"POST","url":"http://h/","body":"aGk=","header":{"X":["a","b"]}}`, `{"method":"\n","url":"http://h/","body":7}`)
}

func FuzzVegeta(f *testing.F) {
	fuzzFormat(f, vegetaFormat, "GET http://h/\nX: y\n\nPOST http://h/\n@/dev/null\n", "GET http://h/\nX: a\rb\n", "# x\nPUT  http://h\nHost: \x00\n@\n", "GET ftp://h/\nX\n\nX http://")
}

func FuzzAria2(f *testing.F) {
	fuzzFormat(f, aria2Format, "http://h/\thttp://i/\n out=x\n\theader=X: y\n", " out=x\n", "ftp://h/\nhttp://h/\n header=X\n referer=*\n", "http://h/\n header=X: a\rb\n user-agent=\x01")
}

func FuzzHAR(f *testing.F) {
	fuzzFormat(f, harFormat, `{"log":{"entries":[{"request":{"method":"GET","url":"http://h/","headers":[{"name":"X","value":"y"}],"cookies":[{"name":"a","value":"b"}]}},{"response":{}}]}}`,
		`{"log":{"entries":[{"request":{"method":"POST","url":"http://h/","postData":{"mimeType":"a/b\r\n","text":"x","params":[{}]}}}]},"x":[{"\"":"\\"}]}`,
		`{"log":{"entries":[{"request":{"url":"data:x"}},`, `{"log":7}`, `{"log":{"entries":[]}`)
}

func FuzzSitemap(f *testing.F) {
	fuzzFormat(f, sitemapFormat, `<?xml version="1.0"?><urlset><url><loc>http://h/?a&amp;b</loc></url></urlset>`, "<urlset><url><loc>http://h/\n\x01</loc></url>",
		"<sitemapindex>", "<!DOCTYPE x [<!ENTITY a 'b'>]><urlset xmlns='x'><a:url/></urlset>", "<\x1b[2J>", "<?xml encoding='\x1b'?>")
}

func FuzzAnyFormat(f *testing.F) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprintln(w, "http://h/")
	w.Close()
	fuzzFormat(f, untold, "http://h/\n", "GET http://h/\n", "url,x\nhttp://h/,y\n", "x\turl\n", `{"method":"GET","url":"http://h/"}`, "<urlset>", "http://h/\n out=x\n",
		`{"log":{`, packed.String(), "\x1f\x8b", "\ufeff")
}
