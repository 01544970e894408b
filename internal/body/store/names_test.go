package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/filename"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web/webtest"

	"golang.org/x/text/unicode/norm"
)

// asked is a request for the tables: the name and the URL as a list has them, and the rows.
func asked(seq int64, line string, rows ...fetcher.Row) *fetcher.Request {
	name, u := "", line
	if i := strings.Index(line, "http"); i > 0 {
		name, u = strings.TrimSuffix(line[:i], " "), line[i:]
	}
	req := &fetcher.Request{Seq: seq, Name: name, URL: u}
	switch len(rows) {
	case 0:
	case 1:
		req.Row = rows[0]
	default:
		req.Rows = rows
	}
	return req
}

func row(cells ...string) fetcher.Row {
	var r fetcher.Row
	for i := 0; i < len(cells); i += 2 {
		r = append(r, fetcher.Cell{Column: cells[i], Value: cells[i+1]})
	}
	return r
}

func newNames(t testing.TB, o Options) *Names {
	t.Helper()
	names, err := NewNames(o)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// nameOf reserves a name and gives it as it is for the content type.
func nameOf(n *Names, req *fetcher.Request, contentType string) string {
	n.Reserve(req)
	return n.Name(&fetcher.Result{Seq: req.Seq, Page: 1, Request: req}, contentType)
}

func TestNameInFolder(t *testing.T) {
	long := strings.Repeat("ä", 300)
	tests := []struct{ line, contentType, want string }{
		{"ethanol http://h.test/a/b", "application/json", "ethanol.json"},
		{"http://h.test/a/b", "application/json; charset=utf-8", "b.json"},
		{"http://h.test/a/b/", "text/html", "b.html"},
		{"http://h.test/a/b.csv", "application/json", "b.csv"},
		{"http://h.test/a/b.CSV", "application/json", "b.CSV"},
		{"http://h.test/data.tar.gz", "", "data.tar.gz"},
		{"http://h.test/v1.2", "application/json", "v1.2.json"},
		{"http://h.test/v1.2", "application/octet-stream", "v1.2.bin"},
		{"water http://h.test/x.pdf", "application/octet-stream", "water.pdf"},
		{"water http://h.test/x.pdf?y=z.zip", "", "water.pdf"},
		{"report.json http://h.test/x.pdf", "text/html", "report.json"},
		{"http://h.test", "text/html", "h.test.html"},
		{"http://example.md/", "text/html", "example.md.html"},
		{"http://H.test:80/", "text/html", "h.test.html"},
		{"http://h.test:8080/", "text/html", "h.test_8080.html"},
		{"http://[::1]:8080/", "text/html", "[__1]_8080.html"},
		{"http://user:hunter2@h.test/", "text/html", "h.test.html"},
		{"http://user:hunt/er2@h.test/", "text/html", "h.test.html"},
		{"http://h.test/?key=hunter2", "text/html", "h.test.html"},
		{"http://h.test/a?key=hunter2", "text/html", "a.html"},
		{"http://h.test/a#hunter2", "text/html", "a.html"},
		{"http://h.test/a;jsessionid=hunter2", "text/html", "a.html"},
		{"http://h.test/caf%C3%A9", "text/plain", "café.txt"},
		{"http://h.test/cafe%CC%81", "text/plain", "café.txt"},
		{"http://h.test/a%2f..%2f..%2fetc%2fpasswd", "text/plain", "a_.._.._etc_passwd.txt"},
		{"http://h.test/..%5c..%5cx", "text/plain", "_._.._x.txt"},
		{"http://h.test/a%00b%1b%ff%e2%80%ae", "text/plain", "a_b___.txt"},
		{"http://h.test/%2e%2e", "text/plain", "__.txt"},
		{"http://h.test/.bashrc", "text/plain", "_bashrc.txt"},
		{"http://h.test/-rf", "text/plain", "_rf.txt"},
		{"http://h.test/con", "text/plain", "_con.txt"},
		{"http://h.test/aux.json", "text/plain", "_aux.json"},
		{"http://h.test/COM1", "text/plain", "_COM1.txt"},
		{"http://h.test/.json", "text/plain", "unnamed.json"},
		{"http://h.test/a:b", "text/plain", "a_b.txt"},
		{"acid (2,3) 5'-α http://h.test/x", "application/problem+json", "acid (2,3) 5'-α.json"},
		{"a. http://h.test/x", "image/svg+xml", "a_.svg"},
		{long + " http://h.test/x", "application/x-thing+xml", ""},
		{"not a URL", "", "unnamed.bin"},
	}
	for _, test := range tests {
		got := nameOf(newNames(t, Options{Output: t.TempDir()}), asked(1, test.line), test.contentType)
		if strings.HasPrefix(test.line, "ä") { // the digits of the checksum are not the point
			i := strings.LastIndexByte(got, '-')
			if len(got) > longestName || !strings.HasPrefix(got, "ää") || i < 0 || len(got[i:]) != len("-12345678.xml") {
				t.Errorf("%q: %q", test.line, got)
			}
			continue
		}
		if got != test.want {
			t.Errorf("%q of %q: %q, want %q", test.line, test.contentType, got, test.want)
		}
	}
}

func TestNameByTemplate(t *testing.T) {
	water := row("name", "water", "cid", "962", "a b/c", "x/y", "empty", "")
	tests := []struct{ output, want string }{
		{"out/{name}.json", "water.json"},
		{"out/{cid}", "962.html"},
		{"out/", "thing.html"},
		{"out", "thing.html"},
		{"out.d/x/", "thing.html"},
		{"out/{host}/", "h.test_81/thing.html"},
		{"out/{host}/all", "h.test_81/all/thing.html"},
		{"{host}/{seq}.html", "h.test_81/7.html"},
		{"{host}/data/{seq}.html", "h.test_81/data/7.html"},
		{"out/{path}-{file}-{page}.tar.gz", "p_q.pdf-q.pdf-1.tar.gz"},
		{"out/{file}", "q.pdf"},
		{"out/{a b/c}.json", "x_y.json"},
		{"out/{empty}.json", "unnamed.json"},
		{"out/v{cid}-final", "v962-final.html"},
		{"out/.{cid}", "_962.html"},
		{"out/{name}/{name}//{seq}", "water/water/7.html"},
		{"out/one.json", "one.json"},
		{"one.json", "one.json"},
	}
	t.Chdir(t.TempDir())
	for _, test := range tests {
		req := asked(7, "thing http://h.test:81/p/q.pdf", water)
		names := newNames(t, Options{Output: test.output, Columns: []string{"name", "cid", "a b/c", "empty"}})
		if got := nameOf(names, req, "text/html"); got != test.want {
			t.Errorf("%s: %q, want %q", test.output, got, test.want)
		}
	}
	batch := asked(1, "http://h.test/", row("cid", "1"), row("cid", "2"), row("cid", "3"))
	if got := nameOf(newNames(t, Options{Output: "{cid}.json", Columns: []string{"cid"}}), batch, ""); got != "1,2,3.json" {
		t.Error("of a batch:", got)
	}
}

func TestTemplateErrors(t *testing.T) {
	tests := []struct{ output, want string }{
		{"", "it is empty"},
		{"out/{nam}.json", "{nam} is unknown; there are {seq} {page} {name} {host} {path} {file} {cid};"},
		{"out/{status}", "is unknown"},
		{"out/{", "not closed"},
		{"out/}x", "without a {"},
		{"out/{{cid}}", "is unknown"},
		{"out/{api_key}.json", "contains secrets"},
		{"{host}/../x.json", `".." is not safe as a name; write "__"`},
		{"{host}/.cache/{seq}", `".cache" is not safe as a name; write "_cache"`},
		{"{seq}.js:n", `".js:n" is not safe as a name; write ".js_n"`},
		{"{seq}" + strings.Repeat("x", 101), "make it shorter"},
		{"out/a\x00b", "NUL"},
	}
	o := Options{Columns: []string{"cid", "api_key"}, Secret: func(c string) bool { return c == "api_key" }}
	for _, test := range tests {
		o.Output = test.output
		_, err := NewNames(o)
		if !errors.Is(err, ErrTemplate) || !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%q: %v; want %s", test.output, err, test.want)
		}
	}
}

