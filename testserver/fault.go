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
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// allFaults creates the list when it is first needed, because some of the responses are megabytes.
var allFaults = sync.OnceValue(func() []Fault {
	return slices.Concat(wireFaults(), bodyFaults(), headerFaults(), redirectFaults())
})

// A Fault is a faulty response at /fault/{Name}, and at any path below it.
type Fault struct {
	Name  string
	About string // what the server does

	serve http.HandlerFunc
}

// Faults returns the faults under /fault/, in order of their kinds: on the wire, in bodies, headers, redirects.
// The slice belongs to the caller.
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

// answering returns a fault that is a response with these headers ("Name: value" lines) and this body.
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

// sendRaw sends text unchanged as the response, and closes the connection, or resets it. It is for HTTP/1.1 only.
// The truth will have the status at the beginning of text.
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
		_, _ = io.WriteString(buffered, text) // an error means that the client has left
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

// setReset makes closing the connection send a reset.
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

// badChecksum compresses text, with a wrong checksum.
func badChecksum(text string) string {
	b := gzipOf(text)
	sum := ^crc32.ChecksumIEEE([]byte(text))
	for i := range 4 {
		b[len(b)-8+i] = byte(sum >> (8 * i))
	}
	return string(b)
}

// chunk returns a text as a chunk of a body.
func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

// gzipBomb sends one compressed mebibyte of zeros repeatedly: gzip allows several members in a row (RFC 1952,
// section 2.2).
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

// repeat writes a piece n times, unless the client leaves.
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

// send sends a part of a body immediately, and reports whether the client is still there.
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

// wireFaults returns responses that net/http would never send, given byte for byte.
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
		raw("chunk-size-bad", "has a chunk whose size is not a number", chunked+"zz\r\n"+start+"\r\n0\r\n\r\n"),
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

// bodyFaults returns responses whose fault is in the body.
func bodyFaults() []Fault {
	const zip = "Content-Encoding: gzip"
	text := `{"name": "water"}`
	return []Fault{
		answering("html", "is an HTML page where JSON is due, with 200", 200, []string{"Content-Type: text/html"}, "<!DOCTYPE html><title>Sorry</title><p>We are busy.</p>\n"),
		answering("html-as-json", "is an HTML page that says it is JSON", 200, nil, "<!DOCTYPE html><title>Sorry</title>\n"),
		answering("fault-document", "is a Fault document with 200", 200, nil, `{"Fault":{"Code":"PUGREST.ServerBusy","Message":"Too many requests or server too busy"}}`),
		answering("empty", "is nothing at all, with 200", 200, nil, ""),
		answering("null", "is null, with 200", 200, nil, "null"),
		answering("json-cut", "is JSON that ends in the middle, though its length is right", 200, nil, `{"name": "wat`),
		answering("json-twice", "is two JSON values, one after the other", 200, nil, text+"\n"+text+"\n"),
		answering("json-deep", "is JSON a hundred thousand arrays deep", 200, nil, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)),
		answering("json-digits", "has numbers that a float would change", 200, nil,
			`{"weight": 46.070, "key": 9007199254740993, "huge": 1e400, "long": 3.14159265358979323846264338327950288}`),
		answering("latin1", "is not UTF-8", 200, []string{"Content-Type: text/plain; charset=iso-8859-1"}, "gr\xfc\xdfe\n"),
		answering("escapes", "has control characters in its text", 200, []string{"Content-Type: text/plain"},
			"\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]8;;http://evil.test\x1b\\link \u009b31m \u202egpj.exe \x00 \x7f \x9b31m\r\n"),
		answering("json-escapes", "has control characters in JSON strings", 200, nil,
			`{"name": "\u001b[31mred\u001b[0m", "title": "\u001b]0;title\u0007", "c1": "\u009b31m", "bidi": "\u202egpj.exe", "nul": "a\u0000b", "lines": "a\nb\r\nc"}`),
		answering("json-formulas", "has JSON strings that a spreadsheet would compute", 200, nil,
			`{"equals": "=HYPERLINK(\"http://evil.test\")", "plus": "+1+1", "minus": "-2+3", "at": "@SUM(A1)", "tab": "\t=1", "return": "\r=1", "number": "-1.5"}`),
		answering("gzip-not", "says gzip, and is not", 200, []string{zip}, text),
		answering("gzip-empty", "says gzip, and is nothing", 200, []string{zip}, ""),
		answering("gzip-checksum", "is compressed, with a wrong checksum", 200, []string{zip}, badChecksum(text)),
		answering("gzip-twice", "is compressed twice, and says so", 200, []string{"Content-Encoding: gzip, gzip"}, string(gzipOf(string(gzipOf(text))))),
		answering("brotli", "says br, unasked", 200, []string{"Content-Encoding: br"}, "\x8f\x00\x80{}\x03"),
		{"gzip-bomb", "is 64 KiB that decompress to 64 MiB; ?size=1g", gzipBomb},
		{"endless", "has a body that never ends", endless},
		{"headers-never", "never sends its headers", func(_ http.ResponseWriter, r *http.Request) { wait(r, maxWait) }},
		{"stalls", "sends a part of its body, and then no more", stalls},
		{"drips", "sends a byte every 100 ms, without end", drips},
	}
}

