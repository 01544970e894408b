package fetcher

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

// scarce is a transport on a system that has files for so many connections only.
type scarce struct {
	mu       sync.Mutex
	files    int // that are free
	refusals int
	lookUps  bool // it is the resolver that finds none, whose errors keep nothing but the text
}

// take takes a file, if one is free.
func (s *scarce) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == 0 {
		s.refusals++
		return false
	}
	s.files--
	return true
}

func (s *scarce) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files++
}

func (s *scarce) RoundTrip(req *http.Request) (*http.Response, error) {
	if !s.take() {
		err := error(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", syscall.EMFILE)})
		if s.lookUps {
			err = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: err.Error(), Name: "a.test", IsTemporary: true}}
		}
		return nil, err
	}
	defer s.giveBack()
	time.Sleep(100 * time.Millisecond)
	return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, Body: http.NoBody}, nil
}

// TestOutOfFiles: a run that asks for more connections than the system has files goes on with fewer, says so once, and
// does everything all the same. The refusals are our own fault, so that they are not held against the host.
func TestOutOfFiles(t *testing.T) {
	t.Run("connections", func(t *testing.T) { testOutOfFiles(t, false) })
	t.Run("look-ups", func(t *testing.T) { testOutOfFiles(t, true) })
}

func testOutOfFiles(t *testing.T, lookUps bool) {
	bubble.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &scarce{files: 20, lookUps: lookUps}
		f := &Fetcher{Transport: s, Workers: 200, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		ok, noted := 0, 0
		for r, err := range f.Run(t.Context(), URLs(strings.Fields(strings.Repeat("http://a.test/ ", 1000))...)) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Err == nil {
				ok++
			}
			if len(r.Notes) > 0 && r.Notes[0] == NoteOutOfFiles {
				noted++
			}
		}
		if ok != 1000 || noted == 0 {
			t.Errorf("%d of 1000 succeeded, %d were noted", ok, noted)
		}
		if n := s.refusals; n > 200 {
			t.Errorf("%d refusals: it did not slow down", n)
		}
		if n := strings.Count(log.String(), "too many open files"); n != 1 {
			t.Errorf("it was said %d times:\n%s", n, log.String())
		}
	})
}

// TestOutOfFilesForBodies: it does so, too, where it is a file for the body that is not to be had.
func TestOutOfFilesForBodies(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		s := &scarce{files: 20}
		f := &Fetcher{Workers: 200, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond)
			return answer(req, 200, "body"), nil
		}), Handle: func(*Result, *http.Response) error {
			if !s.take() {
				return &Error{Kind: KindConnect, Err: syscall.EMFILE} // which is tried again
			}
			defer s.giveBack()
			time.Sleep(100 * time.Millisecond)
			return nil
		}}
		ok := 0
		for r := range f.Run(t.Context(), URLs(strings.Fields(strings.Repeat("http://a.test/ ", 1000))...)) {
			if r.Err == nil {
				ok++
			}
		}
		if ok != 1000 || s.refusals > 200 {
			t.Errorf("%d of 1000 succeeded, after %d refusals", ok, s.refusals)
		}
	})
}
