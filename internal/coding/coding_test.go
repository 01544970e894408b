package coding

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParse(t *testing.T) {
	for field, want := range map[string]struct {
		codings string
		odd     bool
	}{
		"": {"", true}, " ": {"", true}, "identity": {"", false}, " , Identity,": {"", false},
		"GZip": {"gzip", false}, "x-gzip": {"gzip", false}, "gzip;q=1.0": {"gzip", false}, "gzip, br": {"gzip br", false},
		"UTF-8": {"", true}, "utf8": {"", true}, "ISO-8859-1": {"", true}, "none": {"", true}, "Binary": {"", true},
		"aws-chunked,gzip": {"gzip", true}, "compress": {"compress", false}, "pigeon": {"pigeon", false},
	} {
		codings, odd := Parse([]string{field})
		if strings.Join(codings, " ") != want.codings || odd != want.odd {
			t.Errorf("%q: %q, %v", field, codings, odd)
		}
	}
	if codings, _ := Parse([]string{"gzip", "br, zstd"}); !slices.Equal(codings, []string{"gzip", "br", "zstd"}) {
		t.Errorf("two fields: %q", codings)
	}
}

// by runs a program that others wrote over a text; without it the test is skipped.
func by(t testing.TB, text string, command ...string) string {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skipf("%s is not there", command[0])
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return string(out)
}

func decode(coding, data string) (string, *Reader, error) {
	var pool Pool
	r := pool.Reader(coding, iotest.OneByteReader(strings.NewReader(data)))
	text, err := io.ReadAll(r)
	return string(text), r, err
}

const python = "import sys,zlib;i=sys.stdin.buffer.read();o=sys.stdout.buffer.write;"

// tools make coded data.
var tools = map[string]struct {
	coding  string
	command []string
}{
	"gzip":             {Gzip, []string{"gzip", "-c"}},
	"gzip of a name":   {Gzip, []string{"python3", "-c", "import sys,gzip;gzip.GzipFile('a name','wb',9,sys.stdout.buffer).write(sys.stdin.buffer.read())"}},
	"zlib":             {Deflate, []string{"python3", "-c", python + "o(zlib.compress(i))"}},
	"zlib, level 0":    {Deflate, []string{"python3", "-c", python + "o(zlib.compress(i,0))"}},
	"raw":              {Deflate, []string{"python3", "-c", python + "c=zlib.compressobj(wbits=-15);o(c.compress(i)+c.flush())"}},
	"raw, stored":      {Deflate, []string{"python3", "-c", python + "c=zlib.compressobj(0,wbits=-15);o(c.compress(i)+c.flush())"}},
	"brotli":           {Brotli, []string{"brotli", "-c"}},
	"brotli, 16 MiB":   {Brotli, []string{"brotli", "-c", "-w", "24"}},
	"zstd":             {Zstd, []string{"zstd", "-qc"}},
	"zstd, level 19":   {Zstd, []string{"zstd", "-qc19"}},
	"zstd, no sum":     {Zstd, []string{"zstd", "-qc", "--no-check"}},
	"zstd, many parts": {Zstd, []string{"python3", "-c", "import sys,subprocess as s;i=sys.stdin.buffer.read();[sys.stdout.buffer.write(s.run(['zstd','-qc'],input=i[k:k+1000],capture_output=True).stdout) for k in range(0,max(1,len(i)),1000)]"}},
}

// TestToolsOfOthers: what other programs compress is what it was; cut off anywhere it is a failure that says so; and what follows
// it is told of.
func TestToolsOfOthers(t *testing.T) {
	var text strings.Builder
	for i := range 700 {
		text.WriteString(strings.Repeat("line ", i%7))
		text.WriteByte(byte(i))
	}
	for name, tool := range tools {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, want := range []string{"", "x", text.String()} {
				data := by(t, want, tool.command...)
				if got, r, err := decode(tool.coding, data); got != want || err != nil || r.Trailing() {
					t.Fatalf("%d bytes of %d, %v", len(got), len(want), err)
				}
			}
			data := by(t, text.String(), tool.command...)
			for _, n := range []int{1, 2, 5, len(data) / 2, len(data) - 1} {
				if _, _, err := decode(tool.coding, data[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%d of %d bytes: %v", n, len(data), err)
				}
			}
			got, r, err := decode(tool.coding, data+"trailing")
			if got != text.String() || err != nil || !r.Trailing() {
				t.Errorf("with more after it: %d bytes, %v, trailing %v", len(got), err, r.Trailing())
			}
		})
	}
}

// TestLargePieces: however data comes, nothing of it is lost, and the last piece is no short one. TestToolsOfOthers shows what
// happens otherwise.
func TestLargePieces(t *testing.T) {
	const buffer = 64
	for n := range 4 * buffer {
		data := bytes.Repeat([]byte("x"), n)
		r := inLargePieces{bufio.NewReaderSize(iotest.HalfReader(bytes.NewReader(data)), buffer)}
		whole, last := 0, 0
		for p := make([]byte, 2*buffer); ; {
			k, err := r.Read(p)
			if err != nil {
				break
			}
			whole, last = whole+k, k
		}
		if whole != n || last < min(n, 16) {
			t.Errorf("%d of %d bytes, the last piece %d", whole, n, last)
		}
	}
}

