package fetcher

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// stream is one request at an HTTP/2 server that is all frames.
type stream struct {
	*http2.Framer
	id     uint32
	number int64 // of the request, over all connections, from 1
}

// head sends the head of an answer.
func (s *stream) head(end bool, fields ...string) {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for i := 0; i < len(fields); i += 2 {
		e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: end})
}

// ok sends a whole answer.
func (s *stream) ok() { s.head(false, ":status", "200"); s.WriteData(s.id, true, []byte("ok")) }

// serveFrames is an HTTP/2 server (RFC 9113) that does with each request what answer does. The connection ends when that
// returns false.
func serveFrames(t testing.TB, answer func(*stream) bool) (f *Fetcher, url string, s *rawServer, requests *atomic.Int64) {
	t.Helper()
	cert, pool := certificate(t, time.Now().Add(time.Hour))
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	requests = new(atomic.Int64)
	s = serveRawOn(t, l, func(c net.Conn, in *bufio.Reader) {
		if _, err := io.ReadFull(in, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		fr := http2.NewFramer(c, in)
		fr.WriteSettings()
		for {
			frame, err := fr.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					fr.WriteSettingsAck()
				}
			case *http2.PingFrame:
				fr.WritePing(true, frame.Data)
			case *http2.HeadersFrame:
				if !answer(&stream{fr, frame.StreamID, requests.Add(1)}) {
					hangUp(c, in)
					return
				}
			}
		}
	})
	tr := NewTransport(TransportOptions{TLS: &tls.Config{RootCAs: pool}})
	t.Cleanup(tr.CloseIdleConnections)
	return &Fetcher{Transport: tr, Retry: tries()}, "https://" + s.addr, s, requests
}

// TestFaultsOfHTTP2: streams and connections that the server ends.
func TestFaultsOfHTTP2(t *testing.T) {
	for _, row := range []struct {
		name     string
		answer   func(*stream) bool
		class    Kind
		attempts int
	}{
		{"fine", func(s *stream) bool { s.ok(); return true }, KindNone, once},
		{"RST_STREAM before the head", func(s *stream) bool { s.WriteRSTStream(s.id, http2.ErrCodeInternal); return true }, KindConnReset, often},
		{"RST_STREAM CANCEL before the head", func(s *stream) bool { s.WriteRSTStream(s.id, http2.ErrCodeCancel); return true }, KindConnReset, often},
		{"RST_STREAM in the body", func(s *stream) bool {
			s.head(false, ":status", "200")
			s.WriteData(s.id, false, []byte("o"))
			s.WriteRSTStream(s.id, http2.ErrCodeInternal)
			return true
		}, KindConnReset, often},
		{"RST_STREAM ENHANCE_YOUR_CALM", func(s *stream) bool { s.WriteRSTStream(s.id, http2.ErrCodeEnhanceYourCalm); return true }, KindRateLimited, often},
		{"body shorter than its length", func(s *stream) bool {
			s.head(false, ":status", "200", "content-length", "9")
			s.WriteData(s.id, true, []byte("ok"))
			return true
		}, KindBodyTruncated, often},
		{"closed before the head", func(*stream) bool { return false }, KindConnReset, often},
		{"closed in the body", func(s *stream) bool {
			s.head(false, ":status", "200")
			s.WriteData(s.id, false, []byte("o"))
			return false
		}, KindBodyTruncated, often},
		{"GOAWAY ENHANCE_YOUR_CALM", func(s *stream) bool {
			s.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil)
			return false
		}, KindRateLimited, often},
		{"GOAWAY INTERNAL_ERROR", func(s *stream) bool { s.WriteGoAway(s.id, http2.ErrCodeInternal, nil); return false }, KindConnReset, often},
		{"GOAWAY in the body", func(s *stream) bool {
			s.head(false, ":status", "200")
			s.WriteData(s.id, false, []byte("o"))
			s.WriteGoAway(s.id, http2.ErrCodeInternal, nil)
			return false
		}, KindConnReset, often},
		{"GOAWAY NO_ERROR, then the answer", func(s *stream) bool { s.WriteGoAway(s.id, http2.ErrCodeNo, nil); s.ok(); return false }, KindNone, once},
		{"a frame that is wrong", func(s *stream) bool { s.WriteRawFrame(http2.FrameData, 0, 0, []byte("x")); return true }, KindProtocol, once},
		{"a head that is wrong", func(s *stream) bool { s.head(true, "Capital", "x"); return true }, KindProtocol, once},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, url, _, _ := serveFrames(t, row.answer)
			r := f.Do(within(t, 10*time.Second), &Request{URL: url})
			check(t, r, row.class, row.attempts)
			if hops := r.Attempts[0].Hops; r.Err == nil && hops[0].Proto != "HTTP/2.0" {
				t.Errorf("%+v", hops)
			}
		})
	}
}

