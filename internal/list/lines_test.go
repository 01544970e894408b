package list

import (
	"io"
	"runtime"
	"testing"
)

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
	if read := 10_000_000 - g.n; read > 64<<10/len(line)+1 {
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
// FuzzLineReader checks that however a text comes, its lines are those that bytes.Lines gives.
