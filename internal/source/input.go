package source

import (
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"example.com/fetch/fetcher"
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
	name  string // in messages
	text  string // the argument
	stdin io.Reader
	begun atomic.Bool // of a stream: it is being read, or has been

	format    format                      // of a file or stream, where it is given
	cookies   bool                        // those of a HAR file are sent
	templates func(url []byte) *LineError // if not nil, URLs are templates: it checks them, and they are given as they stand
}

// decoder reads the entries of one input, in one format.
type decoder interface {
	// next moves on to the next entry and checks it. It gives io.EOF after the last, a *LineError for a bad entry,
	// after which reading can go on, and any other error if nothing more can be read.
	next() error
	// fill puts the entry into a request, which holds the template.
	fill(*fetcher.Request)
}

// opened is an input that is being read.
type opened struct {
	decoder
	closer io.Closer // nil: nothing to close
}

// Close may be called again, and while the input is read.
func (o *opened) Close() error {
	if o.closer == nil {
		return nil
	}
	return o.closer.Close()
}

// newInput finds out what an argument is. index counts arguments from 0.
func newInput(index int, arg string, stdin io.Reader) (*Input, error) {
	if arg == stdinSource {
		if stdin == nil {
			stdin = strings.NewReader("")
		}
		return &Input{kind: stdinInput, name: stdinName, text: arg, stdin: stdin}, nil
	}
	if at, _ := findScheme([]byte(arg)); at == 0 {
		return &Input{kind: urlInput, name: "argument " + strconv.Itoa(index+1), text: arg}, nil
	}
	info, err := os.Stat(arg)
	in := &Input{name: plain(arg), text: arg}
	switch {
	case err != nil:
		return nil, noFile(arg, err)
	case info.IsDir():
		return nil, &InputError{
			Input: in.name, Problem: "is a directory, not a list", Hint: "name the files in it",
			Err: &fs.PathError{Op: "read", Path: arg, Err: syscall.EISDIR},
		}
	case !info.Mode().IsRegular():
		in.kind = pipeInput
	}
	return in, nil
}

func (in *Input) isStream() bool { return in.kind == stdinInput || in.kind == pipeInput }

// open begins to read the input. Opening a named pipe waits until someone opens it for writing.
func (in *Input) open() (*opened, error) {
	switch in.kind {
	case urlInput:
		return &opened{decoder: &argument{input: in.name, text: in.text, parser: parser{raw: in.templates}}}, nil
	case stdinInput:
		return &opened{decoder: in.decode(in.stdin)}, nil
	}
	f, err := os.Open(in.text)
	if err != nil {
		return nil, in.unreadable(err)
	}
	return &opened{decoder: in.decode(f), closer: f}, nil
}

// decode reads a file or stream in its format, which may show only once it is read.
func (in *Input) decode(r io.Reader) decoder { return &told{input: in, reader: r} }

// argument is the decoder of a URL that is given as an argument.
type argument struct {
	input, text string
	done        bool
	parser      parser
}

func (a *argument) next() error {
	if a.done {
		return io.EOF
	}
	a.done = true
	if _, bad := a.parser.parse([]byte(a.text)); bad != nil {
		bad.Input, bad.entry = a.input, partialOf([]byte(a.text))
		return bad
	}
	return nil
}

func (a *argument) fill(req *fetcher.Request) { a.parser.fill(req) }

// told is the name of the format that is given, or that a file's name tells; empty: its content tells.
func (in *Input) told() string {
	f := in.format
	if f == untold {
		f = byExtension(in.text)
	}
	if f == untold {
		return ""
	}
	return formatNames[f-linesFormat]
}