// What a template has put into a URL as a secret gets into no name, and neither does a credential of the URL. The names
// that requests have are the user's.
func TestNamesKeepNoSecret(t *testing.T) {
	for _, c := range []struct{ url, shown, want string }{
		{"http://h/bots3cr%2Ft/x", "http://h/bot***/x", "a@b_c+bot____x+x.json"},
		{"http://h/s3cr", "http://h/***", "a@b_c+___+___.json"},
		{"http://u:s3cr@h/x;password=s3cr/y?api_key=s3cr", "", "a@b_c+x_y+y.json"},
	} {
		names, err := NewNames(Options{Output: "{name}+{path}+{file}"})
		if err != nil {
			t.Fatal(err)
		}
		req := &fetcher.Request{Name: "a@b/c", URL: c.url, Tag: &secret.Origin{URL: c.shown}}
		names.Reserve(req)
		if got := names.Name(&fetcher.Result{Request: req}, "application/json"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	tests := []struct {
		why   string
		lines string // name=content type
		want  string
	}{
		{"one after the other", "a= a= a= a-2= b=", "a.bin a-2.bin a-3.bin a-2-2.bin b.bin"},
		{"case", "a= A= Ä= ä= \u212a= k=", "a.bin A-2.bin Ä.bin ä-2.bin K.bin k-2.bin"},
		{"the open extension tells nothing apart", "a=text/html a=text/csv", "a.html a-2.csv"},
		{"a settled one does", "a.csv= a.json= a.CSV=", "a.csv a.json a-2.CSV"},
		{"open after settled", "a.csv= a=text/html", "a.csv a-2.html"},
		{"settled after open", "a=text/html a.csv=", "a.html a-2.csv"},
		{"double extensions", "a.tar.gz= a.tar= a.tar.gz= b.tar.xyz=", "a.tar.gz a.tar a-2.tar.gz b.tar.xyz.bin"},
		{"an open one in a double one", "x.tar.= x.tar.gz=", "x.tar_.bin x.tar.gz"},
	}
	for _, test := range tests {
		names := newNames(t, Options{Output: t.TempDir()})
		var got []string
		for i, line := range strings.Fields(test.lines) {
			name, contentType, _ := strings.Cut(line, "=")
			got = append(got, nameOf(names, &fetcher.Request{Seq: int64(i + 1), Name: name, URL: "http://h.test/"}, contentType))
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s: %s: %s, want %s", test.why, test.lines, got, test.want)
		}
	}
}

func TestNamesOfPages(t *testing.T) {
	page := func(n *Names, req *fetcher.Request, page int) string {
		return n.Name(&fetcher.Result{Seq: req.Seq, Page: page, Request: req}, "")
	}
	a, other, again := asked(1, "a http://h.test/"), asked(2, "a-page-2 http://h.test/"), asked(3, "a http://h.test/")

	// Whenever the second page comes, it is called the same.
	for _, late := range []bool{false, true} {
		names := newNames(t, Options{Output: t.TempDir(), Pages: true})
		names.Reserve(a)
		if late {
			names.Reserve(other)
			names.Reserve(again)
		}
		got := []string{page(names, a, 1), page(names, a, 2), page(names, a, 2), page(names, a, 3)}
		if !late {
			names.Reserve(other)
			names.Reserve(again)
		}
		got = append(got, page(names, other, 1), page(names, other, 2), page(names, again, 2))
		want := "a.bin a-page-2.bin a-page-2.bin a-page-3.bin a-page-2-2.bin a-page-2-2-page-2.bin a-2-page-2.bin"
		if got := strings.Join(got, " "); got != want {
			t.Errorf("late %t: %s, want %s", late, got, want)
		}
	}
	without := newNames(t, Options{Output: t.TempDir()})
	without.Reserve(a)
	if got := nameOf(without, other, ""); got != "a-page-2.bin" {
		t.Error("nobody follows pages, so the name is free:", got)
	}
	if got := page(without, a, 2); got != "a-page-2-2.bin" {
		t.Error("a page must not get a name that has gone:", got)
	}
	byTemplate := newNames(t, Options{Output: "{name}{page}.x", Pages: true})
	byTemplate.Reserve(a)
	a1 := asked(4, "a1 http://h.test/")
	byTemplate.Reserve(a1)
	got := []string{page(byTemplate, a, 1), page(byTemplate, a, 2), page(byTemplate, a, 11), page(byTemplate, a1, 1)}
	if got := strings.Join(got, " "); got != "a1.x a2.x a11-2.x a11.x" {
		t.Error(got)
	}
}

func TestNamesOfWhatWasNotReserved(t *testing.T) {
	names := newNames(t, Options{Output: t.TempDir()})
	req := asked(0, "a http://h.test/")
	for seq := range int64(2) {
		want := []string{"a.txt", "a-2.txt"}[seq]
		for range 2 {
			if got := names.Name(&fetcher.Result{Seq: seq + 1, Request: req}, "text/plain"); got != want {
				t.Error(got, want)
			}
		}
		names.Release(seq + 1)
	}
	if len(names.pending) != 0 {
		t.Error("not released:", names.pending)
	}
	if name, other := names.Settle(req); name != "a-3" || !other {
		t.Error(name, other)
	}
	if name, other := names.Settle(asked(0, "b.csv http://h.test/")); name != "b.csv" || other {
		t.Error(name, other)
	}
}

// TestManyEqualNames must not take the time that trying all suffixes would.
func TestManyEqualNames(t *testing.T) {
	names := newNames(t, Options{Output: t.TempDir()})
	req := asked(1, "a http://h.test/")
	var last string
	for range 100_000 {
		last, _ = names.Settle(req)
	}
	if last != "a-100000" {
		t.Error(last)
	}
}

func TestMemoryOfNames(t *testing.T) {
	const n = 1 << 18 // the table has just doubled at three quarters of this
	names := newNames(t, Options{Output: t.TempDir()})
	measure := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := measure()
	for i := range n {
		names.Settle(&fetcher.Request{Name: fmt.Sprint("name ", i), URL: "http://h.test/"})
	}
	each := float64(measure()-before) / n
	t.Logf("%.1f bytes a name", each)
	if each > 24 {
		t.Errorf("%.1f bytes a name", each)
	}
	runtime.KeepAlive(names)
}

// isSafe says what is wrong with one element of a name; empty if nothing is.
func isSafe(name string) string {
	switch {
	case name == "" || len(name) > longestName:
		return fmt.Sprint("its length is ", len(name))
	case !utf8.ValidString(name) || !norm.NFC.IsNormalString(name):
		return "it is not in normal form"
	case strings.ContainsAny(name, "/\\:*?\"<>|\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029"):
		return "it holds what may not be there"
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || 0x7f <= r && r < 0xa0 }):
		return "it holds a control character"
	case strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") || strings.HasPrefix(name, " "):
		return "it begins badly"
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return "it ends badly"
	case filename.IsDevice(name):
		return "it is that of a device"
	}
	return ""
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"", "..", "a/../../b", "CON", "con.txt", "a:b\\c", "\x1b[31m", "\xff\xfe", ".bashrc", "-rf", "a.tar.gz", "A", "K",
		"e\u0301", strings.Repeat("é", 200), strings.Repeat("x", 159) + ". ", "\u202etxt.exe", "a-2", "a-page-2", " . ", "com¹", "CON .json", "a;b=c"} {
		f.Add(seed, "http://h.test/"+seed, "text/html", uint8(0))
		f.Add("", "http://u:p@h.test/x/"+seed+"?q="+seed, seed, uint8(3))
	}
	outputs := []string{"out/", "out/{name}.json", "out/{host}/{path}-{file}", "{c}/{seq}/{c}.{page}", "out/{c}{name}"}
	f.Fuzz(func(t *testing.T, name, u, contentType string, which uint8) {
		names := newNames(t, Options{Output: outputs[int(which)%len(outputs)], Columns: []string{"c"}, Pages: which%2 == 0})
		var all []string
		seq := int64(0)
		for _, n := range []string{name, strings.ToUpper(name), name + "-2", name, strings.ToLower(name), name + ".html", name + "-page-2"} {
			seq++
			req := &fetcher.Request{Seq: seq, Name: n, URL: u, Row: row("c", n)}
			names.Reserve(req)
			for page := 1; page <= 3; page++ {
				got := names.Name(&fetcher.Result{Seq: seq, Page: page, Request: req}, contentType)
				for e := range strings.SplitSeq(got, "/") {
					if problem := isSafe(e); problem != "" {
						t.Fatalf("%q and %q give %q: %s", n, u, got, problem)
					}
				}
				if got != path.Clean(got) || path.IsAbs(got) {
					t.Fatalf("%q and %q give %q", n, u, got)
				}
				for _, other := range all {
					if strings.EqualFold(got, other) {
						t.Fatalf("%q and %q give %q, and there is %q", n, u, got, other)
					}
				}
				all = append(all, got)
			}
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"out/{name}.json", "{", "}", "a/{b}/../c", "//", "{c}/{seq}", ".", "..", "a.b/", "{host}/.x", "-x", "{seq}\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, output string) {
		names, err := NewNames(Options{Output: output, Columns: []string{"c"}})
		if err != nil {
			if !errors.Is(err, ErrTemplate) {
				t.Fatal(err)
			}
			return
		}
		got := nameOf(names, asked(1, "../x http://h.test/a", row("c", "../..")), "text/html")
		for e := range strings.SplitSeq(got, "/") {
			if problem := isSafe(e); problem != "" {
				t.Fatalf("%q gives %q: %s", output, got, problem)
			}
		}
	})
}

// TestSet is checked against a map.
func TestSet(t *testing.T) {
	var s set
	want := map[uint64]bool{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		h := random.Uint64() & 0xfff0000000000fff // many that are near each other
		if s.has(h) != want[max(h, 1)] {
			t.Fatalf("%x: %t", h, s.has(h))
		}
		s.add(h)
		want[max(h, 1)] = true
	}
	if s.n != len(want) {
		t.Error(s.n, len(want))
	}
}

// TestHostOfURL: files are named for the host that every other part of the program sees.
func TestHostOfURL(t *testing.T) {
	for _, c := range webtest.Cases {
		if host, _ := dissect(c.URL); host != c.Shown {
			t.Errorf("the host of %q is %q, want %q", c.URL, host, c.Shown)
		}
	}
}
