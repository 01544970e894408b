package testserver

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// wireFaults are what net/http would never send: the answer stands here byte for byte.
func wireFaults() []Fault {
	const (
		ok      = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
		start   = `{"start": true,`
		gzipped = ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
	)
	raw := func(name, about, text string) Fault { return Fault{name, about, sendRaw(text, false)} }
	reset := func(name, about, text string) Fault { return Fault{name, about, sendRaw(text, true)} }
	return []Fault{
		raw("closed", "closes the connection before any answer", ""),
		reset("reset", "resets the connection before any answer", ""),
		reset("reset-after-headers", "resets the connection after the headers", ok+"Content-Length: 1000\r\n\r\n"),
		reset("reset-in-body", "resets the connection within the body", ok+"Content-Length: 1000\r\n\r\n"+start),
		raw("headers-cut", "closes the connection within the headers", ok+"X-Cut"),
		raw("body-short", "closes the connection 15 bytes into a body of 1000", ok+"Content-Length: 1000\r\n\r\n"+start),
		raw("body-long", "sends more than its Content-Length says", ok+"Content-Length: 2\r\n\r\n{}{}{}{}"),
		raw("chunked-cut", "closes the connection within a chunked body", chunked+"f\r\n"+start+"\r\n"),
		raw("chunk-size-bad", "has a chunk whose size is no number", chunked+"zz\r\n"+start+"\r\n0\r\n\r\n"),
		raw("no-length", "has a body that only the closing ends", ok+"\r\n{}"),
		reset("no-length-reset", "has a body without a length, and resets the connection within it", ok+"\r\n"+start),
		raw("status-line-bad", "has a status line that is none", "HTTP/1.1 okay\r\n\r\n"),
		raw("old", "answers as HTTP/0.9 did: a body and nothing else", "<html>hello</html>"),
		raw("banner", "is an SSH server", "SSH-2.0-OpenSSH_9.9\r\n"),
		raw("lengths-differ", "has two lengths", ok+"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
		raw("length-negative", "has a length below zero", ok+"Content-Length: -1\r\n\r\n{}"),
		raw("encoding-unknown", "has a Transfer-Encoding that nobody knows", ok+"Transfer-Encoding: sealed\r\n\r\n{}"),
		raw("length-and-chunked", "has a length and is chunked", ok+"Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
		raw("headers-endless", "has 4 MiB of headers", ok+strings.Repeat("X-More: "+strings.Repeat("x", 1000)+"\r\n", 4<<10)+"\r\n"),
		raw("informational-flood", "has 100,000 answers 103 before the one", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100_000)+ok+"\r\n{}"),
		raw("switching", "switches to another protocol without being asked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"),
		raw("204-with-body", "has a body where none may be", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}"),
		raw("304-with-body", "was not modified, unasked, and has a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}"),
		raw("206-unasked", "is a part, unasked", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/1000\r\nContent-Length: 2\r\n\r\n{}"),
		raw("gzip-cut", "closes the connection within a compressed body", gzipped+chunk(string(gzipOf(strings.Repeat("{}\n", 100))[:20]))),
		raw("status-escapes", "has control characters in its status line", "HTTP/1.1 418 \x1b[31mred\x1b]0;title\x07 \u009b31m \u202e \x9b31m\r\nContent-Length: 2\r\n\r\n{}"),
		raw("header-nul", "has NUL bytes in its headers", ok+"Content-Disposition: attachment; filename=\"a\x00b\"\r\nX-Nul: a\x00b\r\nContent-Length: 2\r\n\r\n{}"),
		raw("stale", "closes the connection after a good answer, without saying so", ok+"Content-Length: 2\r\n\r\n{}"),
	}
}

const (
	beforeReset  = 20 * time.Millisecond // what was sent before a reset must have been read
	rawWriteTime = 10 * time.Second      // for a client that does not read
)

// sendRaw answers with text as it stands, and closes the connection, or resets it. It is for HTTP/1.1 alone. The truth will
// have the status that text begins with.
func sendRaw(text string, reset bool) http.HandlerFunc {
	const before, after = len("HTTP/1.1 "), len("HTTP/1.1 200")
	status := int64(0)
	if len(text) > after && strings.HasPrefix(text, "HTTP/1.1 ") {
		status, _ = number(text[before:after], 0, 100, 599)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			fail(w, http.StatusHTTPVersionNotSupported, "this fault is for HTTP/1.1 on a connection of its own")
			return
		}
		defer conn.Close()
		stop := context.AfterFunc(r.Context(), func() { _ = conn.Close() })
		defer stop()
		_ = conn.SetDeadline(time.Now().Add(rawWriteTime))
		_, _ = io.WriteString(buffered, text) // an error means that the client left
		if rec, ok := w.(*recorder); ok {
			rec.status = int(status)
			rec.end() // before the last byte, as in recorder.Write
		}
		_ = buffered.Flush()
		if reset {
			sleep(r.Context(), beforeReset)
			setReset(conn)
		}
	}
}

// setReset makes closing the connection a reset.
func setReset(conn net.Conn) {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
}
