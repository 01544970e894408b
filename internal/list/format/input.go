// Package format reads the entries of request lists in all their formats, and says what is wrong with those that are none.
//
// Names names the formats. An input tells its own by its extension or by how it begins, see docs/lists.md, unless its format
// is given. What is gzip-compressed is unpacked. All text is UTF-8, lines end with LF or CRLF and may be 1 MiB long, and a byte
// order mark does no harm. Whatever the format, what it says of a request is checked by the same rules, and it is read piece by
// piece, in memory that does not grow with the list.
//
// A plain list has a request on each line. The URL begins at the first http:// or https:// (in any case); what precedes
// it, trimmed, is the request's name. Lines that are blank, or begin with #, are passed over.
//
// The URL runs to the end of the line, without the blanks there. It is put, as those of all formats are, into the form in
// which it can be sent:
//   - the scheme and the host in lower case, the host in punycode, the port as a plain number from 1 to 65535;
//   - spaces, characters outside ASCII (as UTF-8) and " < > \ ^ ` { | } percent-encoded in path and query, since no URL
//     may hold them (RFC 3986, section 2); escapes that are there already are kept as they are;
//   - the fragment left out, which is never sent.
//
// Refused are control characters, bytes that are not UTF-8, escapes that are none (%zz), a second URL on the line, and
// lines that are plainly of another format. The errors say what to write instead. They never show a user name, a
// password, a query, a header field's value or a body.
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
	Templates func(url []byte) *LineError // if not nil, URLs are templates: it checks them, and they are given as they stand
	// Unfilled, if not nil, is told of what would be a variable if the URLs were templates.
	Unfilled func(variable string)
}

// decoder reads the entries of one input, in one format.
type decoder interface {
	// next moves on to the next entry, for which the present one has room, and checks it. It gives io.EOF after the last, a
	// *LineError for a bad entry, after which reading can go on, and any other error if nothing more can be read. The errors
	// lack the input and the place.
	next() error
	// current is the present entry, or what has been read of a bad one.
	current() *entry
	// place says where a bad entry is.
	place(*LineError)
}

// Reader reads the entries of one input, whose format is found out when the first is asked for.
type Reader struct {
	input   *Input
	source  io.Reader
	decoder decoder   // nil before
	closer  io.Closer // nil: nothing to close
}

// Next moves on to the next entry and checks it. It gives io.EOF after the last, a *LineError for a bad entry, after which
// reading can go on, and any other error if nothing more can be read.
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

// Place names the place of the entry, such as list.txt:7.
func (r *Reader) Place() string {
	at := LineError{Input: r.input.Name}
	r.decoder.place(&at)
	return at.place()
}

// Fill puts the entry into a request, which holds the template.
func (r *Reader) Fill(req *fetcher.Request) { r.decoder.current().fill(req) }

// HasBody reports whether the entry has a body of its own.
func (r *Reader) HasBody() bool { return r.decoder.current().body != nil }

// Close may be called again, and while the input is read.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// NewInput finds out what an argument is. index counts arguments from 0.
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

// Begin notes that the input is going to be read. That of a stream, which can be done once, is an error the second time.
func (in *Input) Begin() error {
	if in.IsStream() && !in.begun.CompareAndSwap(false, true) {
		return BadInput(in.Name, "has been read already, and cannot be read again", "")
	}
	return nil
}

// Open begins to read the input. Opening a named pipe waits until someone opens it for writing.
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

// Told is the name of the format that is given, or that a file's name tells; empty: its content tells.
func (in *Input) Told() string { return names[in.told()] }

func (in *Input) told() format { return cmp.Or(in.Format, byExtension(in.Text)) }

// TemplateInput is the input of a template that is given as an argument; index counts arguments from 0.
func TemplateInput(index int, arg string) *Input {
	return &Input{kind: urlInput, Name: "argument " + strconv.Itoa(index+1), Text: arg}
}
