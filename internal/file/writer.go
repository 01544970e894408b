package file

import (
	"errors"
	"io"
	"io/fs"
	"sync"
)

// Writer writes a file under its temporary name. It is used by one goroutine, except for Close. The zero Writer
// is closed.
type Writer struct {
	mu   sync.Mutex // Close may be called during a write, whose descriptor must not be reused meanwhile
	file descriptor
	open bool

	identity Identity // set by Finish
}

// Create opens w for a new file, accessible to the owner only. If the name exists, the error is fs.ErrExist.
func (d *Folder) Create(temporary string, w *Writer) (err error) {
	w.file, err = d.createExclusive(temporary)
	w.open = err == nil
	return err
}

// Write appends to the file.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.open {
		return 0, fs.ErrClosed
	}
	return w.file.Write(p)
}

// Finish ends writing. From now on the file has the given mode; with flush it is on the disk.
func (w *Writer) Finish(mode fs.FileMode, flush bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = false
	var err error
	w.identity, err = w.file.identity()
	if err == nil && mode != 0o600 {
		err = w.file.Chmod(mode)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
			err = nil // a file system without modes, such as FAT, has those of its mount
		}
	}
	if err == nil && flush {
		err = w.file.Sync()
	}
	return errors.Join(err, w.file.Close())
}

// Close closes an unfinished file. After Finish or another Close it does nothing.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.open {
		return nil
	}
	w.open = false
	return w.file.Close()
}

// copyBuffers are the buffers of Copy.
var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// Copy copies from to several writers. The error is that of reading or of writing, unchanged.
func Copy(from io.Reader, to ...io.Writer) error {
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	for {
		n, err := from.Read(*buffer)
		for _, w := range to {
			if n > 0 {
				if _, err := w.Write((*buffer)[:n]); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