// headerFaults returns responses with hostile headers. HTTP/2 leaves out the values that it does not allow.
func headerFaults() []Fault {
	faults := []Fault{
		answering("ok", "is a good answer: for /fault/ok/{anything}, such as /fault/ok/..%2f..%2fx", 200, nil, `{"fault": "none"}`),
		answering("header-escapes", "has control characters in its headers, which many clients refuse", 200, []string{
			"Content-Type: text/plain; \x1b[31m=red", "Server: \x1b]0;title\x07", "X-Title: \x7f",
		}, `{"fault": "headers"}`),
		answering("header-c1", "has C1 and bidi characters in its headers, which few clients refuse", 200, []string{
			"Content-Type: text/plain; \u009b31m=red", "Server: \u009d0;title\u009c", "Etag: \"\u009b2J\x9b31m\"", "Retry-After: \u202e1",
			"Content-Language: \u202egpj.exe\u2066", "X-Title: \u009b31m", "X-Throttling-Control: \u009b31mRed",
		}, `{"fault": "headers"}`),
		answering("refused-c1", "refuses with C1 and bidi characters in headers, and all kinds in the body", http.StatusServiceUnavailable, []string{
			"Retry-After: \u009b31m0", "X-Throttling-Control: \u009d0;title\u009c", "Content-Type: text/plain; \u202e=x",
		}, "\x1b[31m\u009b31m\u202ebusy"),
		answering("quota", "refuses with 403 and no requests left, as GitHub does", http.StatusForbidden, []string{
			"X-Ratelimit-Remaining: 0", "X-Ratelimit-Limit: 60",
		}, `{"message": "API rate limit exceeded"}`),
		answering("length-header-huge", "says that it has 8 EiB, and closes", 200, []string{"Content-Length: 9223372036854775807"}, "{}"),
		answering("type-missing", "has a Content-Type that is none", 200, []string{"Content-Type: ;;/\\"}, "{}"),
		answering("type-traversal", "has a Content-Type with a path in it", 200, []string{"Content-Type: text/../../../x"}, "{}"),
		{"cookies", "sets a cookie for itself, one for all of test, one for another host, and 100 more", setCookies},
	}
	for _, d := range []struct{ name, about, value string }{
		{"traversal", "a path that leads upwards", `attachment; filename="../../x"`},
		{"backslash", "a path as Windows writes it", `attachment; filename="..\\..\\x"`},
		{"encoded", "an encoded path that leads upwards", `attachment; filename*=UTF-8''..%2f..%2fx`},
		{"absolute", "a path from the root", `attachment; filename="/etc/passwd"`},
		{"home", "a path from home", `attachment; filename="~/.ssh/authorized_keys"`},
		{"hidden", "a file that is not seen", `attachment; filename=".bashrc"`},
		{"device", "a device of Windows", `attachment; filename="CON"`},
		{"stream", "a stream of a file of Windows", `attachment; filename="a:b"`},
		{"nul", "a NUL", "attachment; filename*=UTF-8''a%00b"},
		{"escape", "control characters", "attachment; filename=\"\x1b[31mred\""},
		{"c1", "C1 and bidi characters", "attachment; filename=\"\u009b31mred\u202egpj.exe\""},
		{"escape-encoded", "encoded control characters", "attachment; filename*=UTF-8''%1B[31mred%C2%9B%E2%80%AEgpj.exe"},
		{"lines", "encoded line ends", "attachment; filename*=UTF-8''a%0d%0ab"},
		{"empty", "nothing", `attachment; filename=""`},
		{"dots", "the folder above", `attachment; filename=".."`},
		{"long", "more than 255 bytes", `attachment; filename="` + strings.Repeat("ü", 200) + `.json"`},
		{"part", "one of our own unfinished files", `attachment; filename=".fetch-0-1.part"`},
		{"state", "our own state", `attachment; filename=".fetch-sync.jsonl"`},
	} {
		faults = append(faults, answering("name-"+d.name, "names as its file "+d.about, 200, []string{"Content-Disposition: " + d.value}, `{"fault": "name"}`))
	}
	return faults
}

