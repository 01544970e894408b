package store

import (
	"io/fs"
	"sync/atomic"

	"example.com/fetch/internal/file"
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

	writer file.Writer
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.writer.Write(p)
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
	if err := f.writer.Finish(f.sink.mode, f.sink.o.Sync); err != nil {
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
		d.Remove(f.temporary)
		return "", f.failure(err)
	}
	if f.sink.o.Sync {
		if err := d.Flush(); err != nil {
			return "", f.failure(err)
		}
	}
	return f.sink.path(f.folder, f.name), nil
}

// Discard removes what was written.
func (f *File) Discard() {
	if f.ended.Swap(true) {
		return
	}
	f.writer.Close()
	f.remove()
	f.sink.forget(f)
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
		d.Remove(f.temporary)
		f.sink.folders.put(d)
	}
}
