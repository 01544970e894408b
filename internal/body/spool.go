package body

import (
	"fmt"
	"io"
	"os"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
)

// Spool holds bodies between the end of their attempts and what takes them: a program, or the standard output. A small
// one is in memory, a large one in a temporary file, so that they may gather without harm.
type Spool struct {
	folder string
	inFile bool // every body is to be in a file
}

// maxInMemory is the largest body that a Spool holds in memory.
const maxInMemory = 64 << 10

// NewSpool makes a Spool. With inFiles every body gets a file, as programs need it. Close removes what it holds.
func NewSpool(inFiles bool) (*Spool, error) {
	folder, err := os.MkdirTemp("", "fetch-bodies-")
	if err != nil {
		return nil, fmt.Errorf("no folder for temporary files: %w; set TMPDIR to one that can be written to", err)
	}
	return &Spool{folder: folder, inFile: inFiles}, nil
}

// Close removes the folder and all that is left in it.
func (s *Spool) Close() error { return os.RemoveAll(s.folder) }

// Spooled is one body that waits. It is written by one goroutine and, after that, taken by one.
type Spooled struct {
	spool *Spool
	bytes []byte
	file  *os.File
	path  string
}

// Write adds to it. Its errors are *fetcher.Error of KindWrite.
func (b *Spooled) Write(p []byte) (int, error) {
	if b.file == nil && !b.spool.inFile && len(b.bytes)+len(p) <= maxInMemory {
		b.bytes = append(b.bytes, p...)
		return len(p), nil
	}
	if err := b.toFile(); err != nil {
		return 0, err
	}
	n, err := b.file.Write(p)
	return n, b.failure(err)
}

// toFile makes the file, and moves what is in memory there.
func (b *Spooled) toFile() (err error) {
	if b.file != nil {
		return nil
	}
	if b.file, err = os.CreateTemp(b.spool.folder, ""); err != nil {
		return b.failure(err)
	}
	b.path = b.file.Name()
	_, err = b.file.Write(b.bytes)
	b.bytes = nil
	return b.failure(err)
}

// close ends the writing.
func (b *Spooled) close() error {
	if b.spool.inFile {
		if err := b.toFile(); err != nil { // of an empty body, too
			return err
		}
	}
	if b.file == nil {
		return nil
	}
	return b.failure(b.file.Close())
}

func (b *Spooled) failure(err error) error {
	if err == nil {
		return nil
	}
	if file.IsOutOfFiles(err) {
		return &fetcher.Error{Kind: fetcher.KindConnect, Err: fmt.Errorf("a temporary file: %w; raise ulimit -n", err)} // later there may be room
	}
	return &fetcher.Error{Kind: fetcher.KindWrite, Err: fmt.Errorf("a temporary file: %w; set TMPDIR to a folder with room", err)}
}

// Path is the file that it is in; empty if it is in memory.
func (b *Spooled) Path() string { return b.path }

// WriteTo writes the whole body to w.
func (b *Spooled) WriteTo(w io.Writer) (int64, error) {
	if b.path == "" {
		n, err := w.Write(b.bytes)
		return int64(n), err
	}
	f, err := os.Open(b.path)
	if err != nil {
		return 0, b.failure(err)
	}
	defer f.Close()
	return io.Copy(w, f)
}

// Remove ends it. It may be called again.
func (b *Spooled) Remove() {
	if b.file != nil {
		b.file.Close() // closed already, where all went well
		os.Remove(b.path)
	}
	b.bytes = nil
}
