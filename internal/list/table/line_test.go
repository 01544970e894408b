package table

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// chunks gives at most size bytes at a time.
type chunks struct {
	reader io.Reader
	size   int
}

func (c chunks) Read(p []byte) (int, error) { return c.reader.Read(p[:min(len(p), c.size)]) }

// FuzzLineReader checks that however a text comes, its lines are those that bytes.Lines gives, without their ends.
func FuzzLineReader(f *testing.F) {
	f.Add([]byte("a\nb\r\n\n\rc"), 1)
	f.Add([]byte("\n"), 2)
	f.Add([]byte(strings.Repeat("x", readBuffer)+"\r\ny"), 1000)
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		r := NewLineReader(chunks{bytes.NewReader(text), max(1, size)})
		n := int64(0)
		for want := range bytes.Lines(text) {
			n++
			if whole, ended := bytes.CutSuffix(want, []byte("\n")); ended {
				want = bytes.TrimSuffix(whole, []byte("\r"))
			}
			got, err := r.Next()
			if len(want) > MaxRow {
				want = nil
			}
			if (err == ErrLongLine) != (want == nil) && len(want) > 0 || !bytes.Equal(got, want) || r.Line != n {
				t.Fatalf("line %d: got %.80q, %v; want %.80q", n, got, err, want)
			}
		}
		if got, err := r.Next(); err != io.EOF {
			t.Fatalf("after the last line: %.80q, %v", got, err)
		}
	})
}
