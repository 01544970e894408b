package list

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
)

// zipped packs a text with gzip.
func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// described tells all of a request on one line, but for its number: only what is set.
func described(t *testing.T, req *fetcher.Request) string {
	t.Helper()
	var b strings.Builder
	if req.Method != "" {
		b.WriteString(req.Method + " ")
	}
	b.WriteString(req.URL)
	if req.Name != "" {
		fmt.Fprintf(&b, " name=%q", req.Name)
	}
	if req.Timeout != 0 {
		fmt.Fprintf(&b, " timeout=%v", req.Timeout)
	}
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		fmt.Fprintf(&b, " %s=%q", name, req.Header[name])
	}
	if req.Row != nil {
		b.WriteString(" row=")
		for _, c := range req.Row {
			fmt.Fprintf(&b, "[%s=%s]", c.Column, c.Value)
		}
	}
	if req.Body != nil {
		for range 2 { // each attempt has it whole
			r, err := req.Body()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil || r.Close() != nil || int64(len(text)) != req.Length {
				t.Errorf("%s: a body of %d bytes, its length %d, %v", req.URL, len(text), req.Length, err)
			}
			if strings.Contains(b.String(), " body=") {
				continue
			}
			fmt.Fprintf(&b, " body=%q", text)
		}
	}
	return b.String()
}

// results are the requests of a list, described, and in their place the errors, after which reading went on or not.
func results(t *testing.T, r io.Reader, o Options) []string {
	t.Helper()
	var got []string
	o.SkipBad = true
	for req, err := range mustOpen(t, r, o, "-").Requests(t.Context()) {
		if err != nil {
			got = append(got, "! "+err.Error())
			break
		}
		if req.Err != nil {
			got = append(got, req.Err.Error())
			continue
		}
		got = append(got, described(t, req))
	}
	return got
}

// listTest is a list and what is read of it.
type listTest struct {
	name, format, text string
	want               []string
}

func runListTests(t *testing.T, tests []listTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"plain":        strings.NewReader(tt.text),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tt.text)),
				"CRLF":         strings.NewReader(strings.ReplaceAll(tt.text, "\n", "\r\n")),
				"BOM":          strings.NewReader("\ufeff" + tt.text),
				"gzip":         bytes.NewReader(zipped(tt.text)),
				"gzip by byte": iotest.OneByteReader(bytes.NewReader(zipped(tt.text))),
			} {
				if how == "CRLF" && strings.Contains(tt.name, "not CRLF") {
					continue
				}
				if d := cmp.Diff(tt.want, results(t, r, Options{Format: tt.format})); d != "" {
					t.Errorf("%s: %s", how, d)
				}
			}
		})
	}
}

// TestRowColumns: those of all rows are known where all can be read first.
func TestRowColumns(t *testing.T) {
	inDir(t, map[string]string{
		"a.csv": "id,url\n1,http://a/\n2\n", "a.json": `[{"url":"http://a/","id":1},{"url":"http://a/","row":{"x":1},"y":2},{"z":1}]`, "a.txt": "http://a/\n",
	})
	o := Options{SkipBad: true}
	for args, want := range map[string]string{"a.csv": "id", "a.json": "id x y z", "a.txt": "", "a.json a.csv": "id x y z", "- a.csv": ""} {
		l := mustOpen(t, strings.NewReader(""), o, strings.Fields(args)...)
		if got := strings.Join(l.RowColumns(), " "); got != want {
			t.Errorf("%s: %q", args, got)
		}
	}
	o.Rows = "a.csv"
	if l := mustOpen(t, nil, o, "http://h/{id}"); !slices.Equal(l.RowColumns(), []string{"id", "url"}) {
		t.Error(l.RowColumns())
	}
}

