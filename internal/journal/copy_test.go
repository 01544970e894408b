package journal

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"example.com/fetch/internal/bubble"
)

// whole is what onWhole was told.
type whole struct {
	mu     sync.Mutex
	calls  int
	sum    string
	bytes  int64
	called chan struct{}
}

func newWhole() *whole { return &whole{called: make(chan struct{}, 10)} }

func (w *whole) on(sum string, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls, w.sum, w.bytes = w.calls+1, sum, bytes
	w.called <- struct{}{}
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func newCopy(t testing.TB, in io.Reader, w *whole) (*Copy, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl.stdin")
	c, err := NewCopy(path, in, w.on)
	if err != nil {
		t.Fatal(err)
	}
	return c, path
}

func TestCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "copy")
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Repeat(rapid.StringN(0, 20, -1).Draw(t, "text"), rapid.SampledFrom([]int{0, 1, 50, 20_000}).Draw(t, "times"))
		var in io.Reader = strings.NewReader(text)
		in = rapid.SampledFrom([]func(io.Reader) io.Reader{
			func(r io.Reader) io.Reader { return r }, iotest.HalfReader, iotest.DataErrReader,
		}).Draw(t, "in")(in)
		w := newWhole()
		c, err := NewCopy(path, in, w.on)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c)
		if err != nil || string(got) != text {
			t.Fatalf("%d bytes came of %d, %v", len(got), len(text), err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		sum, n, ok := c.Whole()
		if !ok || sum != sumOf(text) || n != int64(len(text)) || w.calls != 1 || w.sum != sum || w.bytes != n {
			t.Fatalf("it is %v %d %s, and %d times %d %s", ok, n, sum, w.calls, w.bytes, w.sum)
		}
		if file, err := os.ReadFile(path); err != nil || string(file) != text {
			t.Fatalf("in the file are %d bytes of %d, %v", len(file), len(text), err)
		}
	})
}

// A line is given as soon as it has come, while the input goes on; a part of one likewise.
func TestCopyGivesLinesAtOnce(t *testing.T) {
	r, w := io.Pipe()
	told := newWhole()
	c, _ := newCopy(t, r, told)
	lines := bufio.NewReader(c)
	for _, line := range []string{"one\n", "two\n"} {
		io.WriteString(w, line)
		if got, err := lines.ReadString('\n'); got != line || err != nil {
			t.Fatalf("%q came, %v", got, err)
		}
	}
	if _, _, ok := c.Whole(); ok {
		t.Error("it is whole before the end")
	}
	io.WriteString(w, "thr")
	part := make([]byte, 10)
	if n, err := lines.Read(part); string(part[:n]) != "thr" || err != nil {
		t.Errorf("%q came, %v", part[:n], err)
	}
	w.Close()
	if _, err := lines.ReadByte(); err != io.EOF {
		t.Errorf("at the end came %v", err)
	}
	must(t, c.Close())
}

// The copy does not wait for who reads: the pipe gets empty though nothing is read.
func TestCopyRunsAhead(t *testing.T) {
	text := strings.Repeat("http://h.test/\n", 100_000)
	told := newWhole()
	c, path := newCopy(t, strings.NewReader(text), told)
	<-c.done
	if sum, n, ok := c.Whole(); !ok || n != int64(len(text)) || sum != sumOf(text) {
		t.Errorf("it is whole: %v, %d bytes", ok, n)
	}
	if n, err := Lines(path); n != 100_000 || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
	if got, err := io.ReadAll(c); err != nil || string(got) != text {
		t.Errorf("%d bytes came, %v", len(got), err)
	}
	must(t, c.Close())
}

func TestCopyPassesOnErrors(t *testing.T) {
	torn := errors.New("torn")
	told := newWhole()
	c, _ := newCopy(t, io.MultiReader(strings.NewReader("one\ntw"), iotest.ErrReader(torn)), told)
	got, err := io.ReadAll(c)
	if string(got) != "one\ntw" || err != torn {
		t.Errorf("%q came, then %v", got, err)
	}
	must(t, c.Close())
	if _, _, ok := c.Whole(); ok || told.calls != 0 {
		t.Error("it is whole without its end")
	}
	c, _ = newCopy(t, idle{}, newWhole())
	if _, err := c.Read(make([]byte, 1)); err != io.ErrNoProgress {
		t.Errorf("of nothing came %v", err)
	}
	must(t, c.Close())
}

// idle gives nothing, and does not end.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// silent gives nothing until it is released: a terminal at which nobody types.
type silent chan struct{}

func (s silent) Read([]byte) (int, error) {
	<-s
	return 0, io.EOF
}

// Close breaks off who reads, and does not wait for who types.
func TestCopyClose(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		in := make(silent)
		told := newWhole()
		c, path := newCopy(t, io.MultiReader(strings.NewReader("one\n"), in), told)
		read := make(chan error)
		go func() {
			_, err := io.Copy(io.Discard, c)
			read <- err
		}()
		synctest.Wait() // it reads, and is being read
		start := time.Now()
		closed := make(chan error)
		go func() { closed <- c.Close() }()
		if err := <-read; err != fs.ErrClosed {
			t.Errorf("who reads is told %v", err)
		}
		must(t, <-closed)
		if took := time.Since(start); took != inputGrace {
			t.Errorf("Close took %v", took)
		}
		must(t, c.Close())
		close(in) // what comes now is not looked at
		<-c.done
		if _, _, ok := c.Whole(); ok || told.calls != 0 {
			t.Error("it is whole without its end")
		}
		if text := fileText(t, path); text != "one\n" {
			t.Errorf("the file holds %q", text)
		}
	})
}