// TestFaultRefusedStream: net/http sends it again by itself, which is a hop, and noted.
func TestFaultRefusedStream(t *testing.T) {
	f, url, _, requests := serveFrames(t, func(s *stream) bool {
		if s.number == 1 {
			s.WriteRSTStream(s.id, http2.ErrCodeRefusedStream)
		} else {
			s.ok()
		}
		return true
	})
	r := f.Do(within(t, 10*time.Second), &Request{URL: url})
	check(t, r, KindNone, once)
	if hops := len(r.Attempts[0].Hops); hops != 2 || requests.Load() != 2 || f.Stats().Hops != 2 {
		t.Errorf("%d hops, %d counted, the server saw %d", hops, f.Stats().Hops, requests.Load())
	}
	if !slices.Equal(r.Notes, []string{NoteTransportRetry}) {
		t.Errorf("notes are %q", r.Notes)
	}
}

// TestFaultGoAwayStorm: a server that answers each request with GOAWAY(last=0, NO_ERROR) drew 967 requests in 2 s.
func TestFaultGoAwayStorm(t *testing.T) {
	for _, closes := range []bool{false, true} {
		f, url, s, requests := serveFrames(t, func(s *stream) bool { s.WriteGoAway(0, http2.ErrCodeNo, nil); return !closes })
		r := f.Do(within(t, 10*time.Second), &Request{URL: url})
		check(t, r, KindConnReset, once)
		if n := requests.Load(); n > maxTransportRetries+1 || s.accepted.Load() > maxTransportRetries+2 {
			t.Errorf("%d requests over %d connections", n, s.accepted.Load())
		}
		if hops := len(r.Attempts[0].Hops); int64(hops) < requests.Load() || hops > maxTransportRetries+1 || f.Stats().Hops != int64(hops) {
			t.Errorf("%d hops, %d counted, the server saw %d", hops, f.Stats().Hops, requests.Load())
		}
	}
}

// TestFaultRefusedForEver: bounded as well.
func TestFaultRefusedForEver(t *testing.T) {
	f, url, _, requests := serveFrames(t, func(s *stream) bool { s.WriteRSTStream(s.id, http2.ErrCodeRefusedStream); return true })
	f.Timeout.Attempt = 500 * time.Millisecond
	r := f.Do(within(t, 10*time.Second), &Request{URL: url})
	check(t, r, KindTimeoutAttempt, often) // net/http sleeps longer and longer between its tries
	if n := requests.Load(); n > often*(maxTransportRetries+1) {
		t.Errorf("%d requests", n)
	}
}

// TestFaultSilentConnection: a connection that is dead without a word, such as one that a NAT has forgotten, gets no request
// after one has timed out on it.
func TestFaultSilentConnection(t *testing.T) {
	var silent atomic.Pointer[http2.Framer] // the connection that is dead from its second request on
	f, url, s, _ := serveFrames(t, func(s *stream) bool {
		if s.number == 2 {
			silent.Store(s.Framer)
		}
		if silent.Load() != s.Framer {
			s.ok()
		}
		return true
	})
	f.Timeout.Attempt = 200 * time.Millisecond
	check(t, f.Do(within(t, 10*time.Second), &Request{URL: url}), KindNone, once)
	check(t, f.Do(within(t, 10*time.Second), &Request{URL: url}), KindNone, 2)
	if n := s.accepted.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}
