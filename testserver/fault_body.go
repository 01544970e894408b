package testserver

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net/http"
	"strings"
	"time"
)

// bodyFaults are answers that seem good until their bodies are looked at.
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
		fail(w, http.StatusBadRequest, "?size= is a number of bytes, such as 64m or 1g")
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
	if _, err := io.WriteString(w, `{"start": true,`); err != nil {
		return
	}
	_ = http.NewResponseController(w).Flush()
	wait(r, maxWait)
}

func drips(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	for wait(r, 100*time.Millisecond) {
		if _, err := io.WriteString(w, "."); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
	}
}
