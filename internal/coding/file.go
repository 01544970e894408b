package coding

import (
	"io"
	"path"
	"strings"
)

// formats are the file formats of codings, by file extension.
var formats = map[string]struct{ coding, magic string }{
	".gz":   {Gzip, "\x1f\x8b"},
	".tgz":  {Gzip, "\x1f\x8b"},
	".svgz": {Gzip, "\x1f\x8b"},
	".zst":  {Zstd, "\x28\xb5\x2f\xfd"},
	".br":   {Brotli, ""}, // no signature
}

// OfFile returns the coding that a file name implies; empty if there is none.
func OfFile(name string) string { return formats[strings.ToLower(path.Ext(name))].coding }

// File writes a body to a file in the form that the file's name implies. A body that came in a coding stays in it
// if the name is that of a file compressed so. But if the body is such a file without that coding, because the
// server has compressed it once more, it is decoded.
type File struct {
	to     io.Writer
	coding string // coding of the received body; empty: none
	magic  string // signature of a decoded body that is such a file already
	state  state
	coded  []byte // while it is undecided
	plain  []byte // while it is undecided
}

type state uint8

const (
	decoded state = iota
	undecided
	asItCame
)

// mostHeld is how much of a coded body is held until enough of it is decoded to decide its form.
const mostHeld = 1 << 20

// teer is a body that decodes codings. Its TeeCoded passes the data in its innermost coding to w, and returns
// that coding; empty: it decodes none.
type teer interface {
	TeeCoded(w io.Writer) (coding string)
}

// NewFile returns the File that everything read from body must be written to, before anything is read.
func NewFile(name string, body io.Reader, to io.Writer) *File {
	f := &File{to: to}
	coded, ok := body.(teer)
	format := formats[strings.ToLower(path.Ext(name))]
	if !ok || format.coding == "" {
		return f
	}
	if f.coding = coded.TeeCoded(writerFunc(f.writeCoded)); f.coding == format.coding {
		f.magic, f.state = format.magic, undecided
	}
	return f
}

// Write takes decoded data.
func (f *File) Write(p []byte) (int, error) {
	if f.state == undecided {
		f.plain = append(f.plain, p...)
		switch {
		case f.magic == "" || !strings.HasPrefix(f.magic, string(f.plain[:min(len(f.plain), len(f.magic))])):
			return len(p), f.decide(asItCame)
		case len(f.plain) >= len(f.magic):
			return len(p), f.decide(decoded)
		}
	}
	if f.state == decoded {
		return f.to.Write(p)
	}
	return len(p), nil
}

// writeCoded takes data as received.
func (f *File) writeCoded(p []byte) (int, error) {
	switch f.state {
	case asItCame:
		return f.to.Write(p)
	case undecided:
		if f.coded = append(f.coded, p...); len(f.coded) > mostHeld {
			return len(p), f.decide(asItCame)
		}
	}
	return len(p), nil
}

func (f *File) decide(s state) error {
	held := f.plain
	if s == asItCame {
		held = f.coded
	}
	f.state, f.coded, f.plain = s, nil, nil
	_, err := f.to.Write(held)
	return err
}

// Close ends writing. It returns the coding of the file; empty: none but its own.
func (f *File) Close() (coding string, err error) {
	if f.state == undecided {
		err = f.decide(asItCame)
	}
	if f.state == decoded {
		return "", err
	}
	return f.coding, err
}

type writerFunc func(p []byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }
