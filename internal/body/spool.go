package body

import (
	"fmt"
	"io"
	"os"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
)

// Spool holds bodies from the end of their attempts until they are used: by a program, or for standard output. A
// small one is in memory, a large one in a temporary file, so that many may accumulate.
type Spool struct {
	folder string
	inFile bool // every body gets a file
}

// maxInMemory is the largest body that a Spool holds in memory.
const maxInMemory = 64 << 10

// NewSpool returns a Spool. With inFiles every body gets a file, as programs need it. Close removes everything.
func NewSpool(inFiles bool) (*Spool, error) {
	folder, err := os.MkdirTemp("", "fetch-bodies-")
	if err != nil {
		return nil, fmt.Errorf("no folder for temporary files: %w; set TMPDIR to one that can be written to", err)
	}
	return &Spool{folder: folder, inFile: inFiles}, nil
}

// Close removes the folder with its content.
func (s *Spool) Close() error { return os.RemoveAll(s.folder) }

// Spooled is one spooled body. It is written by one goroutine and, after that, consumed by one.
type Spooled struct {
	spool *Spool
	bytes []byte
	file  *os.File
	path  string
}

// Write appends to the body. Its errors are *fetcher.Error of KindWrite.
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

// toFile creates the file, and moves the content in memory there.
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
		if err := b.toFile(); err != nil { // for an empty body, too
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
		return &fetcher.Error{Kind: fetcher.KindConnect, Err: fmt.Errorf("a temporary file: %w; raise ulimit -n", err)} // temporary, so it is retried
	}
	return &fetcher.Error{Kind: fetcher.KindWrite, Err: fmt.Errorf("a temporary file: %w; set TMPDIR to a folder with room", err)}
}

// Path returns the file of the body; empty if it is in memory.
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

// Remove deletes the body. It may be called again.
func (b *Spooled) Remove() {
	if b.file != nil {
		b.file.Close() // already closed on success
		os.Remove(b.path)
	}
	b.bytes = nil
}
