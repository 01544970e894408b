package source

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
)

func TestLongLines(t *testing.T) {
	of := func(n int) string { return "http://h/" + strings.Repeat("x", n-len("http://h/")) }
	for _, end := range []string{"\n", "\r\n"} {
		text := of(maxLine) + end + of(maxLine+1) + end + of(5*maxLine) + end + "http://h/ok" + end + of(maxLine+2)
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(text), "halves": iotest.HalfReader(strings.NewReader(text)),
			"with EOF": iotest.DataErrReader(strings.NewReader(text)),
		} {
			d := newLines("x", r)
			var got []string
			for {
				err := d.next()
				if err == io.EOF {
					break
				}
				if err != nil {
					got = append(got, err.Error())
					continue
				}
				var req fetcher.Request
				d.fill(&req)
				got = append(got, fmt.Sprint(len(req.URL)))
			}
			const long = ": the line is longer than 1 MiB; put each URL on a line of its own"
			if diff := cmp.Diff([]string{"1048576", "x:2" + long, "x:3" + long, "11", "x:5" + long}, got); diff != "" {
				t.Errorf("%s, %q: %s", name, end, diff)
			}
			if n := len(d.reader.buf); n > maxLine+readBuffer {
				t.Errorf("%s: the buffer has grown to %d", name, n)
			}
		}
	}
}

// generator gives n lines.
type generator struct {
	n    int
	line string
	rest string
}

func (g *generator) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if g.rest == "" {
			if g.n == 0 {
				return n, io.EOF
			}
			g.n--
			g.rest = g.line
		}
		k := copy(p[n:], g.rest)
		n, g.rest = n+k, g.rest[k:]
	}
	return n, nil
}

func TestMemoryIsConstant(t *testing.T) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const n = 1_000_000
	l := mustOpen(t, &generator{n: n, line: "a name https://example.com/path/to/something?with=a&query=1234\n"}, Options{}, "-")
	before := heap()
	for req, err := range l.Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if req.Seq == 1000 || req.Seq == n {
			if grown := heap() - before; grown > 1<<20 {
				t.Errorf("after %d lines the heap has grown by %d bytes", req.Seq, grown)
			}
		}
	}
}

func TestFirstRequestNeedsOneRead(t *testing.T) {
	const line = "https://example.com/x\n"
	g := &generator{n: 10_000_000, line: line}
	for _, err := range mustOpen(t, g, Options{}, "-").Requests(t.Context()) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if read := 10_000_000 - g.n; read > readBuffer/len(line)+1 {
		t.Errorf("%d lines were read before the first request", read)
	}
}

func BenchmarkLines(b *testing.B) {
	for name, line := range map[string]string{
		"plain":  "https://api.example.com/v1/items/0123456789?format=json&p=12\n",
		"named":  "acetic acid https://api.example.com/v1/items/0123456789?format=j\n",
		"spaces": "https://api.example.com/v1/items/01234 6789?format=json&p=12\n",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(line)))
			l, err := Open(b.Context(), []string{"-"}, &generator{n: 1 << 62, line: line}, Options{})
			if err != nil {
				b.Fatal(err)
			}
			// One request is read for each turn of the loop.
			for _, err := range l.Requests(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				if !b.Loop() {
					break
				}
			}
		})
	}
}

// chunks gives at most size bytes at a time.
type chunks struct {
	reader io.Reader
	size   int
}

func (c chunks) Read(p []byte) (int, error) { return c.reader.Read(p[:min(len(p), c.size)]) }

// FuzzLineReader checks that however a text comes, its lines are those that bytes.Lines gives.
func FuzzLineReader(f *testing.F) {
	f.Add([]byte("a\nb\r\n\n\rc"), 1)
	f.Add([]byte("\n"), 2)
	f.Add([]byte(strings.Repeat("x", readBuffer)+"\r\ny"), 1000)
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		r := lineReader{reader: chunks{bytes.NewReader(text), max(1, size)}}
		n := int64(0)
		for want := range bytes.Lines(text) {
			n++
			want = bytes.TrimSuffix(bytes.TrimSuffix(want, []byte("\n")), []byte("\r"))
			got, err := r.next()
			if len(want) > maxLine {
				want = nil
			}
			if (err == errLongLine) != (want == nil) && len(want) > 0 || !bytes.Equal(got, want) || r.line != n {
				t.Fatalf("line %d: got %.80q, %v; want %.80q", n, got, err, want)
			}
		}
		if got, err := r.next(); err != io.EOF {
			t.Fatalf("after the last line: %.80q, %v", got, err)
		}
	})
}
