package format

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
)

// maxBeginning is how much of an input is looked at to tell its format.
const maxBeginning = 64 << 10

// beginning is a reader whose first bytes can be looked at before they are read.
type beginning struct {
	reader io.Reader
	held   []byte // read, and not given
	err    error  // of the reader; it comes after what is held
}

// look reads until it is enough, or there is no more, or maxBeginning is reached, and gives what it has.
func (b *beginning) look(enough func([]byte) bool) []byte {
	for empty := 0; b.err == nil && len(b.held) < maxBeginning && !enough(b.held); {
		if b.held == nil {
			b.held = make([]byte, 0, maxBeginning)
		}
		n, err := b.reader.Read(b.held[len(b.held):cap(b.held)])
		b.held, b.err = b.held[:len(b.held)+n], err
		if n > 0 || err != nil {
			empty = 0
		} else if empty++; empty == 100 {
			b.err = io.ErrNoProgress
		}
	}
	return b.held
}

func (b *beginning) Read(p []byte) (int, error) {
	switch {
	case len(b.held) > 0:
		n := copy(p, b.held)
		if b.held = b.held[n:]; len(b.held) == 0 {
			b.held = nil // its memory is not needed again
		}
		return n, nil
	case b.err != nil:
		return 0, b.err
	}
	return b.reader.Read(p)
}

func never([]byte) bool { return false }

// hasMagic reports whether there is enough to see what an input is packed with.
func hasMagic(text []byte) bool { return len(text) >= len("\x1f\x8b") }

// hasFirstLine reports whether a whole line has come that is neither blank nor a comment, nor a lone bracket: what tells
// the format, as far as a stream may be waited for.
func hasFirstLine(text []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte(bom))) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			return false
		}
		if line = bytes.TrimSpace(line); len(line) > 1 && line[0] != '#' {
			return true
		}
	}
	return false
}

// unpack begins to read an input, and unpacks it if it is gzip-compressed.
func (in *Input) unpack(r io.Reader) (*beginning, error) {
	begin := &beginning{reader: r}
	if !bytes.HasPrefix(begin.look(hasMagic), []byte("\x1f\x8b")) {
		return begin, nil
	}
	unpacked, err := gzip.NewReader(begin)
	if err != nil {
		return nil, in.damaged(err)
	}
	return &beginning{reader: &unpacking{input: in, reader: unpacked}}, nil
}

// unpacking gives the errors of a gzip reader a form that tells what is wrong.
type unpacking struct {
	input  *Input
	reader io.Reader
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.reader.Read(p)
	if err != nil && err != io.EOF {
		err = u.input.damaged(err)
	}
	return n, err
}

// damaged is the error of gzip data that cannot be unpacked. Errors of the system stay what they are.
func (in *Input) damaged(err error) error {
	problem := ""
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		problem = "is gzip-compressed, and ends too early"
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, new(flate.CorruptInputError)):
		problem = "is gzip-compressed, and damaged"
	default:
		return in.Unreadable(err)
	}
	return &InputError{Input: in.Name, Problem: problem, Hint: "make or fetch the file again", Err: err}
}