// redirectFaults returns redirects to where a client should not go, or should not send everything.
func redirectFaults() []Fault {
	from := func(name, about string, location func(*http.Request) string) Fault {
		return Fault{name, about, func(w http.ResponseWriter, r *http.Request) { sendTo(w, location(r), http.StatusFound) }}
	}
	to := func(name, about, location string) Fault {
		return from(name, about, func(*http.Request) string { return location })
	}
	return []Fault{
		to("redirect-host", "leads to another host, whose /echo tells what it was sent", "http://other.test/echo"),
		from("redirect-port", "leads to another port of the same host", func(r *http.Request) string {
			return "http://" + hostname(r.Host) + ":8081/echo"
		}),
		from("redirect-back", "leads to another host, and from there back", func(r *http.Request) string {
			return "http://other.test/redirect-to?url=" + url.QueryEscape("http://"+r.Host+"/echo")
		}),
		to("redirect-userinfo", "leads to another host, with a name and a password of the server's choice", "http://name:password@other.test/echo"),
		to("redirect-name", "leads to a name with a path that leads upwards", "/fault/ok/..%2f..%2f..%2fetc%2fpasswd"),
		to("redirect-backslash", "leads to a name with a path as Windows writes it", "/fault/ok/..%5c..%5cx"),
		to("redirect-loop", "leads to itself", "/fault/redirect-loop"),
		to("redirect-file", "leads to a file", "file:///etc/passwd"),
		to("redirect-script", "leads to a script", "javascript:alert(1)"),
		// Both stay on the machine, in case a client follows them.
		to("redirect-private", "leads to the machine of the client", "http://127.0.0.1:1/"),
		to("redirect-mapped", "leads to the machine of the client, by an IPv4 address within IPv6", "http://[::ffff:127.0.0.1]:1/"),
		to("redirect-bad", "leads to an invalid URL", "http://[::1"),
		to("redirect-escapes", "leads to a URL with control characters", "http://other.test/echo/\x1b[31mred"),
		to("redirect-c1", "leads to a URL with C1 and bidi characters", "http://other.test/echo/\u009b31m\u202egpj.exe"),
		to("redirect-lines", "leads to a URL with encoded line ends", "/echo?a=%0d%0aX-Evil:%201"),
		{"redirect-nowhere", "leads nowhere: 302 without a Location", func(w http.ResponseWriter, _ *http.Request) {
			answerStatus(w, http.StatusFound, "{}")
		}},
	}
}
