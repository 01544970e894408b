// Package format reads the entries of request lists in all their formats, and reports what is wrong with bad ones.
//
// Names returns the formats. Unless it is given, the format of an input is detected by its extension or its beginning, see
// docs/lists.md. Gzip-compressed input is unpacked. All text is UTF-8, lines end with LF or CRLF and may be 1 MiB long, and
// a byte order mark is ignored. Requests are checked by the same rules in all formats, and are read one at a time, in memory
// that does not grow with the list.
//
// A plain list has a request on each line. The URL begins at the first http:// or https:// (in any case); what precedes
// it, trimmed, is the request's name. Lines that are blank, or begin with #, are skipped.
//
// The URL extends to the end of the line, without trailing blanks. As in all formats, it is normalized for sending:
//   - the scheme and the host in lower case, the host in punycode, the port as a plain number from 1 to 65535;
//   - spaces, characters outside ASCII (as UTF-8) and " < > \ ^ ` { | } percent-encoded in path and query, because
//     they are not allowed in URLs (RFC 3986, section 2); existing escapes are kept;
//   - the fragment removed, because it is never sent.
//
// Control characters, bytes that are not UTF-8, invalid escapes (%zz), a second URL on the line, and lines that are
// clearly of another format are errors. They say what to write instead, and never show a user name, a password, a query,
// the value of a header field or a body.
package format

import (
	"cmp"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/table"
)

type kind uint8

const (
	fileInput   kind = iota // a regular file: checked first, then read again
	pipeInput               // a named pipe, a device: read once
	stdinInput              // read once
	urlInput                // the argument is the entry
	stdinName   = "standard input"
	stdinSource = "-"
)

// Input is one source of a list.
type Input struct {
	kind  kind
	Name  string // in messages
	Text  string // the argument
	Stdin io.Reader
	begun atomic.Bool // of a stream: it is being read, or has been

	Format    format                      // of a file or stream, where it is given
	Cookies   bool                        // those of a HAR file are sent
	Templates func(url []byte) *LineError // if not nil, URLs are templates: it checks them, and they are not converted
	// Unfilled, if not nil, is called with what would be a variable if the URLs were templates.
	Unfilled func(variable string)
}

// decoder reads the entries of one input, in one format.
type decoder interface {
	// next advances to the next entry, whose memory replaces that of the present one, and checks it. It returns io.EOF
	// after the last, a *LineError for a bad entry, after which reading can continue, and any other error if nothing
	// more can be read. The errors lack the input and the place.
	next() error
	// current returns the present entry, or what has been read of a bad one.
	current() *entry
	// place sets the place of a bad entry.
	place(*LineError)
}

// Reader reads the entries of one input, whose format is detected when the first one is read.
type Reader struct {
	input   *Input
	source  io.Reader
	decoder decoder   // nil before
	closer  io.Closer // nil: nothing to close
}

// Next advances to the next entry and checks it. It returns io.EOF after the last, a *LineError for a bad entry,
// after which reading can continue, and any other error if nothing more can be read.
func (r *Reader) Next() (err error) {
	if r.decoder == nil {
		if r.decoder, err = r.input.choose(r.source); err != nil {
			return err
		}
	}
	r.decoder.current().clear()
	err = r.decoder.next()
	switch e := err.(type) {
	case *LineError:
		r.decoder.place(e)
		e.Input, e.Partial = r.input.Name, r.decoder.current().partial()
	case *InputError:
		e.Input = cmp.Or(e.Input, r.input.Name)
	}
	return err
}

// Place returns the place of the entry, such as list.txt:7.
func (r *Reader) Place() string {
	at := LineError{Input: r.input.Name}
	r.decoder.place(&at)
	return at.place()
}

// Fill stores the entry in a request, which holds the template.
func (r *Reader) Fill(req *fetcher.Request) { r.decoder.current().fill(req) }

// HasBody reports whether the entry has a body of its own.
func (r *Reader) HasBody() bool { return r.decoder.current().body != nil }

// Close may be called repeatedly, and while the input is read.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// NewInput determines the kind of an argument. Index counts arguments from 0.
func NewInput(index int, arg string, stdin io.Reader) (*Input, error) {
	if arg == stdinSource {
		if stdin == nil {
			stdin = strings.NewReader("")
		}
		return &Input{kind: stdinInput, Name: stdinName, Text: arg, Stdin: stdin}, nil
	}
	if at, _ := FindScheme([]byte(arg)); at == 0 {
		return TemplateInput(index, arg), nil
	}
	info, err := os.Stat(arg)
	in := &Input{Name: Plain(arg), Text: arg}
	switch {
	case err != nil:
		return nil, noFile(arg, err)
	case info.IsDir():
		return nil, &InputError{
			Input: in.Name, Problem: "is a directory, not a list", Hint: "name the files in it",
			Err: &fs.PathError{Op: "read", Path: arg, Err: syscall.EISDIR},
		}
	case !info.Mode().IsRegular():
		in.kind = pipeInput
	}
	return in, nil
}

// IsStdin reports whether the input is standard input.
func (in *Input) IsStdin() bool { return in.kind == stdinInput }

// IsURL reports whether the input is a single entry, not a file or stream with entries.
func (in *Input) IsURL() bool { return in.kind == urlInput }

// IsStream reports whether the input can be read only once.
func (in *Input) IsStream() bool { return in.kind == stdinInput || in.kind == pipeInput }

// Begin marks the input as being read. For a stream it returns an error the second time.
func (in *Input) Begin() error {
	if in.IsStream() && !in.begun.CompareAndSwap(false, true) {
		return BadInput(in.Name, "has been read already, and cannot be read again", "")
	}
	return nil
}

// Open starts reading the input. Opening a named pipe waits until someone opens it for writing.
func (in *Input) Open() (*Reader, error) {
	switch in.kind {
	case urlInput:
		return &Reader{input: in, decoder: &lines{lineEntry{in.entry(), table.OneLine(in.Text)}}}, nil
	case stdinInput:
		return &Reader{input: in, source: in.Stdin}, nil
	}
	f, err := os.Open(in.Text)
	if err != nil {
		return nil, in.Unreadable(err)
	}
	return &Reader{input: in, source: f, closer: f}, nil
}

// Told returns the name of the format that is given, or implied by the file name; empty: it is detected from the
// content.
func (in *Input) Told() string { return names[in.told()] }

func (in *Input) told() format { return cmp.Or(in.Format, byExtension(in.Text)) }

// TemplateInput returns the input of a template that is given as an argument; index counts arguments from 0.
func TemplateInput(index int, arg string) *Input {
	return &Input{kind: urlInput, Name: "argument " + strconv.Itoa(index+1), Text: arg}
}
