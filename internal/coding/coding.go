// Package coding undoes the content codings of HTTP bodies (RFC 9110, section 8.4): gzip, deflate, br and zstd.
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

// The codings that can be undone, as Parse names them.
const (
	Gzip    = "gzip"
	Deflate = "deflate" // in the zlib format, or raw
	Brotli  = "br"
	Zstd    = "zstd"
)

// Parse reads the Content-Encoding fields of a response: the codings in the order in which they were applied, in lower
// case, without identity. odd reports whether there was something else that is known to be no coding, such as UTF-8,
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

// Left are the content codings that a body is in as it is read, since the engine passes it on as it came: the request asked for
// them itself, or the run asks for none.
func Left(resp *http.Response) []string {
	if resp.Uncompressed || resp.StatusCode == http.StatusPartialContent {
		return nil
	}
	codings, _ := Parse(resp.Header["Content-Encoding"])
	return codings
}

// notCodings are seen in Content-Encoding, and leave the body as it is: words for nothing, transfer codings, and the marks of
// services that mean something else by the field.
var notCodings = []string{
	"none", "no", "off", "null", "binary", "7bit", "8bit", "plain", "text", "chunked", "aws-chunked", "amz-1.0",
}

// isNone reports whether a word that stands where a coding should leaves the body as it is. The names of charsets do.
func isNone(name string) bool {
	if slices.Contains(notCodings, name) {
		return true
	}
	_, err := htmlindex.Get(name)
	return err == nil
}

// Error is data that cannot be decoded. Data that only ends too early is io.ErrUnexpectedEOF instead.
type Error struct {
	Coding string
	After  int64 // decoded bytes before it
	Err    error // errNot: it is something else altogether
}

// Error says what the data is not.
func (e *Error) Error() string {
	if errors.Is(e.Err, errNot) {
		return fmt.Sprintf("Content-Encoding says %s, and the body is not; with the header field Accept-Encoding: identity"+
			" the server may send it as it is", e.Coding)
	}
	return fmt.Sprintf("the %s data cannot be decoded after %d bytes: %v", e.Coding, e.After, e.Err)
}

// Unwrap returns what the decoder said.
func (e *Error) Unwrap() error { return e.Err }

// errNot is the error of data that is not in the coding at all.
var errNot = errors.New("not in this coding")

// UnknownError is the name of a coding that cannot be undone.
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

// maxShown is how many characters of a name an error shows.
const maxShown = 40

// Reader undoes one coding. Nothing in any coding is nothing; several gzip members, or zstd frames, in a row are one body.
type Reader struct {
	coding   string
	create   func() decoder // nil: the coding is not known
	waiting  *sync.Pool     // decoders that were used
	source   source
	unit     *unit // nil: nothing has been read
	n        int64
	trailing bool
	err      error
}

// Trailing reports whether there were bytes after the end of the coded data. They were read and ignored.
func (r *Reader) Trailing() bool { return r.trailing }

// Read reads decoded bytes. Its errors are those of the source, *Error, UnknownError, or match io.ErrUnexpectedEOF. At
// io.EOF the source has been read to its end, too.
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

// readUnknown finds out whether there is anything that would have to be decoded.
func (r *Reader) readUnknown() error {
	if _, err := io.ReadFull(&r.source, make([]byte, 1)); err != nil {
		return err
	}
	return UnknownError(r.coding)
}

// drain reads what follows the coded data, so that a source that breaks off is noticed.
func (r *Reader) drain() error {
	n, err := io.Copy(io.Discard, &r.unit.buffer)
	r.trailing = r.trailing || n > 0
	return cmp.Or(err, io.EOF)
}

// unexpected is the error of a stream that ends where its head is due.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// explain puts an error of a decoder into words. Some wrap those of the source.
func (r *Reader) explain(err error) error {
	switch _, unknown := err.(UnknownError); {
	case r.source.err != nil:
		return r.source.err
	case err == io.EOF || unknown:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the %s data ends too early: %w", r.coding, io.ErrUnexpectedEOF)
	case r.n == 0 && (r.coding == Brotli || r.coding == Deflate): // which have no signature
		err = errNot
	}
	return &Error{Coding: r.coding, After: r.n, Err: err}
}

// Release ends the use of the Reader, so that its decoder serves again.
func (r *Reader) Release() {
	if r.unit != nil {
		r.unit.buffer.Reset(nil)
		r.waiting.Put(r.unit)
		r.unit = nil
	}
	r.err = io.ErrClosedPipe
}

// source remembers the error of what is read from.
type source struct {
	io.Reader
	err error // nil: none but io.EOF
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
