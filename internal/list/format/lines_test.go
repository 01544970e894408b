package format

import (
	"bytes"
	"fmt"
	"io"
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
				err := d.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					got = append(got, err.Error())
					continue
				}
				var req fetcher.Request
				d.Fill(&req)
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

type chunks struct {
	reader io.Reader
	size   int
}

func (c chunks) Read(p []byte) (int, error) { return c.reader.Read(p[:min(len(p), c.size)]) }

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
