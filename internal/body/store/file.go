package store

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
)

// File is the body of one page of a request on its way to a file. It is used by one goroutine, but for Recorded, and for
// Discard, which may be called at any time and, after Commit or another Discard, does nothing. Its errors are
// *fetcher.Error of KindWrite.
type File struct {
	sink        *Sink
	pending     *pending
	seq         int64
	page        int
	contentType string
	folder      string // with slashes; empty: the root
	name        string // in it
	temporary   string // in it
	size        int64
	ended       atomic.Bool
	proof       atomic.Bool // the temporary file is still there, although it has its name

	mu     sync.Mutex // Discard may come while something is written: its descriptor must not be another file's by then
	file   descriptor
	closed bool
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, f.failure(fs.ErrClosed)
	}
	n, err := f.file.Write(p)
	f.size += int64(n)
	if err != nil {
		return n, f.failure(err)
	}
	return n, nil
}

// Name is what the file is to be called in its folder, but for a suffix.
func (f *File) Name() string { return f.name }

// Size is how many bytes have been written.
func (f *File) Size() int64 { return f.size }

// Commit makes the file appear under its name, with all that was written. It gives the name as the user would write it:
// with the folder, and with a suffix if something else had the name. After an error there is no file, but where only the
// flushing of its folder has failed. With Options.Proof, Recorded is to follow.
func (f *File) Commit() (name string, err error) {
	if f.ended.Swap(true) {
		return "", f.failure(fs.ErrClosed)
	}
	defer f.sink.forget(f)
	if err := f.close(); err != nil {
		f.remove()
		return "", f.failure(err)
	}
	d, err := f.sink.folders.get(f.folder)
	if err != nil {
		f.remove()
		return "", f.failure(err)
	}
	defer f.sink.folders.put(d)
	if err := f.settle(d); err != nil {
		d.remove(f.temporary)
		return "", f.failure(err)
	}
	if f.sink.o.Sync {
		if err := flushFolder(d.file); err != nil {
			return "", f.failure(err)
		}
	}
	return f.sink.path(f.folder, f.name), nil
}

// close ends the writing. From here on the file is for everybody whom the umask allows.
func (f *File) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	var err error
	if f.sink.mode != 0o600 {
		err = f.file.Chmod(f.sink.mode)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
			err = nil // a file system without modes, such as FAT, has what it was mounted with
		}
	}
	if err == nil && f.sink.o.Sync {
		err = f.file.Sync()
	}
	return errors.Join(err, f.file.Close())
}

// Discard removes what was written.
func (f *File) Discard() {
	if f.ended.Swap(true) {
		return
	}
	f.abandon()
	f.remove()
	f.sink.forget(f)
}

// abandon closes the file as it is.
func (f *File) abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.file.Close()
}

// Recorded says that the record of the file is in the journal, after which no proof is needed. It may be called at any time
// after Commit, and concurrently; after Close, or without Options.Proof, it does nothing.
func (f *File) Recorded() {
	if f.proof.Swap(false) {
		f.remove()
	}
}

// remove removes the temporary file. That it cannot be removed is no failure of the request.
func (f *File) remove() {
	if d, err := f.sink.folders.getExisting(f.folder); err == nil {
		d.remove(f.temporary)
		f.sink.folders.put(d)
	}
}
