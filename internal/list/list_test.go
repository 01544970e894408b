package list

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/list/format"
)

// inDir makes files in a directory of its own, and goes there.
func inDir(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// read gives "seq name url" of all requests, and the error that ended them.
func read(l *List) (got []string, err error) {
	for req, err := range l.Requests(context.Background()) {
		if err != nil {
			return got, err
		}
		text := strings.Join(strings.Fields(fmt.Sprintln(req.Seq, req.Name, req.URL)), " ")
		if line, ok := errors.AsType[*format.LineError](req.Err); ok {
			text += fmt.Sprintf(" ! %s %d", line.Input, line.Line)
		} else if req.Err != nil {
			text += " ! " + req.Err.Error()
		}
		got = append(got, text)
	}
	return got, nil
}

func mustOpen(t *testing.T, stdin io.Reader, o Options, args ...string) *List {
	t.Helper()
	l, err := Open(t.Context(), args, stdin, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func wantRequests(t *testing.T, l *List, want ...string) {
	t.Helper()
	got, err := read(l)
	if err != nil {
		t.Errorf("the requests end with: %v", err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want %s", want)
	}
	if err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
	if !errors.Is(err, format.ErrInput) {
		t.Errorf("%v does not match ErrInput", err)
	}
}

func TestInputsInOrder(t *testing.T) {
	inDir(t, map[string]string{
		"a.txt": "\ufeff# two of them\r\none http://a/1\r\n\r\ntwo http://a/2", // no end of line at the end
		"b.txt": "http://b/\n",
		"e.txt": "# nothing\n",
	})
	l := mustOpen(t, nil, Options{}, "a.txt", "HTTP://Arg/x y", "e.txt", "b.txt", "a.txt")
	if n, known := l.Total(); n != 6 || !known {
		t.Errorf("Total: %d, %v", n, known)
	}
	want := []string{
		"1 one http://a/1", "2 two http://a/2", "3 http://arg/x%20y", "4 http://b/", "5 one http://a/1", "6 two http://a/2",
	}
	wantRequests(t, l, want...)
	wantRequests(t, l, want...) // files can be read again

	l = mustOpen(t, strings.NewReader("http://s/1\nhttp://s/2"), Options{}, "b.txt", "-", "http://c/")
	if n, known := l.Total(); n != 0 || known {
		t.Errorf("Total: %d, %v", n, known)
	}
	wantRequests(t, l, "1 http://b/", "2 http://s/1", "3 http://s/2", "4 http://c/")
	_, err := read(l)
	wantError(t, err, "standard input: has been read already, and cannot be read again")
}

func TestTemplateIsShared(t *testing.T) {
	body := func() (io.ReadCloser, error) { return http.NoBody, nil }
	header := http.Header{"X": {"y"}}
	o := Options{Template: fetcher.Request{Method: "PUT", Header: header, Body: body, Length: 3, Timeout: 5}}
	for req, err := range mustOpen(t, nil, o, "http://a/", "http://b/").Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		header.Set("X", fmt.Sprint(req.Seq))
		if req.Method != "PUT" || req.Body == nil || req.Length != 3 || req.Timeout != 5 || req.Header.Get("X") != fmt.Sprint(req.Seq) {
			t.Errorf("%+v", req)
		}
	}
}

func TestBadLinesOfFiles(t *testing.T) {
	inDir(t, map[string]string{"a.txt": "http://a/\nexample.com\n\nhttp://h:0/", "b.txt": strings.Repeat("x\n", 30) + "http://b/\n"})
	_, err := Open(t.Context(), []string{"a.txt", "http://"}, nil, Options{})
	wantError(t, err, `a.txt:2: "example.com": there is no http:// or https://; write https://example.com
a.txt:4: "http://h:0/": the port is not a number from 1 to 65535; write it as http://HOST:PORT/PATH, or leave it out
argument 2: "http://": there is no host; write it as http://HOST/PATH`)
	if line, ok := errors.AsType[*format.LineError](err); !ok || line.Input != "a.txt" || line.Line != 2 {
		t.Errorf("got %#v", line)
	}

	_, err = Open(t.Context(), []string{"a.txt", "b.txt"}, nil, Options{})
	all, ok := errors.AsType[*format.BadLinesError](err)
	if !ok || all.Count != 32 || len(all.First) != 20 || !strings.HasSuffix(err.Error(), "\nand 12 more bad lines") {
		t.Errorf("got %v", err)
	}

	o := Options{SkipBad: true}
	l := mustOpen(t, nil, o, "a.txt", "http://h:/%")
	if n, _ := l.Total(); n != 4 {
		t.Errorf("%d requests", n)
	}
	l = mustOpen(t, strings.NewReader("name of y\nhttp://s/\n"), o, "a.txt", "http://h:/%", "-")
	wantRequests(t, l, "1 http://a/", "2 example.com ! a.txt 2", "3 http://h:0/ ! a.txt 4", "4 http://h:/% ! argument 2 0",
		"5 name of y ! standard input 1", "6 http://s/")
}

func TestBadLineOfStdin(t *testing.T) {
	const text = "http://a/\r\n# x\nexample.com/x\nhttp://b/\n"
	l := mustOpen(t, strings.NewReader(text), Options{}, "-")
	got, err := read(l)
	if d := cmp.Diff([]string{"1 http://a/"}, got); d != "" {
		t.Error(d)
	}
	wantError(t, err, `standard input, line 3: "example.com/x": there is no http:// or https://; write https://example.com/x`)

	l = mustOpen(t, strings.NewReader(text), Options{SkipBad: true}, "-")
	wantRequests(t, l, "1 http://a/", "2 example.com/x ! standard input 3", "3 http://b/")
}

func TestUnusableSources(t *testing.T) {
	inDir(t, map[string]string{
		"empty.txt": "", "blank.txt": "\n# http://h/\n", "bad.txt": "x\n", "list.gz": "\x1f\x8b\x08\x00", "twice.gz": string(zipped(string(zipped("http://h/\n")))), "list.zst": "\x28\xb5\x2f\xfd\x00",
		"list.xz": "\xfd7zXZ\x00", "list.bz2": "BZh91AY&SY\x00", "list.zip": "PK\x03\x04\x00", "utf16.txt": "\xff\xfeh\x00", "image": "\x89PNG\x00",
		"BZh.txt": "BZh http://h/\n",
	})
	if err := os.Mkdir("dir", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ args, want string }{
		{"", "no source is given; name a file, a URL, or - for standard input"},
		{"- -", "-: standard input is named twice; write - once"},
		{"dir", "dir: is a directory, not a list; name the files in it"},
		{"missing", "missing: no such file; look at its name and at the folder that it is in"},
		{"POST", "POST: no such file; the method is -X POST"},
		{"missing.txt", "missing.txt: no such file; look at its name and at the folder that it is in"},
		{"dir/missing.txt", "dir/missing.txt: no such file; look at its name and at the folder that it is in"},
		{"./plan", "./plan: no such file; look at its name and at the folder that it is in"},
		{"example.com", `"example.com": no such file; if it is a URL, write https://example.com`},
		{"example.com/x.txt", `"example.com/x.txt": no such file; if it is a URL, write https://example.com/x.txt`},
		{"HTTP:/example.com/x", `"HTTP:/example.com/x": no such file; if it is a URL, two slashes follow the scheme: HTTP://example.com/x`},
		{"http", `http: no such file; look at its name and at the folder that it is in`},
		{"localhost:8000", `"localhost:8000": no such file; if it is a URL, write http://localhost:8000`},
		{"u:secret@example.com/x?k", `"***@example.com/x?…": no such file; if it is a URL, write https://***@example.com/x?…`},
		{"intranet/x?k=secret", `"intranet/x?…": no such file; if it is a URL, write https://intranet/x?…`},
		{"ftp://u:secret@h/", `"***@h/": neither an http:// or https:// URL nor a file; only these schemes can be fetched`},
		{"file:///etc/list", `"file:///etc/list": neither an http:// or https:// URL nor a file; name a file by its path`},
		{"a\x1bb", `"a\x1bb": no such file; look at its name and at the folder that it is in`},
		{"empty.txt", "no requests in empty.txt; write one URL on each line"},
		{"empty.txt blank.txt empty.txt empty.txt", "no requests in empty.txt, blank.txt, empty.txt and 1 more; write one URL on each line"},
		{"list.gz", "list.gz: is gzip-compressed, and ends too early; make or fetch the file again"},
		{"twice.gz", "twice.gz: is gzip-compressed; use zcat twice.gz | fetch -"},
		{"list.zst", "list.zst: is zstd-compressed; use zstdcat list.zst | fetch -"},
		{"list.xz", "list.xz: is xz-compressed; use xzcat list.xz | fetch -"},
		{"list.bz2", "list.bz2: is bzip2-compressed; use bzcat list.bz2 | fetch -"},
		{"list.zip", "list.zip: is zip-compressed; use unzip -p list.zip | fetch -"},
		{"utf16.txt", "utf16.txt: is encoded in UTF-16; save it as UTF-8, or use iconv -f UTF-16 -t UTF-8 utf16.txt | fetch -"},
		{"image", "image: is a binary file, not a list; write one URL on each line"},
	} {
		_, err := Open(t.Context(), strings.Fields(tt.args), nil, Options{})
		wantError(t, err, tt.want)
		if strings.Contains(tt.want, "no such file") != errors.Is(err, fs.ErrNotExist) && !strings.Contains(tt.args, "://") {
			t.Errorf("%s: is fs.ErrNotExist: %v", tt.args, errors.Is(err, fs.ErrNotExist))
		}
	}
	wantRequests(t, mustOpen(t, nil, Options{SkipBad: true}, "bad.txt"), "1 x ! bad.txt 1")
	wantRequests(t, mustOpen(t, nil, Options{}, "BZh.txt"), "1 BZh http://h/")

	for _, tt := range []struct{ text, want string }{
		{"", "no requests in standard input; write one URL on each line"},
		{"\x1f\x8b\x08\x00", "standard input: is gzip-compressed, and ends too early; make or fetch the file again"},
		{"x\x00y", "standard input: is a binary file, not a list; write one URL on each line"},
	} {
		_, err := read(mustOpen(t, strings.NewReader(tt.text), Options{SkipBad: true}, "-"))
		wantError(t, err, tt.want)
	}
	_, err := read(mustOpen(t, nil, Options{}, "-"))
	wantError(t, err, "no requests in standard input; write one URL on each line")
}

func TestReadFailure(t *testing.T) {
	broken := errors.New("broken")
	stdin := io.MultiReader(strings.NewReader("http://a/\nhttp://b/cut"), iotest.ErrReader(broken))
	got, err := read(mustOpen(t, stdin, Options{SkipBad: true}, "-"))
	wantError(t, err, "standard input: cannot be read: broken")
	if !errors.Is(err, broken) || len(got) != 1 {
		t.Errorf("got %q, %v", got, err)
	}

	_, err = read(mustOpen(t, idle{}, Options{}, "-"))
	wantError(t, err, "standard input: cannot be read: "+io.ErrNoProgress.Error())
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestFileChangedMeanwhile(t *testing.T) {
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile("a.txt", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inDir(t, map[string]string{"a.txt": "http://a/1\nhttp://a/2\n"})
	l := mustOpen(t, nil, Options{}, "a.txt")
	write("http://a/1\nhttp")
	got, err := read(l)
	wantError(t, err, `a.txt:2: "http": there is no http:// or https://; write one URL on each line, with the scheme`)
	if len(got) != 1 {
		t.Errorf("got %q", got)
	}
	write("")
	_, err = read(l)
	wantError(t, err, "no requests in a.txt; write one URL on each line")
	if err := os.Remove("a.txt"); err != nil {
		t.Fatal(err)
	}
	if _, err = read(l); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, format.ErrInput) {
		t.Errorf("got %v", err)
	}
}

func TestLinesComeAsTheyAreWritten(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		l := mustOpen(t, r, Options{}, "-")
		taken := make(chan string)
		go func() {
			defer close(taken)
			for req, err := range l.Requests(t.Context()) {
				if err != nil {
					t.Error(err)
					return
				}
				taken <- req.URL
			}
		}()
		for _, text := range []string{"http://a/1\n", "# x\nhttp://a/2\r\n", "http://a/3\nhttp://a/4"} {
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(strings.TrimPrefix(text, "# x\n")) {
				if strings.HasSuffix(line, "\n") {
					if got, want := <-taken, strings.TrimSpace(line); got != want { // a deadlock if it waits for more
						t.Errorf("got %s, want %s", got, want)
					}
				}
			}
		}
		w.Close()
		if got := <-taken; got != "http://a/4" {
			t.Errorf("the last line: %s", got)
		}
		<-taken
	})
}

func TestCancel(t *testing.T) {
	inDir(t, map[string]string{"a.txt": "http://a/\nhttp://b/\n"})
	l := mustOpen(t, nil, Options{}, "a.txt")
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var n int
	for _, err := range l.Requests(ctx) {
		if n++; n == 1 && err != nil || n == 2 && err != why {
			t.Errorf("%d: %v", n, err)
		}
		cancel(why)
	}
	if n != 2 {
		t.Errorf("%d yields", n)
	}
	if _, err := Open(ctx, []string{"a.txt"}, nil, Options{}); err != why {
		t.Errorf("Open: %v", err)
	}
	for range l.Requests(t.Context()) {
		break
	}
	if l.open != nil {
		t.Error("a file is left open")
	}
	l.Close()
	if _, err := read(l); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestPathsInHintsArePlain(t *testing.T) {
	inDir(t, map[string]string{"a b.xz": "\xfd7zXZ\x00"})
	_, err := Open(t.Context(), []string{filepath.Join(".", "a b.xz")}, nil, Options{})
	wantError(t, err, "a b.xz: is xz-compressed; use xzcat a b.xz | fetch -")
}