// TestFilesOfEveryFormat reads files through Open, twice, by their names and by how they begin.
func TestFilesOfEveryFormat(t *testing.T) {
	files := map[string]string{
		"a.txt":      "one http://a/1\n",
		"a.csv":      "url,x\nhttp://a/2,y\n",
		"a.list":     "url\tx\nhttp://a/3\ty\n",
		"a.jsonl":    `{"url": "http://a/4", "method": "PUT"}`,
		"vegeta.txt": "POST http://a/5\nX: y\n\n",
		"aria2.txt":  "http://a/6\n out=f\n",
		"a.har":      `{"log": {"entries": [{"request": {"method": "GET", "url": "http://a/7"}}]}}`,
		"map.xml":    "<urlset><url><loc>http://a/8</loc></url></urlset>",
		"b.json":     `{"method": "GET", "url": "http://a/9", "header": {"X": ["y"]}, "body": "aGk="}`,
	}
	order := []string{"a.txt", "a.csv", "a.list", "a.jsonl", "vegeta.txt", "aria2.txt", "a.har", "map.xml", "b.json"}
	for _, name := range order {
		files[name+".gz"] = string(zipped(files[name]))
	}
	inDir(t, files)
	want := []string{
		`http://a/1 name="one"`, "http://a/2 row=[x=y]", "http://a/3 row=[x=y]", "PUT http://a/4", `POST http://a/5 X=["y"]`, `http://a/6 name="f"`,
		"GET http://a/7", "http://a/8", `GET http://a/9 X=["y"] body="hi"`,
	}
	for _, packed := range []bool{false, true} {
		args := slices.Clone(order)
		for i := range args {
			if packed {
				args[i] += ".gz"
			}
		}
		l := mustOpen(t, nil, Options{}, args...)
		if n, known := l.Total(); n != 9 || !known {
			t.Errorf("Total: %d, %v", n, known)
		}
		for range 2 {
			var got []string
			for req, err := range l.Requests(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if req.Err != nil {
					got = append(got, req.Err.Error())
					continue
				}
				got = append(got, described(t, req))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		}
	}
}

func TestFormatIsAskedFor(t *testing.T) {
	_, err := Open(t.Context(), []string{"-"}, nil, Options{Format: "vegetta"})
	wantError(t, err, "vegetta is not a list format; did you mean vegeta?")
	_, err = Open(t.Context(), []string{"-"}, nil, Options{Format: "yaml-like"})
	wantError(t, err, "yaml-like is not a list format; known are lines, csv, tsv, jsonl, vegeta, vegeta-json, aria2, har, sitemap")

	inDir(t, map[string]string{"a.csv": "http://h/1\nhttp://h/2\n"})
	wantRequests(t, mustOpen(t, nil, Options{Format: "lines"}, "a.csv"), "1 http://h/1", "2 http://h/2")
	_, err = Open(t.Context(), []string{"a.csv"}, nil, Options{})
	wantError(t, err, "a.csv: its first line holds a URL, and should name the columns; "+
		"write a heading with a column url, or say --input-format lines if it is no table")
}

func TestListIsOnTopOfTemplate(t *testing.T) {
	header := http.Header{"User-Agent": {"fetch"}, "Accept": {"*/*"}}
	template := fetcher.Request{
		Method: "PUT", Header: header, Timeout: 5, Length: 3,
		Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("own")), nil },
	}
	const list = `{"url": "http://h/1"}
{"url": "http://h/2", "method": "PATCH", "timeout": 1, "header": {"accept": "text/csv", "x": ["a", "b"]}, "body": "text"}
{"url": "http://h/3", "body": ""}
{"url": "http://h/4", "body": null, "timeout": "20ms"}
`
	want := []string{
		`PUT http://h/1 timeout=5ns Accept=["*/*"] User-Agent=["fetch"] body="own"`,
		`PATCH http://h/2 timeout=1s Accept=["text/csv"] User-Agent=["fetch"] X=["a" "b"] body="text"`,
		`PUT http://h/3 timeout=5ns Accept=["*/*"] User-Agent=["fetch"]`,
		`PUT http://h/4 timeout=20ms Accept=["*/*"] User-Agent=["fetch"] body="own"`,
	}
	if d := cmp.Diff(want, results(t, strings.NewReader(list), Options{Template: template})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(http.Header{"User-Agent": {"fetch"}, "Accept": {"*/*"}}, header); d != "" {
		t.Errorf("the template has changed: %s", d)
	}
}

func TestDamagedGzip(t *testing.T) {
	const text = "http://h/1\nhttp://h/2\n"
	whole := zipped(text)
	sum := bytes.Clone(whole)
	sum[len(sum)-8] ^= 1
	corrupt := zipped(strings.Repeat(text, 100))
	copy(corrupt[12:], "\xff\xff\xff\xff\xff\xff")
	for name, tt := range map[string]struct {
		packed  []byte
		problem string
	}{
		"cut":      {whole[:len(whole)-4], "ends too early"},
		"cut more": {whole[:len(whole)-12], "ends too early"},
		"checksum": {sum, "damaged"},
		"corrupt":  {corrupt, "damaged"},
		"header":   {[]byte("\x1f\x8b\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "damaged"},
	} {
		_, err := read(mustOpen(t, bytes.NewReader(tt.packed), Options{}, "-"))
		t.Run(name, func(t *testing.T) {
			wantError(t, err, "standard input: is gzip-compressed, and "+tt.problem+"; make or fetch the file again")
		})
	}
	two := append(zipped("http://h/1\n"), zipped("http://h/2\n")...) // as of cat a.gz b.gz
	wantRequests(t, mustOpen(t, bytes.NewReader(two), Options{}, "-"), "1 http://h/1", "2 http://h/2")
}
