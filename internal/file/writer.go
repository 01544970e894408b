package file

import (
	"errors"
	"io"
	"io/fs"
	"sync"
)

// Writer writes a file under its temporary name. It is used by one goroutine, but for Close. The zero Writer is closed.
type Writer struct {
	mu   sync.Mutex // Close may come while something is written: its descriptor must not be another file's by then
	file descriptor
	open bool

	identity Identity // set by Finish
}

// Create opens w for a new file, which is for us alone. If there is something of the name, the error is fs.ErrExist.
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

// Finish ends the writing. From here on the file is for everybody whom its mode allows; with flush it is on the disk.
func (w *Writer) Finish(mode fs.FileMode, flush bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = false
	var err error
	w.identity, err = w.file.identity()
	if err == nil && mode != 0o600 {
		err = w.file.Chmod(mode)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
			err = nil // a file system without modes, such as FAT, has what it was mounted with
		}
	}
	if err == nil && flush {
		err = w.file.Sync()
	}
	return errors.Join(err, w.file.Close())
}

// Close closes the file as it is. After Finish or another Close it does nothing.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.open {
		return nil
	}
	w.open = false
	return w.file.Close()
}

// copyBuffers are what is copied through: one for each copy that is being made.
var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// Copy copies all of from to several writers. The error is that of reading or of writing, as it came.
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
