// Package source reads request lists: files, standard input, URLs given as arguments, and any number of them one after
// the other, as one sequence of requests.
//
// A list has a request on each line. The URL begins at the first http:// or https:// (in any case); what precedes it,
// trimmed, is the request's name. Lines that are blank, or begin with #, are passed over. A line ends with LF or CRLF,
// may be 1 MiB long, and is UTF-8; a byte order mark does no harm.
//
// The URL runs to the end of the line, without the blanks there. It is put into the form in which it can be sent:
//   - the scheme and the host in lower case, the host in punycode, the port as a plain number from 1 to 65535;
//   - spaces, characters outside ASCII (as UTF-8) and " < > \ ^ ` { | } percent-encoded in path and query, since no URL
//     may hold them (RFC 3986, section 2); escapes that are there already are kept as they are;
//   - the fragment left out, which is never sent.
//
// Refused are control characters, bytes that are not UTF-8, escapes that are none (%zz), a second URL on the line, and
// lines that are plainly of another format. The errors say what to write instead. They never show a user name, a
// password or a query.
package source

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"

	"example.com/fetch/fetcher"
)

// Options say how a list is read. The zero value is ready to use.
type Options struct {
	// Template holds what every request has beside its number, name and URL: method, header, body, length, time-out.
	// Its header and body are shared by all requests, not copied.
	Template fetcher.Request

	// SkipBad passes over bad lines, counting them, where otherwise the first would end the list.
	SkipBad bool
	// OnBad, if not nil, is called for each line that is passed over: by Open for files and URLs, and while the
	// requests are read for standard input and pipes, by whatever goroutine reads them.
	OnBad func(*LineError)
}

// List is a list of requests from one or several inputs. Its methods may be called concurrently, but only one sequence
// of requests may be ranged at a time.
type List struct {
	inputs  []*input
	options Options
	total   int64
	known   bool // total is the total
	skipped atomic.Int64

	mu     sync.Mutex
	open   io.Closer // the file that is being read
	closed bool
}

// Open makes a list of its sources: each a URL, a file, or - for stdin, which may be nil if no source is "-". Files are
// read to their end and checked together with the URLs; every bad line is in the error, a *BadLinesError, unless they
// are to be skipped. Standard input, named pipes and devices are not touched yet: they are checked as they are read.
// Errors that come of what the sources are, or hold, match ErrInput.
func Open(ctx context.Context, args []string, stdin io.Reader, o Options) (*List, error) {
	if len(args) == 0 {
		return nil, &InputError{Problem: "no source is given", Hint: "name a file, a URL, or - for standard input"}
	}
	l := &List{options: o, known: true}
	for i, arg := range args {
		in, err := newInput(i, arg, stdin)
		if err != nil {
			return nil, err
		}
		if in.kind == stdinInput && l.usesStdin() {
			return nil, &InputError{Input: "-", Problem: "standard input is named twice", Hint: "write - once"}
		}
		l.inputs = append(l.inputs, in)
		l.known = l.known && !in.isStream()
	}
	if err := l.check(ctx); err != nil {
		return nil, err
	}
	if l.known && l.total == 0 {
		return nil, l.empty()
	}
	return l, nil
}

func (l *List) usesStdin() bool {
	for _, in := range l.inputs {
		if in.kind == stdinInput {
			return true
		}
	}
	return false
}

// check reads every input that can be read again, counts its requests, and gathers its bad lines.
func (l *List) check(ctx context.Context) error {
	var bad BadLinesError
	for _, in := range l.inputs {
		if in.isStream() {
			continue
		}
		if err := l.checkInput(ctx, in, &bad); err != nil {
			return err
		}
	}
	if bad.Count > 0 {
		return &bad
	}
	return nil
}

func (l *List) checkInput(ctx context.Context, in *input, bad *BadLinesError) error {
	d, err := in.open()
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := d.next()
		var line *LineError
		switch {
		case err == nil:
			l.total++
		case err == io.EOF:
			return nil
		case !errors.As(err, &line):
			return in.unreadable(err)
		case l.options.SkipBad:
			l.skip(line)
		default:
			bad.add(line)
		}
	}
}

func (l *List) skip(line *LineError) {
	l.skipped.Add(1)
	if l.options.OnBad != nil {
		l.options.OnBad(line)
	}
}

// empty is the error of a list without requests.
func (l *List) empty() error {
	var names []string
	for _, in := range l.inputs {
		names = append(names, in.name)
	}
	e := &InputError{Problem: "no requests in " + enumerate(names), Hint: "write one URL on each line"}
	if n := l.Skipped(); n > 0 {
		e.Problem += ": every line is bad"
		e.Hint = "leave out --skip-bad to see what is wrong with them"
	}
	return e
}

// Total is the number of requests, and whether it is known: it is not if one of the inputs is a stream, which is also
// what tells whether the list can be read more than once.
func (l *List) Total() (int64, bool) {
	if !l.known {
		return 0, false
	}
	return l.total, true
}

// Skipped is the number of bad lines that were passed over so far: from the start, those that Open found in files and
// URLs.
func (l *List) Skipped() int64 { return l.skipped.Load() }

// Close ends a sequence of requests that is being read, where that is possible: a read of standard input cannot be
// interrupted. It closes no stdin.
func (l *List) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.open == nil {
		return nil
	}
	if err := l.open.Close(); !errors.Is(err, fs.ErrClosed) { // closed already: its context was cancelled
		return err
	}
	return nil
}