// TestWindow: a decoder remembers no more than the standard asks of it.
func TestWindow(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 1<<20)
	if got, _, err := decode(Zstd, by(t, text, "zstd", "-qc", "--long=23")); got != text || err != nil {
		t.Errorf("8 MiB: %d bytes, %v", len(got), err)
	}
	if _, _, err := decode(Zstd, by(t, text, "zstd", "-qc", "--long=27")); err == nil || !strings.Contains(err.Error(), "window size") {
		t.Errorf("128 MiB: %v", err)
	}
}

// body is coded data as package fetcher gives it.
type body struct {
	io.Reader
	from   *bytes.Reader
	coding string
	tee    io.Writer
}

func newBody(coding, data string) *body {
	b := &body{from: bytes.NewReader([]byte(data)), coding: coding}
	b.Reader = new(Pool).Reader(coding, readerFunc(func(p []byte) (int, error) {
		n, err := b.from.Read(p)
		if b.tee != nil {
			b.tee.Write(p[:n])
		}
		return n, err
	}))
	return b
}

type readerFunc func([]byte) (int, error)

func (r readerFunc) Read(p []byte) (int, error) { return r(p) }

func (b *body) TeeCoded(w io.Writer) string { b.tee = w; return b.coding }

// TestFile: what a file gets, by its name.
func TestFile(t *testing.T) {
	const text = "a,b\n1,2\n"
	gz, zst, br := by(t, text, "gzip", "-nc"), by(t, text, "zstd", "-qc"), by(t, text, "brotli", "-c")
	twice := by(t, gz, "gzip", "-nc")
	for _, tt := range []struct {
		name, coding, data string
		want, in           string
	}{
		{"x.csv", Gzip, gz, text, ""},
		{"x.csv.gz", Gzip, gz, gz, Gzip},
		{"X.TGZ", Gzip, gz, gz, Gzip},
		{"x.svgz", Gzip, gz, gz, Gzip},
		{"x.csv.br", Brotli, br, br, Brotli},
		{"x.csv.zst", Zstd, zst, zst, Zstd},
		{"x.csv.gz", Gzip, twice, gz, ""}, // compressed once more on the way
		{"x.csv.gz", Zstd, by(t, gz, "zstd", "-qc"), gz, ""},
		{"x.csv.gz", Gzip, gz + "more", gz + "more", Gzip},
		{"empty.gz", Gzip, by(t, "", "gzip", "-nc"), by(t, "", "gzip", "-nc"), Gzip},
		{"one.gz", Gzip, by(t, "\x1f", "gzip", "-nc"), by(t, "\x1f", "gzip", "-nc"), Gzip},
		{"nothing.gz", Gzip, "", "", Gzip},
		{"big.gz", Gzip, by(t, strings.Repeat(gz, 100_000), "gzip", "-nc"), strings.Repeat(gz, 100_000), ""},
	} {
		var got bytes.Buffer
		b := newBody(tt.coding, tt.data)
		f := NewFile(tt.name, b, &got)
		_, err := io.Copy(f, iotest.OneByteReader(b))
		in, closed := f.Close()
		if err != nil || closed != nil || got.String() != tt.want || in != tt.in {
			t.Errorf("%s: got %.40q in %q, want %.40q in %q; %v, %v", tt.name, got.String(), in, tt.want, tt.in, err, closed)
		}
	}
	var got bytes.Buffer
	f := NewFile("x.gz", strings.NewReader(""), &got)
	io.WriteString(f, gz)
	if in, err := f.Close(); got.String() != gz || in != "" || err != nil {
		t.Errorf("a body without a coding: %q in %q, %v", got.String(), in, err)
	}
}

// FuzzReader: no data makes a panic, or an error without a kind.
func FuzzReader(f *testing.F) {
	f.Add(uint8(0), []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add(uint8(1), []byte("x\x9c\x03\x00\x00\x00\x00\x01"))
	f.Add(uint8(2), []byte("\x0b\x02\x80hello\x03"))
	f.Add(uint8(3), []byte("\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00\x41"))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		coding := []string{Gzip, Deflate, Brotli, Zstd, "other"}[which%5]
		var pool Pool
		for range 2 { // the second time with a decoder that was used
			r := pool.Reader(coding, bytes.NewReader(data))
			_, err := io.CopyN(io.Discard, r, 1<<20)
			_, broken := errors.AsType[*Error](err)
			_, unknown := errors.AsType[UnknownError](err)
			if err != nil && err != io.EOF && !broken && !unknown && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: %v", coding, err)
			}
			r.Release()
		}
	})
}
