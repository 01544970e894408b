package payload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"example.com/fetch/fetcher"
)

// Limits of what is held in memory: MaxHeld of a regular file, and MaxText of a pipe, which cannot be read twice.
const (
	MaxHeld = 1 << 20
	MaxText = 64 << 20
)

// File is a file whose bytes are sent unchanged. It is held in memory, or read for each attempt, and then must not
// change.
type File struct {
	name string
	info fs.FileInfo
	size int64
	held []byte // not nil: its content
}

// Find examines a file, which must be a regular one.
func Find(name string) (*File, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	return &File{name: name, info: info, size: info.Size()}, nil
}

// Read examines a file, and reads it if it is small, or not a regular file.
func Read(name string) (*File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	limit := int64(MaxHeld)
	switch {
	case info.IsDir():
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("a folder, not a file")}
	case info.Mode().IsRegular() && info.Size() > MaxHeld:
		return &File{name: name, info: info, size: info.Size()}, nil
	case !info.Mode().IsRegular():
		limit = MaxText
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return hold(name, f, limit)
}

// ReadStream reads what cannot be read twice, such as standard input; name is used in messages.
func ReadStream(name string, r io.Reader) (*File, error) { return hold(name, r, MaxText) }

func hold(name string, r io.Reader, limit int64) (*File, error) {
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(content)) > limit && limit == MaxText:
		return nil, fmt.Errorf("%s is not a regular file, and longer than 64 MiB: save it to a file first", name)
	case int64(len(content)) > limit:
		return nil, changed(name)
	}
	return &File{name: name, size: int64(len(content)), held: content}, nil
}

// Text returns the content of a file as text, of at most 64 MiB.
func (f *File) Text() (string, error) {
	if f.size > MaxText {
		return "", fmt.Errorf("%s is longer than 64 MiB", f.name)
	}
	return f.Start(MaxText)
}

// Start returns the beginning of the content: at most limit bytes.
func (f *File) Start(limit int64) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, limit))
	return string(content), err
}

// Size returns the number of bytes.
func (f *File) Size() int64 { return f.size }

// Open starts reading the content. It may be called concurrently.
func (f *File) Open() (io.ReadCloser, error) {
	if f.held != nil {
		return io.NopCloser(bytes.NewReader(f.held)), nil
	}
	file, err := os.Open(f.name)
	if err != nil {
		return nil, err
	}
	r := &fileReader{of: f, file: file, left: f.size}
	if err := r.check(); err != nil {
		file.Close()
		return nil, err
	}
	return r, nil
}

// fileReader reads a file as long as it has not changed. It checks that again before it returns the last bytes, so
// that a mixture is never sent completely.
type fileReader struct {
	of   *File
	file *os.File
	left int64
}

func (r *fileReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.file.Read(p[:min(int64(len(p)), r.left)])
	if r.left -= int64(n); r.left == 0 || err != nil {
		if changed := r.check(); changed != nil {
			return 0, changed
		}
	}
	if err == io.EOF && r.left > 0 {
		return n, &fetcher.Error{Kind: fetcher.KindInput, Err: changed(r.of.name)}
	}
	return n, err
}

func (r *fileReader) Close() error { return r.file.Close() }

// check compares the file with its original state.
func (r *fileReader) check() error {
	now, err := r.file.Stat()
	if err != nil {
		return err
	}
	was := r.of.info
	if !os.SameFile(was, now) || was.Size() != now.Size() || !was.ModTime().Equal(now.ModTime()) {
		return &fetcher.Error{Kind: fetcher.KindInput, Err: changed(r.of.name)}
	}
	return nil
}

func changed(name string) error {
	return fmt.Errorf("%s has changed since the run began: what is sent must be the same each time", name)
}
