//go:build unix

package list

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

func TestNamedPipe(t *testing.T) {
	inDir(t, nil)
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Skip(err)
	}
	l := mustOpen(t, nil, Options{}, "http://a/", "pipe") // waits for no writer
	if _, known := l.Total(); known {
		t.Error("the total of a pipe is known")
	}
	next := make(chan struct{})
	go func() {
		w, err := os.OpenFile("pipe", os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer w.Close()
		for _, line := range []string{"http://p/1\n", "http://p/2\n"} {
			if _, err := w.WriteString(line); err != nil {
				t.Error(err)
			}
			<-next
		}
	}()
	want := []string{"http://a/", "http://p/1", "http://p/2"}
	var n int
	for req, err := range l.Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n == len(want) || req.URL != want[n] {
			t.Fatalf("request %d is %s", n, req.URL)
		}
		if n++; n > 1 {
			next <- struct{}{}
		}
	}
	if n != len(want) {
		t.Errorf("%d requests", n)
	}
	_, err := read(l)
	wantError(t, err, "pipe: has been read already, and cannot be read again")
}

// A pipe that nobody writes to any more must not keep a cancelled run from ending.
func TestCancelEndsReadOfPipe(t *testing.T) {
	inDir(t, nil)
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Skip(err)
	}
	for name, end := range map[string]func(*List, context.CancelFunc){
		"cancel": func(_ *List, cancel context.CancelFunc) { cancel() },
		"close":  func(l *List, _ context.CancelFunc) { l.Close() },
	} {
		l, err := Open(t.Context(), []string{"pipe"}, nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile("pipe", os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if _, err := w.WriteString("http://p/1\n"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for req, err := range l.Requests(ctx) {
			if last = err; req != nil {
				go end(l, cancel) // while the next line is waited for
			}
		}
		if name == "cancel" && last != context.Canceled || name == "close" && !errors.Is(last, os.ErrClosed) {
			t.Errorf("%s: %v", name, last)
		}
	}
}

func TestDevice(t *testing.T) {
	_, err := read(mustOpen(t, nil, Options{}, "/dev/null"))
	wantError(t, err, "no requests in /dev/null; write one URL on each line")
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	inDir(t, map[string]string{"a.txt": "http://a/\n"})
	if err := os.Chmod("a.txt", 0); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), []string{"a.txt"}, nil, Options{})
	wantError(t, err, "a.txt: cannot be read: permission denied")
}