// After Close has given up waiting, what the input gives goes nowhere, and nobody is told of its end.
func TestCopyIsAbandoned(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		in := make(silent)
		told := newWhole()
		c, _ := newCopy(t, in, told)
		synctest.Wait()
		if c.join() {
			t.Error("the goroutine has ended")
		}
		close(in)
		<-c.done
		if told.calls != 0 {
			t.Error("someone is told of the end")
		}
		must(t, c.Close())
	})
}

// long gives a million bytes, one at a time, and says when it has begun to.
type long struct {
	begun chan struct{}
	given int
}

func (l *long) Read(p []byte) (int, error) {
	if l.given++; l.given == 1 {
		close(l.begun)
	}
	if l.given > 1_000_000 {
		return 0, io.EOF
	}
	p[0] = 'x'
	return 1, nil
}

// Close ends the copying of an input that goes on and on.
func TestCopyCloseOfMuch(t *testing.T) {
	in := &long{begun: make(chan struct{})}
	c, _ := newCopy(t, in, newWhole())
	<-in.begun
	must(t, c.Close())
	<-c.done
	if _, _, ok := c.Whole(); ok {
		t.Error("it was read to its end")
	}
}

// An input that ends while Close waits is whole.
func TestCopyEndsDuringClose(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		in := make(silent)
		told := newWhole()
		c, _ := newCopy(t, in, told)
		synctest.Wait() // it reads
		go func() {
			time.Sleep(inputGrace / 2)
			close(in)
		}()
		must(t, c.Close())
		if _, _, ok := c.Whole(); !ok || told.calls != 1 {
			t.Error("it is not whole")
		}
	})
}

func TestCopyReplacesFiles(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "copy")
	must(t, os.WriteFile(path, []byte("an old list, longer than the new one"), 0o644))
	old, err := os.Open(path) // it may be what comes down the pipe
	must(t, err)
	defer old.Close()
	c, err := NewCopy(path, io.MultiReader(strings.NewReader("new, "), old), nil)
	must(t, err)
	got, err := io.ReadAll(c)
	must(t, err)
	must(t, c.Close())
	if string(got) != "new, an old list, longer than the new one" || fileText(t, path) != string(got) {
		t.Errorf("%q came, and in the file is %q", got, fileText(t, path))
	}
	info, err := os.Stat(path)
	must(t, err)
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("its permissions are %v", info.Mode().Perm())
	}
}

func TestCopyCannotBeMade(t *testing.T) {
	folder := t.TempDir()
	taken := filepath.Join(folder, "folder")
	must(t, os.Mkdir(taken, 0o700))
	for _, test := range []struct{ path, says string }{
		{taken, "not a regular file; move it away"},
		{filepath.Join(folder, "missing", "copy"), "make its folder first"},
	} {
		_, err := NewCopy(test.path, strings.NewReader(""), nil)
		wantWriteFailure(t, err, test.path, "cannot be written", test.says)
	}
	if _, err := os.Stat(taken); err != nil {
		t.Errorf("the folder is gone: %v", err)
	}
}

// The file was cut off by another program: that is no end of the list.
func TestCopyCutOff(t *testing.T) {
	told := newWhole()
	c, path := newCopy(t, strings.NewReader("one\ntwo\n"), told)
	<-told.called
	must(t, os.Truncate(path, 4))
	got, err := io.ReadAll(c)
	if string(got) != "one\n" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q came, then %v", got, err)
	}
	wantText(t, err, path, "leave it alone")
	must(t, c.Close())
}

func TestLines(t *testing.T) {
	folder := t.TempDir()
	for _, test := range []struct {
		text string
		want int64
	}{
		{"", 0}, {"one", 0}, {"one\n", 1}, {"one\ntw", 1}, {"\n\n", 2}, {strings.Repeat("a\n", 100_000) + "b", 100_000},
	} {
		path := filepath.Join(folder, "copy")
		must(t, os.WriteFile(path, []byte(test.text), 0o600))
		if n, err := Lines(path); n != test.want || err != nil {
			t.Errorf("%d lines, not %d, %v", n, test.want, err)
		}
	}
	if _, err := Lines(filepath.Join(folder, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// BenchmarkCopy is what the copy adds to reading a list, per MB.
func BenchmarkCopy(b *testing.B) {
	text := make([]byte, 16<<20)
	for i := range text {
		text[i] = byte(rand.Uint32())
	}
	path := filepath.Join(b.TempDir(), "copy")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		c, err := NewCopy(path, bytes.NewReader(text), nil)
		must(b, err)
		_, err = io.CopyBuffer(io.Discard, struct{ io.Reader }{c}, make([]byte, 64<<10))
		must(b, err)
		must(b, c.Close())
	}
}

// Whole reports whether the input has ended and all of it is on the disk, and then gives the SHA-256 of the copy in hexadecimal and
// its size.
func (c *Copy) Whole() (sha256 string, bytes int64, ok bool) {
	select {
	case <-c.done:
	default:
		return "", 0, false
	}
	if c.end != io.EOF || c.syncError != nil {
		return "", 0, false
	}
	text, _ := os.ReadFile(c.path)
	return sumOf(string(text)), c.copied, true
}
