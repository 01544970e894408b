package testserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// allFaults makes the list when it is first asked for: some of the answers are megabytes.
var allFaults = sync.OnceValue(func() []Fault {
	return slices.Concat(wireFaults(), bodyFaults(), headerFaults(), redirectFaults())
})

// A Fault is something that goes wrong at /fault/{Name}, and at any path below it.
type Fault struct {
	Name  string
	About string // what the server does

	serve http.HandlerFunc
}

// Faults lists what is under /fault/, in the order of its kinds: what breaks on the wire, bodies, headers, redirects. The
// slice is the caller's.
func Faults() []Fault { return slices.Clone(allFaults()) }

func (h *Handler) fault(w http.ResponseWriter, r *http.Request, rest string) *refusal {
	name, _, _ := strings.Cut(rest, "/")
	var list strings.Builder
	for _, f := range allFaults() {
		if f.Name == name {
			f.serve(w, r)
			return nil
		}
		list.WriteString("/fault/" + f.Name + "  " + f.About + "\n")
	}
	if name != "" {
		return refuse(http.StatusNotFound, "no such fault; GET /fault/ lists those there are")
	}
	return answer(w, http.StatusOK, textType, list.String())
}

// answering is a fault that is an answer with these headers ("Name: value" lines) and this body.
func answering(name, about string, status int, headers []string, body string) Fault {
	return Fault{name, about, func(w http.ResponseWriter, _ *http.Request) {
		contentType := jsonType
		for _, line := range headers {
			key, value, _ := strings.Cut(line, ": ")
			if key == "Content-Type" {
				contentType = value
				continue
			}
			w.Header()[key] = append(w.Header()[key], value)
		}
		answer(w, status, contentType, body)
	}}
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
			refuse(http.StatusHTTPVersionNotSupported, "this fault is for HTTP/1.1 on a connection of its own").answer(w)
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

// gzipOf compresses.
func gzipOf(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text) // a buffer never fails
	_ = z.Close()
	return b.Bytes()
}

// badChecksum compresses, and gives the wrong sum.
func badChecksum(text string) string {
	b := gzipOf(text)
	sum := ^crc32.ChecksumIEEE([]byte(text))
	for i := range 4 {
		b[len(b)-8+i] = byte(sum >> (8 * i))
	}
	return string(b)
}

// chunk is a text as a chunk of a body.
func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

// gzipBomb sends one compressed mebibyte of zeros again and again: gzip allows several in a row (RFC 1952, section 2.2).
func gzipBomb(w http.ResponseWriter, r *http.Request) {
	n, ok := size(r.URL.Query().Get("size"), 64<<20)
	if !ok {
		badRequest("?size= is a number of bytes, such as 64m or 1g").answer(w)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Type", jsonType)
	repeat(w, r, gzipOf(strings.Repeat("\x00", 1<<20)), (n+1<<20-1)>>20)
}

func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	repeat(w, r, bytes.Repeat([]byte("and so on\n"), 3_000), math.MaxInt64)
}

// repeat writes a piece so many times, unless the client leaves.
func repeat(w http.ResponseWriter, r *http.Request, piece []byte, times int64) {
	for ; times > 0 && r.Context().Err() == nil; times-- {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

func stalls(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Length", "1000")
	if send(w, `{"start": true,`) {
		wait(r, maxWait)
	}
}

func drips(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	for wait(r, 100*time.Millisecond) && send(w, ".") {
	}
}

// send sends a part of a body at once, and reports whether the client is still there.
func send(w http.ResponseWriter, part string) bool {
	_, err := io.WriteString(w, part)
	return err == nil && http.NewResponseController(w).Flush() == nil
}

func setCookies(w http.ResponseWriter, r *http.Request) {
	add := func(cookie string) { w.Header().Add("Set-Cookie", cookie) }
	add("own=1; Path=/")
	add("all=1; Domain=test; Path=/")
	add("other=1; Domain=other.test; Path=/")
	for range 100 {
		add("many" + strings.Repeat("x", len(w.Header()["Set-Cookie"])) + "=1; Path=/")
	}
	answer(w, http.StatusOK, jsonType, `{"host": `+quoteJSON(hostname(r.Host))+`}`)
}
