package format

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
)

// maxBeginning is how much of an input is looked at to tell its format.
const maxBeginning = 64 << 10

// newBuffer makes a reader whose beginning can be looked at. What explains an error, if not nil, is not asked about the end.
func newBuffer(r io.Reader, explain func(error) error) *bufio.Reader {
	return bufio.NewReaderSize(&once{reader: r, explain: explain}, maxBeginning)
}

// once asks a reader no more after its first error, since a terminal would go on after its end.
type once struct {
	reader  io.Reader
	explain func(error) error
	err     error
}

func (o *once) Read(p []byte) (n int, err error) {
	if o.err != nil {
		return 0, o.err
	}
	n, o.err = o.reader.Read(p)
	if o.err != nil && o.err != io.EOF && o.explain != nil {
		o.err = o.explain(o.err)
	}
	return n, o.err
}

// look gives how an input begins: as much as is enough (nil: nothing is), or fits into the buffer, or all that there is.
func look(b *bufio.Reader, enough func([]byte) bool) []byte {
	for n := 1; ; {
		_, err := b.Peek(n)
		text, _ := b.Peek(b.Buffered())
		if err != nil || len(text) == b.Size() || enough != nil && enough(text) {
			return text
		}
		n = len(text) + 1
	}
}

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
func (in *Input) unpack(r io.Reader) (*bufio.Reader, error) {
	b := newBuffer(r, nil)
	if magic, _ := b.Peek(2); string(magic) != "\x1f\x8b" {
		return b, nil
	}
	unpacked, err := gzip.NewReader(b)
	if err != nil {
		return nil, in.damaged(err)
	}
	return newBuffer(unpacked, in.damaged), nil
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

// sniffed is how much of the beginning of an input is looked at to see whether it is text.
const sniffed = 512

// packed are the formats whose beginnings tell them, and what unpacks them. gzip is here for what was packed twice.
var packed = []struct{ magic, name, unpack string }{
	{"\x1f\x8b", "gzip", "zcat"},
	{"\x28\xb5\x2f\xfd", "zstd", "zstdcat"},
	{"\xfd7zXZ\x00", "xz", "xzcat"},
	{"BZh", "bzip2", "bzcat"},
	{"PK\x03\x04", "zip", "unzip -p"},
}

// refuse says what is wrong with an input that begins like this.
func (in *Input) refuse(head []byte) error {
	file := in.Name
	if in.kind == stdinInput {
		file = "FILE"
	}
	for _, f := range packed {
		if bytes.HasPrefix(head, []byte(f.magic)) && hasBinary(head) {
			return BadInput(in.Name, "is "+f.name+"-compressed", "use "+f.unpack+" "+file+" | fetch -")
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return BadInput(in.Name, "is encoded in UTF-16",
			"save it as UTF-8, or use iconv -f UTF-16 -t UTF-8 "+file+" | fetch -")
	case bytes.IndexByte(head, 0) >= 0:
		return BadInput(in.Name, "is a binary file, not a list", "write one URL on each line")
	}
	return nil
}

// hasBinary reports whether there are bytes that no text has: a line of text may begin with BZh.
func hasBinary(head []byte) bool {
	return slices.ContainsFunc(head, func(c byte) bool { return isControl(c) && !strings.ContainsRune("\t\r\n\f", rune(c)) })
}
