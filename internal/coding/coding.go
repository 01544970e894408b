// Package coding decodes the content codings of HTTP bodies (RFC 9110, section 8.4): gzip, deflate, br and zstd.
package coding

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/encoding/htmlindex"
)

// The supported codings, as named by Parse.
const (
	Gzip    = "gzip"
	Deflate = "deflate" // in the zlib format, or raw
	Brotli  = "br"
	Zstd    = "zstd"
)

// Parse parses the Content-Encoding fields of a response: the codings in the order of application, in lower case,
// without identity. Odd reports whether there was something else that is known not to be a coding, such as UTF-8,
// none or binary, or nothing at all; it is left out.
func Parse(fields []string) (codings []string, odd bool) {
	for _, field := range fields {
		odd = odd || strings.TrimSpace(field) == ""
		for name := range strings.SplitSeq(field, ",") {
			name, _, _ = strings.Cut(name, ";")
			switch name = strings.ToLower(strings.TrimSpace(name)); {
			case name == "" || name == "identity":
			case name == "x-gzip": // RFC 9110, section 8.4.1.3
				codings = append(codings, Gzip)
			case isNone(name):
				odd = true
			default:
				codings = append(codings, name)
			}
		}
	}
	return codings, odd
}

// Left returns the content codings of a body as it is read, which are not decoded by the engine because the
// request, or the run, handles them itself.
func Left(resp *http.Response) []string {
	if resp.Uncompressed || resp.StatusCode == http.StatusPartialContent {
		return nil
	}
	codings, _ := Parse(resp.Header["Content-Encoding"])
	return codings
}

// notCodings occur in Content-Encoding without affecting the body: words for nothing, transfer codings, and the
// marks of services that use the field differently.
var notCodings = []string{
	"none", "no", "off", "null", "binary", "7bit", "8bit", "plain", "text", "chunked", "aws-chunked", "amz-1.0",
}

// isNone reports whether a word in place of a coding does not affect the body. The names of charsets do not.
func isNone(name string) bool {
	if slices.Contains(notCodings, name) {
		return true
	}
	_, err := htmlindex.Get(name)
	return err == nil
}

// Error is data that cannot be decoded. Data that merely ends too early is io.ErrUnexpectedEOF instead.
type Error struct {
	Coding string
	After  int64 // decoded bytes before it
	Err    error // errNot: the data has another format
}

// Error describes what is wrong with the data.
func (e *Error) Error() string {
	if errors.Is(e.Err, errNot) {
		return fmt.Sprintf("Content-Encoding says %s, and the body is not; with the header field Accept-Encoding: identity"+
			" the server may send it as it is", e.Coding)
	}
	return fmt.Sprintf("the %s data cannot be decoded after %d bytes: %v", e.Coding, e.After, e.Err)
}

// Unwrap returns the error of the decoder.
func (e *Error) Unwrap() error { return e.Err }

// errNot is the error of data that does not have the coding at all.
var errNot = errors.New("not in this coding")

// UnknownError is the name of an unsupported coding.
type UnknownError string

// Error says what to do about it.
func (e UnknownError) Error() string {
	name := []rune(string(e))
	if len(name) > maxShown {
		name = append(name[:maxShown:maxShown], '…')
	}
	return fmt.Sprintf("the body has the content coding %q, which is not known here; with the header field"+
		" Accept-Encoding: identity the server may send it without, and with any Accept-Encoding of your own the body is"+
		" kept as it comes", string(name))
}

// maxShown is the maximum number of characters of a name in an error.
const maxShown = 40

// Reader decodes one coding. Empty data is empty in any coding; several concatenated gzip members, or zstd
// frames, are one body.
type Reader struct {
	coding   string
	create   func() decoder // nil: unknown coding
	waiting  *sync.Pool     // reusable decoders
	source   source
	unit     *unit // nil: nothing has been read
	n        int64
	trailing bool
	err      error
}

// Trailing reports whether there were bytes after the end of the coded data. They were read and ignored.
func (r *Reader) Trailing() bool { return r.trailing }

// Read reads decoded bytes. Its errors are those of the source, *Error, UnknownError, or match
// io.ErrUnexpectedEOF. At io.EOF the source has been read to its end, too.
func (r *Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.read(p)
	r.n += int64(n)
	if err != nil {
		r.err = r.explain(err)
	}
	return n, r.err
}

func (r *Reader) read(p []byte) (int, error) {
	if r.unit == nil {
		if r.create == nil {
			return 0, r.readUnknown()
		}
		if r.unit, _ = r.waiting.Get().(*unit); r.unit == nil {
			r.unit = &unit{decoder: r.create()}
		}
		r.unit.buffer.Reset(&r.source)
		if _, err := r.unit.buffer.Peek(1); err != nil {
			return 0, err
		}
		if err := r.unit.begin(&r.unit.buffer); err != nil {
			return 0, unexpected(err)
		}
	}
	n, err := r.unit.Read(p)
	switch {
	case err == io.EOF && r.coding == Gzip && isGzip(&r.unit.buffer): // RFC 1952, section 2.2
		return n, unexpected(r.unit.begin(&r.unit.buffer))
	case err == io.EOF:
		return n, r.drain()
	case isTrailing(r.coding, err):
		r.trailing = true
		return n, r.drain()
	}
	return n, err
}

// readUnknown checks whether there is anything to decode.
func (r *Reader) readUnknown() error {
	if _, err := io.ReadFull(&r.source, make([]byte, 1)); err != nil {
		return err
	}
	return UnknownError(r.coding)
}

// drain reads what follows the coded data, so that an error of the source is noticed.
func (r *Reader) drain() error {
	n, err := io.Copy(io.Discard, &r.unit.buffer)
	r.trailing = r.trailing || n > 0
	return cmp.Or(err, io.EOF)
}

// unexpected returns the error of a stream that ends before its header.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// explain converts an error of a decoder. Some wrap those of the source.
func (r *Reader) explain(err error) error {
	switch _, unknown := err.(UnknownError); {
	case r.source.err != nil:
		return r.source.err
	case err == io.EOF || unknown:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the %s data ends too early: %w", r.coding, io.ErrUnexpectedEOF)
	case r.n == 0 && (r.coding == Brotli || r.coding == Deflate): // without a signature
		err = errNot
	}
	return &Error{Coding: r.coding, After: r.n, Err: err}
}

// Release returns the decoder for reuse. The Reader must not be used afterwards.
func (r *Reader) Release() {
	if r.unit != nil {
		r.unit.buffer.Reset(nil)
		r.waiting.Put(r.unit)
		r.unit = nil
	}
	r.err = io.ErrClosedPipe
}

// source remembers the error of the underlying reader.
type source struct {
	io.Reader
	err error // nil: none except io.EOF
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func isGzip(b *bufio.Reader) bool {
	head, _ := b.Peek(2)
	return string(head) == formats[".gz"].magic
}
